import type { Field, FieldType, Seed } from '../types.ts'

type Definition = readonly [key: string, type: FieldType, title: string]

const shared: readonly Definition[] = [
  ['salesforce_id', 'text', 'Salesforce ID'],
  ['sfdc_short_id', 'text', 'SFDC short ID'],
  ['account_owner', 'text', 'Account Owner'],
  ['technical_account_manager', 'text', 'Customer Success Manager'],
  ['solutions_architect', 'text', 'Solutions Architect'],
  ['expiration_date', 'text', 'Expiration Date'],
  ['restricted_account', 'checkbox', 'Restricted Account'],
  ['org_in_escalated_state', 'checkbox', 'Org in Escalated State'],
  ['support_hold', 'checkbox', 'Support Hold'],
  ['mark_for_deletion', 'checkbox', 'Mark for Deletion'],
  ['ignore_deletion', 'checkbox', 'Ignore Deletion'],
  ['migrating', 'checkbox', 'Migrating'],
  ['migration_date', 'date', 'Migration Date'],
  ['assigned_se', 'text', 'Assigned SE'],
  ['account_type', 'dropdown', 'Account Type'],
]

const sharedSubscriptions: readonly Definition[] = [
  ['sub_consumption_duo_enterprise', 'checkbox', 'Consumption - GitLab Duo Enterprise'],
  ['sub_consumption_duo_amazon_q', 'checkbox', 'Consumption - GitLab Duo powered by Amazon Q'],
  ['sub_consumption_duo_premium', 'checkbox', 'Consumption - GitLab Duo Premium'],
  ['sub_gitlab_dedicated', 'checkbox', 'GitLab Dedicated'],
  ['sub_sm_premium', 'checkbox', 'Self-Managed - Premium'],
  ['sub_sm_ultimate', 'checkbox', 'Self-Managed - Ultimate'],
  ['sub_ss_ase', 'checkbox', 'Support Services - ASE'],
]

const globalOnly: readonly Definition[] = [
  ['support_level', 'dropdown', 'GitLab Plan'],
  ['aar', 'decimal', 'AAR'],
  ['sales_segmentation', 'text', 'Sales Segmentation'],
  ['org_region', 'dropdown', 'Region'],
  ['seats_decimal', 'decimal', 'Seats'],
  ['partner_customer', 'checkbox', 'Partner Customer'],
  ['am_project_id', 'text', 'AM Project ID'],
  ['sub_edu', 'checkbox', 'Community - EDU'],
  ['sub_oss', 'checkbox', 'Community - OSS'],
  ['sub_community_other', 'checkbox', 'Community - Other'],
  ['sub_consumption_cicd_minutes', 'checkbox', 'Consumption - CI_CD Minutes'],
  ['sub_consumption_eap', 'checkbox', 'Consumption - Enterprise Agile Planning'],
  ['sub_consumption_storage', 'checkbox', 'Consumption - Storage'],
  ['sub_dotcom_premium', 'checkbox', 'GitLab.com - Premium'],
  ['sub_dotcom_ultimate', 'checkbox', 'GitLab.com - Ultimate'],
  ['sub_ss_growth', 'checkbox', 'Support Services - Success Advanced'],
  ['sub_ss_enterprise', 'checkbox', 'Support Services - Success Signature'],
]

const usGovOnly: readonly Definition[] = [
  ['support_level', 'dropdown', 'Support Level'],
  ['arr', 'decimal', 'ARR'],
  ['market_segment', 'text', 'Market Segment'],
  ['number_of_seats', 'integer', 'Number of Seats'],
  ['emergency_support_24x7', 'checkbox', 'Emergency Support 24x7'],
  ['am_project_id', 'integer', 'AM Project ID'],
  ['sub_usgov_12x5', 'checkbox', 'US Government - 12x5'],
  ['sub_usgov_24x7', 'checkbox', 'US Government - 24x7'],
]

const options: { readonly [key: string]: readonly string[] } = {
  account_type: [
    'customer',
    'former_customer',
    'authorized_reseller',
    'integrator',
    'partner',
    'unofficial_reseller',
    'open_partner',
    'select_partner',
    'alliance_partner',
  ],
  support_level: ['ultimate', 'gold', 'premium', 'silver', 'consumption_only', 'custom', 'community', 'expired'],
  org_region: ['org_region_amer', 'org_region_emea', 'org_region_apac'],
}

/** The organization fields of the two instances. */
export const organizationFields: { readonly global: readonly Seed<Field>[]; readonly us_gov: readonly Seed<Field>[] } =
  {
    global: [...shared, ...globalOnly, ...sharedSubscriptions].map(definition),
    us_gov: [...shared, ...usGovOnly, ...sharedSubscriptions].map(definition),
  }

/** The user fields of both instances. */
export const userFields: readonly Seed<Field>[] = [
  definition(['not_in_sfdc', 'checkbox', 'Not in SFDC'], 0),
  definition(['badge_number', 'text', 'Badge number'], 1),
]

function definition([key, type, title]: Definition, position: number): Seed<Field> {
  const created = { created_at: '2020-01-01T00:00:00Z', updated_at: '2020-01-01T00:00:00Z' }
  const values = options[key]
  const custom = values?.map((value, n) => ({
    id: 7_100_000_000_000 + position * 100 + n,
    name: value,
    raw_name: value,
    value,
  }))
  return {
    id: 7_000_000_000_001 + position,
    key,
    type,
    title,
    position,
    ...created,
    ...(custom === undefined ? {} : { custom_field_options: custom }),
  }
}
