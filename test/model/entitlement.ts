import type { Row } from 'zds/sandbox'
import { graceOf, horizonOf } from './dates.ts'
import type { Fields, InstanceName } from './overrides.ts'
import { plans, typeOf } from './plans.ts'
import type { Account } from './salesforce.ts'
import { textOf } from './values.ts'

/** An SSOT object, or why there is none (AMB-10, PROC-43). */
export type Entitlement =
  | { readonly absent: 'no-subscription' | 'retention' }
  | { readonly fields: Fields; readonly kept: readonly Row[] }

/** Checkboxes of subscription types, by instance (section 4). */
const SHARED =
  'sub_consumption_duo_enterprise sub_consumption_duo_amazon_q sub_consumption_duo_premium ' +
  'sub_gitlab_dedicated sub_sm_premium sub_sm_ultimate sub_ss_ase '
const GLOBAL =
  'sub_edu sub_oss sub_community_other sub_consumption_cicd_minutes sub_consumption_eap sub_consumption_storage ' +
  'sub_dotcom_premium sub_dotcom_ultimate sub_ss_growth sub_ss_enterprise'
const SUBSCRIPTIONS: { readonly [instance in InstanceName]: readonly string[] } = {
  global: (SHARED + GLOBAL).split(' '),
  'us-gov': `${SHARED}sub_usgov_12x5 sub_usgov_24x7`.split(' '),
}

/**
 * PROC-15, AMB-06: one charge takes a subscription to US Government, whether it counts or not; all others are Global's.
 */
function keptBy({ row, subscriptions }: Account, instance: InstanceName): Account['subscriptions'] {
  const { exception, standard } = plans.us_government
  const taking = row['Support_Instance__c'] === 'federal-support' ? exception : standard
  const isGov = (charges: readonly Row[]): boolean => charges.some((charge) => taking.includes(type(charge) ?? ''))
  return subscriptions.filter(({ charges }) => isGov(charges) === (instance === 'us-gov'))
}

/** Section 6, in the order of PROC-40 and PROC-44. */
export function entitlement(account: Account, instance: InstanceName, today: string, set: Fields): Entitlement {
  const { row } = account
  const kept = keptBy(account, instance)

  // PROC-18, AMB-08.
  const known = kept.flatMap(({ charges }) => charges).filter((charge) => type(charge) !== undefined)
  const ends = known.map((charge) => textOf(charge['Zuora__EffectiveEndDate__c'])).toSorted()
  if (ends.length === 0) return { absent: 'no-subscription' }

  // PROC-16, PROC-17, PROC-19, AMB-07, AMB-09.
  const counting = known.filter(
    (charge) =>
      textOf(charge['Zuora__EffectiveStartDate__c']) <= today &&
      textOf(charge['Zuora__EffectiveEndDate__c']) >= graceOf(today),
  )
  const seats = counting.filter((charge) => plans.base_tiers.includes(type(charge) ?? ''))

  // OVR-03: before level, type, revenue, ASE, schedule and retention.
  const types = new Set(counting.map((charge) => type(charge) ?? ''))
  for (const [field, value] of Object.entries(set)) {
    if (value === true) types.add(field)
    else types.delete(field)
  }
  const expires = textOf(set['expiration_date'] ?? ends.at(-1))
  if (expires < horizonOf(today)) return { absent: 'retention' } // PROC-43

  // PROC-44, AMB-15: FedRAMP before the level.
  if (instance === 'us-gov' && types.has('usgov_fedramp')) {
    types.add('sub_gitlab_dedicated')
    types.add('sub_usgov_24x7')
  }
  const level = Object.entries(plans.levels).find(([, members]) => members.some((one) => types.has(one)))?.[0]
  if (instance === 'global' && types.has('sub_ss_enterprise')) types.add('sub_ss_ase') // PROC-42

  const revenue = level === undefined ? 0 : (row['CARR_This_Account__c'] ?? null) // PROC-41
  const quantity = Math.max(0, ...seats.map((charge) => Number(charge['Zuora__Quantity__c'] ?? 0)))
  const segment = textOf(row['Ultimate_Parent_Sales_Segment_Employees__c']).toLowerCase() || 'unknown' // SFA-14
  const before: Fields =
    instance === 'global'
      ? { sales_segmentation: segment, org_region: regionOf(row), seats_decimal: quantity }
      : { market_segment: segment, number_of_seats: Math.ceil(quantity) } // a whole number
  const after: Fields =
    instance === 'global' ? { aar: revenue } : { arr: revenue, emergency_support_24x7: types.has('sub_usgov_24x7') }
  return {
    kept: kept.map((one) => one.row),
    fields: {
      ...aboutAccount(account),
      sfdc_short_id: account.id.slice(0, 15), // FLD-02
      expiration_date: expires,
      ...before,
      ...set,
      support_level: level ?? 'expired',
      account_type: level === undefined ? 'former_customer' : 'customer', // PROC-32
      ...after,
      ...Object.fromEntries(SUBSCRIPTIONS[instance].map((field) => [field, types.has(field)])),
    },
  }
}

/** What customers and partners have in common (SFA-10..24, PART-04..06, AMB-18). */
function aboutAccount({ id, row, architect }: Account): Fields {
  return {
    salesforce_id: id,
    account_owner: textOf(row['Account_Owner_Calc__c']),
    technical_account_manager: textOf(row['Technical_Account_Manager_Name__c']),
    solutions_architect: textOf(architect),
    restricted_account: row['Restricted_Account__c'] === 'Restricted Party',
    org_in_escalated_state: row['Account_Risk_Level__c'] === 'At Risk - Escalated',
    support_hold: row['Support_Hold__c'] === true,
    mark_for_deletion: false,
  }
}

/** PART-03. */
export function partnerFields(account: Account, alliance: string): Fields {
  const tracks: { readonly [track: string]: string } = { Open: 'open_partner', Select: 'select_partner' }
  const byTrack = tracks[textOf(account.row['Partner_Track__c'])] ?? null
  return { ...aboutAccount(account), account_type: account.id === alliance ? 'alliance_partner' : byTrack }
}

/** SFA-15, AMB-25: Geo where it is a region, else Region. */
function regionOf(row: Row): string | null {
  const named = ['Account_Demographics_Geo__c', 'Account_Demographics_Region__c'].map((column) => textOf(row[column]))
  return named.map((region) => plans.regions[region]).find((option) => option !== undefined) ?? null
}

const type = (charge: Row): string | undefined => typeOf(charge['Zuora__SubscriptionRatePlanChargeName__c'])

/** The names of charges that grant nothing, as they are in no plan (AMB-03). */
export const unknownCharges = (account: Account, instance: InstanceName): string[] =>
  keptBy(account, instance)
    .flatMap(({ charges }) => charges)
    .filter((charge) => type(charge) === undefined)
    .map((charge) => textOf(charge['Zuora__SubscriptionRatePlanChargeName__c']) || '(without a name)')
