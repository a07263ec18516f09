import { collect, type Existing, type Fields, type JsonObject, type Limits, type Setting, type SyncPlan } from 'zds'
import { userFields, usGovUserSync } from 'zds/us-gov-user-sync'
import { compared, held, sourceOf, syncOf, targetOf } from '../../support/syncs.ts'
import { excesses } from '../../../src/core/plan/limits.ts'
import { testRun } from 'zds/testing'

export const setting = (value: string | undefined): Setting => ({
  name: 'A_SETTING',
  peek: () => value,
  read: () => value ?? '',
})

/** A contact as Salesforce gives it. */
export const contact = (email: string | null, account = 'A', name = 'Ada'): JsonObject => ({
  Name: name,
  Email: email,
  'Account.Account_ID_18__c': account,
})

/** A user as the target gives it; of the organization of account A unless said otherwise. */
export const user = (id: number, email: string | null, fields: Fields = {}): Existing => ({
  id: String(id),
  fields: { name: 'Ada', email, role: 'end-user', organization_id: '1', not_in_sfdc: false, ...fields },
})

export type Scene = {
  readonly contacts?: readonly JsonObject[]
  readonly users?: readonly Existing[]
  /** The organizations that exist; those of the accounts A and B unless said otherwise. */
  readonly organizations?: readonly Existing[]
  /** Accounts whose organizations the earlier sync creates. */
  readonly creates?: readonly string[]
  /** Accounts whose organizations it updates. */
  readonly updates?: readonly string[]
  /** Organizations that it leaves, by id, and why. */
  readonly left?: { readonly [id: string]: string }
  readonly domains?: string
  readonly emails?: string
  readonly limits?: Limits
}

/** The user sync of a scene, and what it reads. */
function staged(scene: Scene) {
  const {
    contacts = [],
    users = [],
    organizations = [held('1', 'A'), held('2', 'B')],
    creates = [],
    updates = [],
    left = {},
    domains = 'gitlab.com',
    emails,
  } = scene
  const target = targetOf({ name: 'us-gov', records: organizations })
  const after = syncOf({}, { target })
  const sync = usGovUserSync({
    after,
    users: targetOf({ name: 'us-gov-users', types: userFields, records: users }),
    contacts: sourceOf('contacts'),
    protect: { domains: setting(domains), emails: setting(emails) },
    ...(scene.limits && { limits: scene.limits }),
  })
  const changes = Object.entries({ create: creates, update: updates }).flatMap(([op, keys]) =>
    keys.map((key) => ({ op, key, fields: {} })),
  )
  const skipped = Object.entries(left).map(([id, reason]) => ({ key: `key of ${id}`, id, reason }))
  const plan = [{ name: 'us-gov', skipped }, ...changes]
  return { sync, users, run: testRun({ contacts, 'us-gov': organizations, 'us-gov-users': users, plan }) }
}

/** What the user sync plans in a scene, held against its own limits. */
export async function planned(scene: Scene): Promise<SyncPlan> {
  const { sync, users, run } = staged(scene)
  const made = await compared({ desired: await collect(sync.desired.read(run)), existing: users }, sync)
  return { ...made, excesses: excesses(made, sync.limits) }
}

/** The rules by which an address is what it is in a scene, in words. */
export async function explained(scene: Scene, address: string): Promise<string[]> {
  const { sync, run } = staged(scene)
  const found = (await sync.desired.explain?.(address, run)) ?? []
  return found.flatMap(({ rules = [] }) => rules.map(({ id, about }) => `${id} ${about}`))
}

/** The changes of a plan, short: `update ada@x name organization_id`. */
export const told = ({ changes }: SyncPlan): string[] =>
  [...changes].map(({ op, key, fields }) => [op, key, ...Object.keys(fields)].join(' '))
