import type { World } from 'zds/sandbox'
import type { Change } from './compare.ts'
import { folded, meant, textOf } from './values.ts'

type Instance = World['zendesk'][string]
type Held = { readonly [key: string]: unknown; readonly fields: { [field: string]: unknown } }

/** What an instance holds; and what it must hold after these changes: they, and everything else as it was (SYN-11). */
export function heldAfter(was: Instance, now: Instance, changes: readonly Change[]) {
  const known = new Set([...was.organizations, ...was.users].map(({ id }) => id))
  const isNew = ({ id }: { readonly id?: number | undefined }): boolean => !known.has(id)
  const newId = (key: unknown) => now.organizations.find((one) => isNew(one) && one.external_id === key)?.id
  const toOf = ({ id }: { readonly id?: number | undefined }) => changes.find((one) => one.id === id)?.to ?? {}
  const created = changes.filter(({ op }) => op === 'create')
  /** Ids of what is new are those that Zendesk has given. */
  const resolved = (to: Change['to']): Change['to'] => {
    const home = textOf(to['organization_id'])
    return home.startsWith('new ') ? { ...to, organization_id: newId(home.slice(4)) } : to
  }

  /** Who came along with a new organization: with which of them, where several are new, is all the same (SYN-03). */
  const people = created.flatMap(({ key, people: all = [] }) => all.map((one) => ({ ...one, home: newId(key) })))
  const along = (email: string): { readonly name?: string | undefined; readonly organization_id?: unknown } => {
    const all = people.filter((one) => one.email === email && one.fate !== 'user-staff')
    const ended = now.users.find((one) => folded(one.email) === email)?.organization_id
    const { name, home } = all.find((one) => one.home === ended) ?? all[0] ?? {}
    return home === undefined ? {} : { name, organization_id: home }
  }
  const joins = (one: Instance['users'][number]): Change['to'] => {
    const { organization_id: home } = along(folded(one.email))
    return home === undefined || (one.organization_id ?? null) !== null ? {} : { organization_id: home }
  }
  const fresh = people.filter(({ fate }) => fate === 'user-new').map(({ email }) => email)

  return {
    found: {
      organizations: now.organizations.map((one) => (isNew(one) ? start(held(one), NEW_ORGANIZATION) : held(one))),
      users: now.users.map((one) => (isNew(one) ? start(held(one), NEW_USER) : held(one))),
    },
    meant: {
      organizations: [
        ...was.organizations.map((one) => written(held(one), toOf(one))),
        ...created.filter(({ sync }) => sync !== 'us-gov-users').map(({ to }) => written(NEW_ORGANIZATION, to)),
      ],
      users: [
        ...was.users.map((one) => written(held(one), { ...resolved(toOf(one)), ...joins(one) })),
        ...created.filter(({ sync }) => sync === 'us-gov-users').map(({ to }) => written(NEW_USER, resolved(to))),
        ...fresh.map((email) => written(NEW_USER, { email, ...along(email) })),
      ],
    },
  }
}

/** What is looked at of a record that the run has created. */
const NEW_ORGANIZATION: Held = { name: null, external_id: null, notes: null, fields: {} }
const NEW_USER: Held = { name: null, email: null, organization_id: null, role: 'end-user', suspended: null, fields: {} }

const start = (one: Held, shown: Held): Held => ({
  ...Object.fromEntries(Object.keys(shown).map((key) => [key, one[key]])),
  fields: one.fields,
})

/** A record without what is Zendesk's own: times, its address, the tags of its fields (FLD-04). */
function held(one: Instance['organizations'][number] | Instance['users'][number]): Held {
  const { tags: _tags, url: _url, updated_at: _at, ...rest } = one
  const {
    organization_fields: ofOrganization,
    user_fields: ofUser,
    ...kept
  } = { organization_fields: {}, user_fields: {}, ...rest }
  return written({ ...kept, fields: {} }, { ...kept, fields: undefined, ...ofOrganization, ...ofUser })
}

/** A record with these values; of fields those that hold something. */
function written(one: Held, to: Change['to']): Held {
  const own: { [key: string]: unknown } = { ...one }
  const custom = { ...one.fields }
  for (const [key, value] of Object.entries(to)) (key in one ? own : custom)[key] = meant(value)
  return { ...own, fields: Object.fromEntries(Object.entries(custom).filter(([, value]) => meant(value) !== null)) }
}
