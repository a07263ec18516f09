import * as fc from 'fast-check'
import type { Row, World } from 'zds/sandbox'
import type { Override } from '../overrides.ts'
import { accountsAt, billingRows } from './accounts.ts'
import { ALLIANCE, PROTECTED } from './keys.ts'
import { instanceOf, organizations } from './organizations.ts'
import { overridesAt } from './overrides.ts'
import { contactRows, globalUsers, govUsers, inOrganizations } from './users.ts'

/** A world, and what Salesforce holds in the runs after the first. */
export type Scenario = {
  readonly today: string
  readonly world: World
  readonly later: readonly { readonly [table: string]: Row[] }[]
  readonly overrides: readonly Override[]
}

/** Also days from or to which three years are not as long as usual. */
const DAYS = ['2026-03-16', '2028-02-29', '2027-03-01', '2024-12-20']

export const scenarios: fc.Arbitrary<Scenario> = fc.constantFrom(...DAYS).chain((today) => {
  const salesforce = fc
    .record({ accounts: accountsAt(today), Contact: contactRows })
    .map(({ accounts, Contact }) => ({ ...billingRows(accounts), Contact }))
  return fc
    .record({
      times: fc.array(salesforce, { minLength: 1, maxLength: 3 }),
      overrides: overridesAt(today),
      global: fc.record({ organizations, users: globalUsers }),
      usGov: fc.record({ organizations, users: govUsers }),
    })
    .map(({ times: [first = {}, ...later], overrides, global, usGov }) => ({
      today,
      world: {
        asOf: today,
        salesforce: first,
        zendesk: {
          global: instanceOf('global', global.organizations, inOrganizations(global.users, global.organizations)),
          us_gov: instanceOf('us_gov', usGov.organizations, inOrganizations(usGov.users, usGov.organizations)),
        },
        allianceAccountId: ALLIANCE,
        protectedIds: PROTECTED,
      },
      later,
      overrides,
    }))
})
