import * as fc from 'fast-check'
import { generateWorld, type World } from 'zds/sandbox'
import { folded } from '../values.ts'
import { GONE, IDS, mostly, nameAt, SHORT } from './keys.ts'

type Instance = World['zendesk'][string]

/** Ids as people and tools write them. */
const spelled = [
  ...SHORT,
  ...SHORT.map((id) => id.toLowerCase()),
  ...SHORT.map((id) => ` ${id} `),
  ...IDS.map((id) => id.toLowerCase()),
  '',
  'none',
  '001PL00000000',
  GONE,
  null,
]
const types = ['customer', 'customer', 'former_customer', 'open_partner', 'select_partner', 'alliance_partner', null]

/** That of the n-th id, mostly. */
const organization = (n: number) =>
  fc.record({
    name: nameAt(n).map((name) => name.trim()),
    external_id: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(null, IDS[n] ?? null) },
      { weight: 1, arbitrary: fc.constantFrom(...IDS) },
    ),
    organization_fields: fc.record({
      salesforce_id: mostly(fc.constant(IDS[n] ?? null), ...IDS, ...spelled),
      account_type: fc.constantFrom(...types),
      support_level: fc.constantFrom('ultimate', 'expired', null),
      mark_for_deletion: mostly(fc.constant(false), true),
      partner_customer: fc.boolean(),
      sub_sm_premium: fc.boolean(),
    }),
  })

/** What one instance holds at the start: each name once, and each external id. */
export const organizations = fc
  .tuple(...[...IDS, ''].map((_, n) => fc.option(organization(n), { freq: 3 })))
  .map((all) => {
    const list = all.filter((one) => one !== null)
    const isFirst = (value: string | null, at: number, of: (one: (typeof list)[number]) => string | null): boolean =>
      value === null || list.findIndex((one) => folded(of(one)) === folded(value)) === at
    return list.filter(
      ({ name, external_id: id }, at) =>
        isFirst(name, at, (one) => one.name) && isFirst(id, at, (one) => one.external_id),
    )
  })

const empty = generateWorld({ accounts: 0, asOf: '2026-03-16' })

/** An instance with these organizations and users, and with an organization that was made by hand. */
export function instanceOf(
  name: 'global' | 'us_gov',
  list: readonly Instance['organizations'][number][],
  users: Instance['users'],
): Instance {
  const base = empty.zendesk[name]
  if (base === undefined) throw new Error(`There is no instance ${name}`)
  const byHand = { id: FIRST_ID - 1, name: 'Made by hand', tags: ['vip'], notes: 'By hand.' }
  return {
    ...base,
    organizations: [byHand, ...list.map((one, n) => ({ id: FIRST_ID + n, notes: `Note ${n}`, ...one }))],
    users,
  }
}

/** The id of the first organization that is not made by hand. */
export const FIRST_ID = 1000
