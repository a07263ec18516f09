import type { Desired, FieldTable, Run } from 'zds'
import { accountOf } from './account.ts'
import { caseLost } from './case-lost.ts'
import { readInputs } from './inputs.ts'
import type { EntitlementsOptions } from './options.ts'
import { withoutEffect } from './overrides/effect.ts'
import { overrideUse } from './overrides/notices.ts'
import { rankNotices } from './ranks.ts'
import { recordMaker, saidOf } from './record.ts'
import { derive } from './rule.ts'
import { rules } from './rules.ts'
import { chargesWithoutEnd, unknownCharges } from './unknown-charges.ts'
import { unshownTypes } from './unshown-types.ts'

const PROGRESS_EVERY = 10_000

/** The records that one instance should hold, or why it should hold none, account by account. */
export async function* read(options: EntitlementsOptions<FieldTable>, run: Run): AsyncGenerator<Desired> {
  const { entries, catalogue, contextOn, excluded, listed, caseless, moved } = await readInputs(options, run)
  const context = contextOn(run.clock.today)
  const recordOf = recordMaker(options.fields)
  const unknown = unknownCharges(context)
  const unshown = unshownTypes(context, options.overrides.tables)
  const use = overrideUse(entries, context.today)
  const lost = caseLost(caseless)
  for (const id of excluded) lost.see(id)

  let position = 0
  for await (const row of run.input(options.accounts)) {
    position += 1
    if (position % PROGRESS_EVERY === 0) run.progress(`${options.name}: ${position.toLocaleString('en')} accounts`)
    const account = accountOf(row, position)
    moved.delete(account.id)
    lost.see(account.id)
    if (excluded.has(account.id)) continue
    const draft = derive(account, rules, context)
    unknown.see(draft)
    unshown.see(draft)
    use.see(draft)
    yield* chargesWithoutEnd(draft)
    yield* withoutEffect(draft, context, recordOf)
    if (draft.absent === undefined || listed?.has(account.id) !== false) yield saidOf(draft, recordOf)
  }
  yield* moved.values()
  yield* lost.skips()
  yield* unknown.notices(catalogue.where)
  yield* rankNotices(catalogue, options.levelOrder)
  yield* unshown.notices(catalogue.where)
  yield* use.notices()
}
