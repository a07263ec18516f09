/**
 * From a Salesforce account to the record that a Zendesk instance should hold: what was bought
 * decides the level of support.
 */
export { entitlementChildren, entitlementColumns, type ChildList } from './columns.ts'
export { customers, type CustomersOptions } from './customers.ts'
export { entitlements } from './entitlements.ts'
export { subscriptions } from './fields.ts'
export { type Override } from './overrides/entries.ts'
export { overrides, type OverridesOptions, type OverridesSource } from './overrides/overrides.ts'
export { type EntitlementsOptions, type Listing } from './options.ts'
export { supportPlans, type Catalogue, type CatalogueFile } from './catalogue.ts'
export { type Rule, type Side } from './rule.ts'
export { rules } from './rules.ts'

// It is loaded by the first file that is parsed; that it is missing is said before.
import.meta.resolve('yaml')
