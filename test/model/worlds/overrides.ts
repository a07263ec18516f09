import * as fc from 'fast-check'
import { daysFrom } from '../dates.ts'
import type { Override } from '../overrides.ts'
import { daysAround } from './accounts.ts'
import { IDS, SHORT } from './keys.ts'

/** Values that later rules compute away, and such that stay. */
const shared = (today: string) => [
  { sub_sm_ultimate: true },
  { sub_sm_ultimate: false, sub_sm_premium: true },
  { sub_gitlab_dedicated: true, sub_ss_ase: false },
  { support_level: 'ultimate' },
  { account_type: 'former_customer', technical_account_manager: 'Ada' },
  { migrating: true, migration_date: '2026-05-01' },
  ...daysAround(today).map((day) => ({ expiration_date: day })),
]
const only = {
  global: [
    { partner_customer: true },
    { aar: 5, seats_decimal: 7 },
    { sub_ss_enterprise: true },
    { org_region: 'org_region_apac' },
  ],
  'us-gov': [{ emergency_support_24x7: true }, { sub_usgov_24x7: true, number_of_seats: 3 }, { market_segment: 'x' }],
}

/** One for some accounts, and for one that is not there. */
export const overridesAt = (today: string): fc.Arbitrary<readonly Override[]> => {
  const about = {
    salesforce_id: fc.constantFrom(...IDS, ...SHORT),
    reason: fc.constant('because'),
    expires_on: fc.constantFrom(daysFrom(today, -1), today, daysFrom(today, 1), undefined),
  }
  const entry = fc.oneof(
    fc.record({ ...about, set: fc.constantFrom(...shared(today)) }),
    fc.record({ ...about, instance: fc.constant('global' as const), set: fc.constantFrom(...only.global) }),
    fc.record({ ...about, instance: fc.constant('us-gov' as const), set: fc.constantFrom(...only['us-gov']) }),
  )
  return fc.uniqueArray(entry, { maxLength: 3, selector: ({ salesforce_id: id }) => id.slice(0, 15) })
}
