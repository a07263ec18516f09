import { always, checkbox, date, decimal, dropdown, fact, first, integer, is, lower, name, text } from 'zds'
import { subscriptions } from 'zds/entitlements'

/**
 * The organization fields of both instances (FLD), as the reference configuration declares them.
 */
const shared = {
  name: name('Name'),
  external_id: text('Account_ID_18__c'),
  salesforce_id: text('Account_ID_18__c'),
  sfdc_short_id: text('Account_ID_18__c', first(15)),
  account_owner: text('Account_Owner_Calc__c'),
  account_type: dropdown(fact('type')),
  technical_account_manager: text('Technical_Account_Manager_Name__c'),
  solutions_architect: text('Solutions_Architect_Lookup__r.Name'),
  expiration_date: text(fact('expiry')),
  support_level: dropdown(fact('level')),
  restricted_account: checkbox('Restricted_Account__c', is('Restricted Party')),
  org_in_escalated_state: checkbox('Account_Risk_Level__c', is('At Risk - Escalated')),
  support_hold: checkbox('Support_Hold__c'),
  mark_for_deletion: checkbox([], always(false)),
  migrating: checkbox(),
  migration_date: date(),
  ...subscriptions(
    'sub_consumption_duo_enterprise',
    'sub_consumption_duo_amazon_q',
    'sub_consumption_duo_premium',
    'sub_gitlab_dedicated',
    'sub_sm_premium',
    'sub_sm_ultimate',
    'sub_ss_ase',
  ),
}

const segment = lower({ none: 'unknown' })

export const globalFields = {
  ...shared,
  aar: decimal(fact('arr')),
  sales_segmentation: text('Ultimate_Parent_Sales_Segment_Employees__c', segment),
  org_region: dropdown(fact('region')),
  seats_decimal: decimal(fact('seats')),
  partner_customer: checkbox(),
  ...subscriptions(
    'sub_edu',
    'sub_oss',
    'sub_community_other',
    'sub_consumption_cicd_minutes',
    'sub_consumption_eap',
    'sub_consumption_storage',
    'sub_dotcom_premium',
    'sub_dotcom_ultimate',
    'sub_ss_growth',
    'sub_ss_enterprise',
  ),
}

export const usGovFields = {
  ...shared,
  arr: decimal(fact('arr')),
  market_segment: text('Ultimate_Parent_Sales_Segment_Employees__c', segment),
  number_of_seats: integer(fact('seats')),
  emergency_support_24x7: checkbox(fact('schedule')),
  ...subscriptions('sub_usgov_12x5', 'sub_usgov_24x7'),
}
