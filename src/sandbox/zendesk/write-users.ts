import { isDeepStrictEqual } from 'node:util'
import { textOf } from '../json.ts'
import type { Identity, Json, User } from '../types.ts'
import type { Instance } from './instance.ts'
import { identityOf, membershipOf, userOf } from './records.ts'
import { mergeValues, problem, readTags, tagsAfter, type Problems, type Written } from './values.ts'

type Change = { readonly [key: string]: Json }
type Draft = { -readonly [K in keyof User]: User[K] }

const texts = new Set(['external_id', 'alias', 'details', 'notes', 'phone', 'signature', 'ticket_restriction'])
const flags = new Set(['verified', 'suspended', 'moderator', 'only_private_comments', 'restricted_agent'])
const numbers = new Set(['custom_role_id', 'default_group_id'])

/**
 * Creates a user, or updates `old`; a different e-mail address of an existing user becomes a second
 * identity.
 */
export function writeUser(instance: Instance, old: User | undefined, change: Change): Written<User> {
  const problems: Problems = {}
  const dropped: string[] = []
  const base = old ?? userOf(0, { name: '', ...roleOf(change) }, instance.userFields, instance.origin())
  const next: Draft = { ...base }
  const email = typeof change['email'] === 'string' && change['email'] !== '' ? change['email'].trim() : undefined

  for (const [key, value] of Object.entries(change)) {
    if (key === 'email' || key === 'skip_verify_email') continue
    if (!setKey(next, key, value, instance, base, problems, dropped)) dropped.push(key)
  }
  next.tags = tagsAfter(next.tags, base.user_fields, next.user_fields, instance.userFields, 'tags' in change)
  if (next.name.trim() === '') problem(problems, 'name', 'Name: is too short (minimum one character)', 'BlankValue')
  if (email !== undefined) checkEmail(email, old, instance, problems)
  const sameExternal = next.external_id === null ? undefined : instance.users.find('external_id', next.external_id)
  if (sameExternal !== undefined && sameExternal.id !== old?.id)
    problem(problems, 'external_id', 'External has already been taken', 'DuplicateValue')
  if (Object.keys(problems).length > 0) return { ok: false, problems }

  if (old === undefined) {
    const id = instance.nextId()
    const record = userOf(
      id,
      { ...next, email: email ?? null, organization_id: null, created_at: undefined, updated_at: undefined },
      instance.userFields,
      instance.origin(),
    )
    instance.users.put(record)
    if (email !== undefined)
      instance.identities.put(identityOf(instance.nextId(), record, email, true, record.verified, instance.origin()))
    return { ok: true, record: setOrganization(instance, record, next.organization_id), dropped }
  }

  if (email !== undefined && instance.identities.find('email', email) === undefined) {
    const first = old.email === null
    instance.identities.put(identityOf(instance.nextId(), old, email, first, false, instance.origin()))
    if (first) next.email = email
  }
  const organizationId = next.organization_id
  next.organization_id = old.organization_id
  if (!isDeepStrictEqual(next, old)) {
    next.updated_at = instance.origin().now
    instance.users.put(next)
  }
  return { ok: true, record: setOrganization(instance, next, organizationId), dropped }
}

/** Puts a user into an organization (or none) and keeps its one membership in step. */
export function setOrganization(instance: Instance, user: User, organizationId: number | null): User {
  if (user.organization_id === organizationId) return user
  const membership = instance.memberships.find('user', String(user.id))
  if (membership !== undefined) instance.memberships.remove(membership.id)
  if (organizationId !== null)
    instance.memberships.put(membershipOf(instance.nextId(), user.id, organizationId, instance.origin()))
  const moved = { ...user, organization_id: organizationId, updated_at: instance.origin().now }
  instance.users.put(moved)
  return moved
}

/** Deletes a user softly: it stays, inactive and without address, external id and organization. */
export function removeUser(instance: Instance, user: User): User {
  for (const identity of identitiesOf(instance, user.id)) instance.identities.remove(identity.id)
  const gone = {
    ...setOrganization(instance, user, null),
    active: false,
    email: null,
    external_id: null,
    verified: false,
    updated_at: instance.origin().now,
  }
  instance.users.put(gone)
  return gone
}

/** The e-mail identities of a user, the oldest first. */
export function identitiesOf(instance: Instance, userId: number): readonly Identity[] {
  return instance.identities.all().filter((identity) => identity.user_id === userId)
}

function roleOf(change: Change): { role?: User['role'] } {
  const role = change['role']
  return role === 'agent' || role === 'admin' ? { role } : {}
}

function setKey(
  next: Draft,
  key: string,
  value: Json,
  instance: Instance,
  base: User,
  problems: Problems,
  dropped: string[],
): boolean {
  if (texts.has(key) || flags.has(key) || numbers.has(key)) {
    const text = value === null || value === '' ? null : textOf(value)
    Object.assign(next, {
      [key]: flags.has(key) ? value === true : numbers.has(key) ? (typeof value === 'number' ? value : null) : text,
    })
    return true
  }
  switch (key) {
    case 'name':
      next.name = typeof value === 'string' ? value : ''
      return true
    case 'role':
      if (value === 'end-user' || value === 'agent' || value === 'admin') next.role = value
      else problem(problems, 'role', 'Role: is invalid', 'InvalidValue')
      return true
    case 'organization_id':
      if (value !== null && (typeof value !== 'number' || instance.organizations.get(value) === undefined)) {
        problem(problems, 'organization', 'Organization: is invalid', 'InvalidValue')
      } else next.organization_id = value
      return true
    case 'tags':
      next.tags = readTags(value) ?? next.tags
      return true
    case 'user_fields': {
      const unknown: string[] = []
      next.user_fields = mergeValues(base.user_fields, value, instance.userFields, problems, unknown)
      dropped.push(...unknown.map((name) => `user_fields.${name}`))
      return true
    }
    default:
      return false
  }
}

/** A malformed address has a description only; one that another user has is a duplicate. */
function checkEmail(email: string, user: User | undefined, instance: Instance, problems: Problems): void {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    problem(problems, 'email', `Email: ${email} is not properly formatted`)
    return
  }
  const holder = instance.identities.find('email', email)
  if (holder !== undefined && holder.user_id !== user?.id) {
    problem(problems, 'email', `Email: ${email} is already being used by another user`, 'DuplicateValue')
  }
}
