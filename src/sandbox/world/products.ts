/**
 * The support levels from the highest to the lowest, each with the subscription types that give it.
 */
export const levels = {
  ultimate: ['sub_sm_ultimate', 'sub_gitlab_dedicated'],
  gold: ['sub_dotcom_ultimate'],
  premium: ['sub_sm_premium'],
  silver: ['sub_dotcom_premium'],
  consumption_only: [
    'sub_consumption_cicd_minutes',
    'sub_consumption_duo_enterprise',
    'sub_consumption_duo_premium',
    'sub_consumption_storage',
  ],
  custom: ['sub_ss_ase', 'sub_ss_enterprise', 'sub_usgov_12x5', 'sub_usgov_24x7'],
  community: ['sub_edu', 'sub_oss', 'sub_community_other'],
} as const

export type SubscriptionType = (typeof levels)[keyof typeof levels][number]

/**
 * A product charge by its name in the billing catalogue; `type` is undefined where it grants
 * nothing.
 */
export type Product = { readonly name: string; readonly type: SubscriptionType | undefined; readonly years: number }

type Products = readonly [Product, ...Product[]]

export const baseTiers: Products = [
  { name: 'SaaS - Premium - 1 Year', type: 'sub_dotcom_premium', years: 1 },
  { name: 'SaaS - Premium - 3 Year', type: 'sub_dotcom_premium', years: 3 },
  { name: 'SaaS - Ultimate - 1 Year', type: 'sub_dotcom_ultimate', years: 1 },
  { name: 'Self-Managed - Premium - 1 Year', type: 'sub_sm_premium', years: 1 },
  { name: 'Self-Managed - Premium - 2 Year', type: 'sub_sm_premium', years: 2 },
  { name: 'Self-Managed - Ultimate - 1 Year', type: 'sub_sm_ultimate', years: 1 },
  { name: 'Self-Managed - Ultimate - 3 Year', type: 'sub_sm_ultimate', years: 3 },
  { name: 'Dedicated - Administration Fee [Small] - 1 Year', type: 'sub_gitlab_dedicated', years: 1 },
]

/** Base tiers a public body buys together with US citizen support. */
export const governmentTiers: Products = [
  { name: 'Self-Managed - Premium - 1 Year', type: 'sub_sm_premium', years: 1 },
  { name: 'Self-Managed - Ultimate - 1 Year', type: 'sub_sm_ultimate', years: 1 },
]

export const governmentSupport: Products = [
  { name: '12x5 US Citizen Support - 1 Year', type: 'sub_usgov_12x5', years: 1 },
  { name: '24x7 US Citizen Support - 1 Year', type: 'sub_usgov_24x7', years: 1 },
]

export const communityPrograms: Products = [
  { name: '[EDU Program] Self-Managed - Ultimate - 1 Year', type: 'sub_edu', years: 1 },
  { name: '[OSS Program] SaaS - Ultimate - 1 Year', type: 'sub_oss', years: 1 },
  { name: '[Startups Program] SaaS - Ultimate - 1 Year', type: 'sub_community_other', years: 1 },
]

/** Bought beside a base tier; the last one is in no plan and grants nothing. */
export const addOns: Products = [
  { name: '1,000 Compute Minutes', type: 'sub_consumption_cicd_minutes', years: 1 },
  { name: 'Gitlab Storage 10GB - 1 Year', type: 'sub_consumption_storage', years: 1 },
  { name: 'GitLab Duo Enterprise - 1 Year', type: 'sub_consumption_duo_enterprise', years: 1 },
  { name: 'GitLab Duo Premium - 1 Year', type: 'sub_consumption_duo_premium', years: 1 },
  { name: 'Assigned Support Engineer - 1 Year', type: 'sub_ss_ase', years: 1 },
  { name: 'Success Signature - 1 Year', type: 'sub_ss_enterprise', years: 1 },
  { name: 'GitLab Geo', type: undefined, years: 1 },
]

/** The types whose quantities are seats. */
export const seatTypes: ReadonlySet<SubscriptionType | undefined> = new Set<SubscriptionType | undefined>([
  'sub_dotcom_premium',
  'sub_dotcom_ultimate',
  'sub_sm_premium',
  'sub_sm_ultimate',
  'sub_gitlab_dedicated',
])
