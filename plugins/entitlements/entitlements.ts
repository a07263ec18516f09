import { typesOf, type Desired, type FieldTable, type Processor, type Run, type Source, type TypesOf } from 'zds'
import { accountOf } from './account.ts'
import { readInputs } from './inputs.ts'
import { declares, inspect, valuesOf } from './inspect.ts'
import { checkEntitlements, type EntitlementsOptions } from './options.ts'
import { withoutEffect } from './overrides/effect.ts'
import { overrideUse } from './overrides/notices.ts'
import { recordMaker, saidOf } from './record.ts'
import { derive } from './rule.ts'
import { rules } from './rules.ts'
import { chargesWithoutEnd, unknownCharges } from './unknown-charges.ts'
import { explain } from './why/explain.ts'
import { forecast } from './why/forecast.ts'

/** Why an account has no record (AMB-17). */
const ABSENT = {
  'no-subscription': 'its account has no subscription for this instance',
  retention: 'its account expired more than three years ago',
  'type-changed': 'its account has another Type now',
}

/** The reasons for which a rule may retire an organization of a customer. */
export type AbsenceReason = keyof typeof ABSENT

const PROGRESS_EVERY = 10_000

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
    words: ABSENT,
    needs,
    values: (run) => valuesOf(options, run),
    inspect: (run) => inspect(options, run),
    declares: () => declares(options),
    read: (run) => read(options, run),
    explain: (asked, run) => explain(options, asked, run),
    forecast: (until, run) => forecast(options, until, run),
  }
}

async function* read(options: EntitlementsOptions<FieldTable>, run: Run): AsyncGenerator<Desired> {
  const { entries, catalogue, contextOn, excluded, listed, moved } = await readInputs(options, run)
  const context = contextOn(run.clock.today)
  const recordOf = recordMaker(options.fields)
  const unknown = unknownCharges(context)
  const use = overrideUse(entries, context.today)

  let position = 0
  for await (const row of run.input(options.accounts)) {
    position += 1
    if (position % PROGRESS_EVERY === 0) run.progress(`${options.name}: ${position.toLocaleString('en')} accounts`)
    const account = accountOf(row, position)
    moved.delete(account.id)
    if (excluded.has(account.id)) continue
    const draft = derive(account, rules, context)
    unknown.see(draft)
    use.see(draft)
    yield* chargesWithoutEnd(draft)
    yield* withoutEffect(draft, context, recordOf)
    if (draft.absent === undefined || listed?.has(account.id) !== false) yield saidOf(draft, recordOf)
  }
  for (const key of moved) yield { kind: 'absent', key, reason: 'type-changed' }
  yield* unknown.notices(catalogue.where)
  yield* use.notices()
}
