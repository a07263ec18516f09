import { textOf } from '../json.ts'
import type { FieldValues, Json } from '../types.ts'
import { addDays, type Account, type Charge, type Subscription } from './accounts.ts'
import { levels, seatTypes } from './products.ts'

export type InstanceName = 'global' | 'us_gov'

/** The calendar dates of a run. */
export type Dates = { readonly today: string; readonly graceEnd: string; readonly retention: string }

/** `retention` is three years and a day before: what ended earlier is gone. */
export function datesOf(today: string): Dates {
  const year = Number(today.slice(0, 4)) - 3
  const day = today.slice(5) === '02-29' ? '02-28' : today.slice(5)
  return { today, graceEnd: addDays(today, -15), retention: addDays(`${year}-${day}`, -1) }
}

/**
 * Whether a subscription is supported by the US Government instance, given the exception of its
 * account.
 */
function isGovernment(subscription: Subscription, exception: boolean): boolean {
  return subscription.charges.some(({ product: { type } }) => {
    if (type === 'sub_usgov_12x5' || type === 'sub_usgov_24x7') return true
    return exception && (type === 'sub_sm_premium' || type === 'sub_sm_ultimate')
  })
}

/**
 * The organization fields that a sync would set for the account in an instance; undefined where it
 * has no organization there.
 */
export function customerFields(
  account: Account,
  instance: InstanceName,
  dates: Dates,
  staff: (id: Json) => Json,
): FieldValues | undefined {
  const exception = account.row['Support_Instance__c'] === 'federal-support'
  const kept = account.subscriptions.filter(
    (item) =>
      !item.cancelled && item.end >= dates.retention && isGovernment(item, exception) === (instance === 'us_gov'),
  )
  if (kept.length === 0) return undefined
  const current = kept
    .filter((item) => item.start <= dates.today && item.end >= dates.graceEnd)
    .flatMap((item) => item.charges)
  const types = new Set(current.flatMap((charge) => charge.product.type ?? []))
  const level = levelOf(types)
  if (types.has('sub_ss_enterprise') && instance === 'global') types.add('sub_ss_ase')
  const expired = level === 'expired'
  const money = expired ? 0 : (account.row['CARR_This_Account__c'] ?? 0)
  const segment = textOf(account.row['Ultimate_Parent_Sales_Segment_Employees__c'] ?? 'unknown').toLowerCase()
  const region = regionOf(account)
  return {
    ...accountFields(account, staff),
    account_type: expired ? 'former_customer' : 'customer',
    expiration_date:
      kept
        .map((item) => item.end)
        .sort()
        .at(-1) ?? null,
    support_level: level,
    ...(instance === 'global'
      ? { aar: money, sales_segmentation: segment, org_region: region, seats_decimal: seatsOf(current) }
      : {
          arr: money,
          market_segment: segment,
          number_of_seats: seatsOf(current),
          emergency_support_24x7: types.has('sub_usgov_24x7'),
        }),
    ...Object.fromEntries([...types].map((type) => [type, true])),
  }
}

/** The fields of a partner's organization; undefined where the account is no authorized partner. */
export function partnerFields(
  account: Account,
  allianceId: string,
  staff: (id: Json) => Json,
): FieldValues | undefined {
  if (account.kind !== 'partner') return undefined
  if (account.id !== allianceId && account.row['Partners_Partner_Status__c'] !== 'Authorized') return undefined
  const track = account.row['Partner_Track__c'] === 'Open' ? 'open_partner' : 'select_partner'
  return { ...accountFields(account, staff), account_type: account.id === allianceId ? 'alliance_partner' : track }
}

function accountFields({ id, row }: Account, staff: (id: Json) => Json): FieldValues {
  return {
    salesforce_id: id,
    sfdc_short_id: id.slice(0, 15),
    account_owner: row['Account_Owner_Calc__c'] ?? null,
    technical_account_manager: row['Technical_Account_Manager_Name__c'] ?? null,
    solutions_architect: staff(row['Solutions_Architect_Lookup__c'] ?? null),
    restricted_account: row['Restricted_Account__c'] === 'Restricted Party',
    org_in_escalated_state: row['Account_Risk_Level__c'] === 'At Risk - Escalated',
    support_hold: row['Support_Hold__c'] === true,
    mark_for_deletion: false,
  }
}

function levelOf(types: ReadonlySet<string>): string {
  return Object.entries(levels).find(([, members]) => members.some((type) => types.has(type)))?.[0] ?? 'expired'
}

function seatsOf(charges: readonly Charge[]): number {
  const seats = charges.filter((charge) => seatTypes.has(charge.product.type)).map((charge) => charge.quantity)
  return Math.max(0, ...seats)
}

const regions: { readonly [geo: string]: string } = {
  AMER: 'org_region_amer',
  EMEA: 'org_region_emea',
  APJ: 'org_region_apac',
}

function regionOf({ row }: Account): Json {
  return (
    regions[textOf(row['Account_Demographics_Geo__c'])] ??
    regions[textOf(row['Account_Demographics_Region__c'])] ??
    null
  )
}
