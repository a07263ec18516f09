import type { Clock, Field, Identity, JobStatus, Membership, Organization, User, ZendeskWorld } from '../types.ts'
import { fieldOf, identityOf, membershipOf, organizationOf, userOf, type Origin } from './records.ts'
import { createTable, type Table } from './table.ts'

/** The whole state of one Zendesk instance. */
export type Instance = {
  readonly name: string
  readonly url: string
  readonly organizations: Table<Organization>
  readonly users: Table<User>
  readonly identities: Table<Identity>
  readonly memberships: Table<Membership>
  readonly organizationFields: readonly Field[]
  readonly userFields: readonly Field[]
  readonly jobs: Map<string, JobStatus>
  readonly clock: Clock
  /** A new id, higher than all before it. */
  nextId(): number
  origin(): Origin
}

/** An instance with the records of a world; ids that the world leaves out are given here. */
export function createInstance(name: string, url: string, world: ZendeskWorld, clock: Clock): Instance {
  const origin = (): Origin => ({ url, now: `${clock.now().toISOString().slice(0, 19)}Z` })
  const start = origin()
  let last = [...world.organizations, ...world.users, ...world.organization_fields, ...world.user_fields].reduce(
    (highest, record) => Math.max(highest, record.id ?? 0),
    1_000_000_000_000,
  )
  const nextId = (): number => {
    last += 1
    return last
  }
  // Lists by cursor go by id.
  const byId = (a: Field, b: Field): number => a.id - b.id
  const organizationFields = world.organization_fields
    .map((seed, n) => fieldOf(seed.id ?? nextId(), seed, n, 'organization_fields', start))
    .sort(byId)
  const userFields = world.user_fields
    .map((seed, n) => fieldOf(seed.id ?? nextId(), seed, n, 'user_fields', start))
    .sort(byId)
  const organizations = world.organizations.map((seed) =>
    organizationOf(seed.id ?? nextId(), seed, organizationFields, start),
  )
  const users = world.users.map((seed) => userOf(seed.id ?? nextId(), seed, userFields, start))
  const identities = users.flatMap((user) =>
    user.email === null ? [] : [identityOf(nextId(), user, user.email, true, user.verified, start)],
  )
  const memberships = users.flatMap((user) =>
    user.organization_id === null ? [] : [membershipOf(nextId(), user.id, user.organization_id, start)],
  )
  return {
    name,
    url,
    organizations: createTable(organizations, {
      name: (record) => record.name,
      external_id: (record) => record.external_id,
    }),
    users: createTable(users, { external_id: (record) => record.external_id }),
    identities: createTable(identities, { email: (record) => record.value, user: (record) => String(record.user_id) }),
    memberships: createTable(memberships, { user: (record) => String(record.user_id) }),
    organizationFields,
    userFields,
    jobs: new Map(),
    clock,
    nextId,
    origin,
  }
}
