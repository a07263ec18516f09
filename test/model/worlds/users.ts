import * as fc from 'fast-check'
import type { Row, World } from 'zds/sandbox'
import { folded } from '../values.ts'
import { ANCHOR, IDS, mostly, numbered, SOLD_TO, type Made } from './keys.ts'
import { FIRST_ID } from './organizations.ts'

type User = World['zendesk'][string]['users'][number]

const AGENCY = ['ada@agency.example', 'Ada@Agency.example', 'bo@agency.example', 'cy@agency.example', 'dee@gitlab.com']
const SOLD = ['ann@sold.example', 'bob@sold.example', 'cid@sold.example']
const STAFF = 'staff@sold.example'
const PEOPLE = ['Ada', 'Bo', 'Cy']

const contact = fc.record({
  Name: fc.constantFrom(...PEOPLE, ''),
  Email: mostly(fc.constantFrom(...AGENCY), STAFF, '', null),
  AccountId: fc.constantFrom(ANCHOR, ANCHOR, ...IDS),
  Inactive_Contact__c: mostly(fc.constant(false), true),
  Role__c: mostly(fc.constant('Gitlab Admin'), 'Billing;Gitlab Admin', 'Billing', null),
})

/** Contacts at one time; two that things were sold to are always there. */
export const contactRows: fc.Arbitrary<Row[]> = fc
  .array(contact, { maxLength: 8 })
  .map((rows) => [
    ...['Ann', 'Cid'].map((name, n) => ({ Id: SOLD_TO[n] ?? '', Name: `${name} Sold`, Email: `${name}@sold.example` })),
    ...rows.map((row, n) => ({ Id: numbered('003', n + 1), ...row })),
  ])

const home = mostly(fc.integer({ min: -1, max: 6 }), null)

/** Users at the start, each address once; some in organizations that may not be there. */
const usersOf = (emails: readonly string[]) =>
  fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...PEOPLE),
      email: mostly(fc.constantFrom(...emails), null),
      home,
      role: mostly(fc.constant('end-user' as const), 'agent' as const),
      suspended: fc.boolean(),
      user_fields: fc.record({ not_in_sfdc: fc.boolean() }),
    }),
    { maxLength: 6, size: 'max', selector: ({ email }) => folded(email) },
  )

export const govUsers = usersOf([...AGENCY, 'old@agency.example', 'other@gitlab.com'])
export const globalUsers = usersOf(SOLD)

/** With ids, and in organizations that are there. */
export const inOrganizations = (users: Made<typeof govUsers>, organizations: readonly unknown[]): User[] => [
  { id: 5000, name: 'Sally Staff', email: STAFF, role: 'agent' },
  ...users.map(({ home: at, ...user }, n) => ({
    id: 5001 + n,
    ...user,
    organization_id: at !== null && at < organizations.length ? FIRST_ID + at : null,
  })),
]
