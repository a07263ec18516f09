import type { Change, Json, Target } from 'zds'
import { userFields } from 'zds/us-gov-user-sync'
import { startSandbox, type Fault, type Sandbox, type Seed, type User, type ZendeskOptions } from 'zds/sandbox'
import { connect, instance } from './world.ts'

/** Organizations that users of the tests can belong to. */
export const HOME = 1001
export const OTHER = 1002

/**
 * A sandbox whose instance `global` holds two organizations and these users, and the target of its
 * users.
 */
export async function startUsers(
  options: {
    readonly users?: readonly Seed<User>[]
    readonly faults?: readonly Fault[]
    readonly zendesk?: ZendeskOptions
  } = {},
) {
  const { users = many(6, seeded), faults = [] } = options
  const sandbox = await startSandbox({
    world: {
      salesforce: {},
      zendesk: {
        global: {
          organizations: [
            { id: HOME, name: 'Acme', external_id: '001ACME' },
            { id: OTHER, name: 'Other', external_id: '001OTHER' },
          ],
          users: [
            { id: 1, name: 'Integration', email: 'integration@global.example', role: 'admin', verified: true },
            ...users,
          ],
          organization_fields: [{ key: 'salesforce_id', type: 'text' }],
          user_fields: [
            { key: 'not_in_sfdc', type: 'checkbox' },
            { key: 'shoe_size', type: 'integer' },
          ],
        },
      },
    },
    faults,
    zendesk: { requestsPerMinute: 100_000, jobMs: { queued: 2, working: 5 }, ...options.zendesk },
  })
  const zendesk = connect(sandbox)
  return {
    sandbox,
    target: zendesk.users({ fields: userFields }) satisfies Target,
    organizations: zendesk.organizations({
      fields: { name: userFields.name, external_id: userFields.email, salesforce_id: userFields.email },
    }),
    userAt: (email: string) => instance(sandbox).users.find((user) => user.email?.toLowerCase() === email),
    userOf: (id: number) => instance(sandbox).users.find((user) => user.id === id),
  }
}

/** The `n`th user at the start: an end user of the first organization, with marks of agents. */
export const seeded = (n: number): Seed<User> => ({
  id: 2001 + n,
  name: `User ${n}`,
  email: `User.${n}@Agency.example`,
  role: 'end-user',
  organization_id: HOME,
  notes: 'written by an agent',
  details: 'also by an agent',
  phone: '+1 555 0100',
  tags: ['handmade_tag'],
  user_fields: { not_in_sfdc: n % 2 === 1, shoe_size: 40 + n },
})

type Values = { readonly [field: string]: Json }

const changes = (values: Values): Change['fields'] =>
  Object.fromEntries(Object.entries(values).map(([field, to]) => [field, { from: null, to }]))

export function creatingUser(n: number, values: Values = {}): Change {
  const key = `new.${n}@agency.example`
  return {
    op: 'create',
    key,
    fields: changes({ name: `New ${n}`, email: key, organization_id: String(HOME), not_in_sfdc: false, ...values }),
  }
}

export function updatingUser(
  n: number,
  values: Values = { name: `Renamed ${n}`, organization_id: String(OTHER) },
): Change {
  return { op: 'update', key: `user.${n}@agency.example`, id: String(2001 + n), fields: changes(values) }
}

/** Gives a user one more address, as a person in Zendesk would. */
export async function addAddress(sandbox: Sandbox, user: number, value: string): Promise<void> {
  const { ZENDESK_GLOBAL_EMAIL: email, ZENDESK_GLOBAL_API_TOKEN: token } = sandbox.tokenEnv
  const answer = await fetch(`${instance(sandbox).url}/api/v2/users/${user}/identities`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${email}/token:${token}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ identity: { type: 'email', value } }),
  })
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}`)
}

export function many<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}
