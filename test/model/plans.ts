import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

type Plans = {
  readonly subscriptions: { readonly [type: string]: readonly string[] }
  readonly levels: { readonly [level: string]: readonly string[] }
  readonly us_government: { readonly standard: readonly string[]; readonly exception: readonly string[] }
  readonly base_tiers: readonly string[]
  readonly regions: { readonly [region: string]: string }
}

/** The plans file of the reference configuration (PLAN-01). */
export const plans = parse(readFileSync(join(import.meta.dirname, '../../data/plans.yaml'), 'utf8')) as Plans // its form

/** The type of a charge name, exactly as it is written (PLAN-03, PLAN-04). */
export const typeOf = (charge: unknown): string | undefined =>
  Object.entries(plans.subscriptions).find(([, names]) => names.includes(String(charge)))?.[0]
