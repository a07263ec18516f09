import { mapOf, shape } from 'zds'

const text = { type: 'string' }
const names = { type: 'array', items: { type: 'string', minLength: 1 } }

/** The shape of the plans file. */
export const catalogueSchema = {
  ...shape({
    subscriptions: mapOf(names),
    levels: mapOf(names),
    us_government: shape({ standard: names, exception: names }),
    base_tiers: names,
    regions: mapOf(names.items),
  }),
  $id: 'zds-plans',
  title: 'zds plans file',
  description: 'What a product charge grants.',
}

/** The shape of the overrides file; what `set` may hold depends on the field tables. */
export const overridesSchema = {
  type: 'array',
  items: shape({ salesforce_id: text, 'instance?': text, set: mapOf({}), reason: text, 'expires_on?': text }),
  $id: 'zds-overrides',
  title: 'zds overrides file',
  description: 'Exceptions for single accounts.',
}
