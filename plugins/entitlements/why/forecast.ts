import { addDays, addYears, canonical, isDate, type FieldTable, type Run, type Said, type Turn } from 'zds'
import { accountOf, type Account, type Charge } from '../account.ts'
import { GRACE_DAYS, RETENTION_YEARS } from '../dates.ts'
import { readInputs, type AccountInputs } from '../inputs.ts'
import type { EntitlementsOptions } from '../options.ts'
import type { Override } from '../overrides/entries.ts'
import { recordMaker, saidOf } from '../record.ts'
import { derive, type Context } from '../rule.ts'
import { rules, typeOf } from '../rules.ts'
import { graceEnd } from './charges.ts'

/** A day on which an account may turn, and why. */
type Cause = { readonly on: string; readonly because: string; readonly retires?: true }

/**
 * What time alone will make of each account up to the day `until`. An account is computed on the
 * days on which something of it begins or ends, and on no other: nothing else depends on the day.
 */
export async function* forecast(
  options: EntitlementsOptions<FieldTable>,
  until: string,
  run: Run,
): AsyncGenerator<Turn> {
  const inputs = await readInputs(options, run)
  const recordOf = recordMaker(options.fields)
  const contextOn = byDay(inputs.contextOn)
  const overrides = Map.groupBy(inputs.entries, ({ salesforce_id: id }) => id)
  let position = 0
  for await (const row of run.input(options.accounts)) {
    const account = accountOf(row, (position += 1))
    if (inputs.excluded.has(account.id)) continue
    const sayOn = (day: string) => saidOf(derive(account, rules, contextOn(day)), recordOf)
    yield* turns(
      sayOn,
      causes(account, overrides.get(account.id) ?? [], contextOn(run.clock.today), until),
      run.clock.today,
    )
  }
}

/** Contexts are made once a day: there are few days and many accounts. */
function byDay(contextOn: AccountInputs['contextOn']): (day: string) => Context {
  const known = new Map<string, Context>()
  return (day) => {
    const context = known.get(day) ?? contextOn(day)
    known.set(day, context)
    return context
  }
}

function* turns(sayOn: (day: string) => Said, all: readonly Cause[], today: string): Generator<Turn> {
  if (all.length === 0) return
  let before = sayOn(today)
  const days = [...Map.groupBy(all, ({ on }) => on)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [on, some] of days) {
    const after = sayOn(on)
    if (canonical(after) === canonical(before)) continue
    const retired = after.kind === 'absent' && after.reason === 'retention'
    const because = some.filter(({ retires = false }) => retired || !retires).map((cause) => cause.because)
    yield { on, before, after, because: [...new Set(because)].join('; ') }
    before = after
  }
}

/** Everything of an account that begins or ends after today and up to `until`. */
function causes(account: Account, entries: readonly Override[], context: Context, until: string): Cause[] {
  const charges = account.subscriptions
    .flatMap((one) => one.charges)
    .filter((one) => typeOf(one, context) !== undefined)
  const all = [
    ...charges.flatMap(causesOf),
    ...entries.flatMap(endOf),
    ...entries.flatMap(expiriesIn).flatMap(retention),
  ]
  return all.filter(({ on }) => on > context.today && on <= until)
}

function causesOf({ name, start, end }: Charge): Cause[] {
  const charge = `the charge ${JSON.stringify(name)}`
  const begins = start === null ? [] : [{ on: start, because: `${charge} begins` }]
  if (end === null) return begins
  const over = `${charge} ended on ${end}, its ${GRACE_DAYS} days of grace are over (PROC-17)`
  return [...begins, { on: addDays(graceEnd(end), 1), because: over }, ...retention(end)]
}

/**
 * The first day of which that is too long ago (PROC-43) is two days after the anniversary, or one
 * of its neighbours where that is not in the calendar.
 */
function retention(expiry: string): Cause[] {
  const because = `it expired on ${expiry}, more than ${RETENTION_YEARS} years and a day ago (PROC-43)`
  return [1, 2, 3].map((days) => ({ on: addDays(addYears(expiry, RETENTION_YEARS), days), because, retires: true }))
}

/** The day after the last one on which an override has an effect. */
function endOf({ where, reason, expires_on: last }: Override): Cause[] {
  return last === null
    ? []
    : [{ on: addDays(last, 1), because: `the override at ${where} ended on ${last}: ${reason} (OVR-03)` }]
}

/** Expiration dates that an override may set. */
const expiriesIn = ({ set }: Override): string[] =>
  Object.values(set)
    .filter((value) => typeof value === 'string')
    .filter(isDate)
