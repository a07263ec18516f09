import type { ZendeskWorld } from 'zds/sandbox'

/**
 * The organization fields that somebody has made in the Zendesk "emea", beside one that the sync
 * knows nothing of.
 */
export const organizationFields: ZendeskWorld['organization_fields'] = [
  { key: 'crm_id', type: 'text' },
  {
    key: 'plan',
    type: 'dropdown',
    custom_field_options: options(
      'ultimate',
      'gold',
      'premium',
      'silver',
      'consumption_only',
      'custom',
      'community',
      'expired',
    ),
  },
  { key: 'contract_end', type: 'date' },
  { key: 'seats', type: 'integer' },
  { key: 'yearly_revenue', type: 'decimal' },
  { key: 'company_size', type: 'text' },
  { key: 'on_hold', type: 'checkbox' },
  { key: 'leaving', type: 'checkbox' },
  { key: 'sub_gitlab_dedicated', type: 'checkbox' },
  { key: 'sub_ss_ase', type: 'checkbox' },
  { key: 'favourite_agent', type: 'text' },
]

function options(...values: readonly string[]) {
  return values.map((value, n) => ({ id: n + 1, name: value, raw_name: value, value }))
}
