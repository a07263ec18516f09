import type { Field, FieldValues, Identity, Membership, Organization, Seed, User } from '../types.ts'

/** What new records are made from: the instance's URL and the time, `YYYY-MM-DDTHH:MM:SSZ`. */
export type Origin = { readonly url: string; readonly now: string }

/** An organization with every key the API gives; what the seed leaves out is as on a new one. */
export function organizationOf(
  id: number,
  seed: Seed<Organization>,
  fields: readonly Field[],
  origin: Origin,
): Organization {
  return {
    url: `${origin.url}/api/v2/organizations/${id}.json`,
    id,
    name: seed.name ?? `Organization ${id}`,
    shared_tickets: seed.shared_tickets ?? false,
    shared_comments: seed.shared_comments ?? false,
    external_id: seed.external_id ?? null,
    created_at: seed.created_at ?? origin.now,
    updated_at: seed.updated_at ?? seed.created_at ?? origin.now,
    domain_names: seed.domain_names ?? [],
    details: seed.details ?? null,
    notes: seed.notes ?? null,
    group_id: seed.group_id ?? null,
    tags: seed.tags ?? [],
    organization_fields: { ...emptyValues(fields), ...seed.organization_fields },
  }
}

/** A user with every key the API gives. */
export function userOf(id: number, seed: Seed<User>, fields: readonly Field[], origin: Origin): User {
  const agent = seed.role === 'agent' || seed.role === 'admin'
  return {
    id,
    url: `${origin.url}/api/v2/users/${id}.json`,
    name: seed.name ?? `User ${id}`,
    email: seed.email ?? null,
    created_at: seed.created_at ?? origin.now,
    updated_at: seed.updated_at ?? seed.created_at ?? origin.now,
    time_zone: seed.time_zone ?? 'America/New_York',
    iana_time_zone: seed.iana_time_zone ?? 'America/New_York',
    phone: seed.phone ?? null,
    shared_phone_number: seed.shared_phone_number ?? null,
    photo: seed.photo ?? null,
    locale_id: seed.locale_id ?? 1,
    locale: seed.locale ?? 'en-US',
    organization_id: seed.organization_id ?? null,
    role: seed.role ?? 'end-user',
    verified: seed.verified ?? false,
    external_id: seed.external_id ?? null,
    tags: seed.tags ?? [],
    alias: seed.alias ?? null,
    active: seed.active ?? true,
    shared: seed.shared ?? false,
    shared_agent: seed.shared_agent ?? false,
    last_login_at: seed.last_login_at ?? null,
    two_factor_auth_enabled: seed.two_factor_auth_enabled ?? null,
    signature: seed.signature ?? null,
    details: seed.details ?? null,
    notes: seed.notes ?? null,
    role_type: seed.role_type ?? (agent ? 4 : null),
    custom_role_id: seed.custom_role_id ?? null,
    is_billing_admin: seed.is_billing_admin ?? null,
    moderator: seed.moderator ?? agent,
    ticket_restriction: seed.ticket_restriction ?? (agent ? null : 'requested'),
    only_private_comments: seed.only_private_comments ?? false,
    restricted_agent: seed.restricted_agent ?? !agent,
    suspended: seed.suspended ?? false,
    default_group_id: seed.default_group_id ?? null,
    report_csv: seed.report_csv ?? agent,
    user_fields: { ...emptyValues(fields), ...seed.user_fields },
    suspension_details: seed.suspension_details ?? null,
  }
}

/** A field definition of organizations or of users. */
export function fieldOf(
  id: number,
  seed: Seed<Field>,
  position: number,
  kind: 'organization_fields' | 'user_fields',
  origin: Origin,
): Field {
  const title = seed.title ?? seed.key ?? `field_${id}`
  const type = seed.type ?? 'text'
  const options = seed.custom_field_options ?? (type === 'dropdown' || type === 'multiselect' ? [] : undefined)
  const tag = seed.tag ?? (type === 'checkbox' ? seed.key : undefined)
  return {
    url: `${origin.url}/api/v2/${kind}/${id}.json`,
    id,
    type,
    key: seed.key ?? `field_${id}`,
    title,
    description: seed.description ?? title,
    raw_title: seed.raw_title ?? title,
    raw_description: seed.raw_description ?? seed.description ?? title,
    position: seed.position ?? position,
    active: seed.active ?? true,
    system: seed.system ?? false,
    regexp_for_validation: seed.regexp_for_validation ?? null,
    created_at: seed.created_at ?? origin.now,
    updated_at: seed.updated_at ?? origin.now,
    ...(tag === undefined ? {} : { tag }),
    ...(options === undefined ? {} : { custom_field_options: options }),
  }
}

/** An e-mail identity of a user. */
export function identityOf(
  id: number,
  user: User,
  value: string,
  primary: boolean,
  verified: boolean,
  origin: Origin,
): Identity {
  return {
    url: `${origin.url}/api/v2/users/${user.id}/identities/${id}.json`,
    id,
    user_id: user.id,
    type: 'email',
    value,
    verified,
    primary,
    created_at: origin.now,
    updated_at: origin.now,
    undeliverable_count: 0,
    deliverable_state: 'deliverable',
  }
}

/** The membership of a user in the one organization it can have. */
export function membershipOf(id: number, userId: number, organizationId: number, origin: Origin): Membership {
  return {
    url: `${origin.url}/api/v2/organization_memberships/${id}.json`,
    id,
    user_id: userId,
    organization_id: organizationId,
    default: true,
    created_at: origin.now,
    updated_at: origin.now,
  }
}

/** Every defined field appears, null when unset, a checkbox false. */
function emptyValues(fields: readonly Field[]): FieldValues {
  return Object.fromEntries(fields.map((field) => [field.key, field.type === 'checkbox' ? false : null]))
}
