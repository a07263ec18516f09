import { typesOf, type FieldTable, type Processor, type Source, type TypesOf } from 'zds'
import { CASE_LOST } from './case-lost.ts'
import { checkEntitlements, type EntitlementsOptions } from './options.ts'

/** Why an account has no record (AMB-17). */
const ABSENT = {
  'no-subscription': 'its account has no subscription for this instance',
  retention: 'its account expired more than three years and a day ago',
  'type-changed': 'its account has another Type now',
}

/** Why an organization is left though its account is not among those that were read. */
const LEFT = { 'arrived-meanwhile': 'its account has got its Type since the accounts were read' }

/** The reasons for which a rule may retire an organization of a customer. */
export type AbsenceReason = keyof typeof ABSENT

/**
 * For each account the record that one instance should hold, or why it should hold none (sections 4
 * to 6 of the rules, in the order of `rules`).
 */
export function entitlements<const Table extends FieldTable>(
  options: EntitlementsOptions<Table>,
): Processor<TypesOf<Table>, AbsenceReason> {
  checkEntitlements(options)
  const { name, accounts, catalogue, overrides, fields, exclude, elsewhere, listing } = options
  const needs: readonly Source[] = [accounts, catalogue, overrides, exclude, elsewhere, listing?.target].filter(
    (source) => source !== undefined,
  )
  return {
    name,
    types: typesOf(fields),
    words: { ...ABSENT, ...LEFT, ...CASE_LOST },
    needs,
    values: async (run) => (await import('./inspect.ts')).valuesOf(options, run),
    declares: async () => (await import('./inspect.ts')).declares(options),
    explain: async (asked, run) => (await import('./why/explain.ts')).explain(options, asked, run),
    check: async (run) => (await import('./inspect.ts')).check(options, run),
    async *inspect(run) {
      yield* (await import('./inspect.ts')).inspect(options, run)
    },
    async *read(run) {
      yield* (await import('./read.ts')).read(options, run)
    },
    async *forecast(until, run) {
      yield* (await import('./why/forecast.ts')).forecast(options, until, run)
    },
  }
}
