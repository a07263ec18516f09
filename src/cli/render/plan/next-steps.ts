import { dateOf } from '../../../core/clock.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { isOfDay } from '../../../core/run/timely.ts'
import { shortDigest } from '../../../core/telling.ts'
import { lookCommands } from './looks.ts'

export type Saved = {
  /** Where the plan was saved. */
  readonly out?: string | undefined
  /** The command that makes it once more. */
  readonly made: string
  /** A run has stopped, which a bare `zds apply` goes on with instead. */
  readonly open?: boolean
  /** Only a part of it was shown. */
  readonly part?: boolean
}

/** What a bare `zds apply` makes, too. */
const BARE = 'zds plan'

const ALL = 'To carry out all of it, not this part alone:'

/** `zds plan` with what makes its plan another one than that of a bare `zds apply`. */
export function planAgain({ failedFrom, from, asOf }: { failedFrom?: string; from?: string; asOf?: string }): string {
  const given = { 'failed-from': failedFrom, from, 'as-of': asOf }
  const options = Object.entries(given).map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
  return `${BARE}${options.join('')}`
}

/** What to do next. Commands stand on lines of their own, whole at any width, to be copied. */
export function nextSteps(plan: Plan, { out, made, open = false, part = false }: Saved): string[] {
  const { asOf, syncs } = plan
  const today = isOfDay(plan, dateOf(new Date()))
  const day = `This is what the rules say on ${asOf}. zds apply refuses it today, unless --as-of repeats the day.`
  const save = out === undefined ? [`  ${made} --out FILE`] : []
  const apply = `  zds apply ${out ?? 'FILE'}`
  if (syncs.every(({ excesses }) => excesses.length === 0)) {
    if (!today) return [day]
    const bare = out === undefined && made === BARE && !open
    return [part ? ALL : 'To carry it out:', ...(bare ? ['  zds apply'] : [...save, apply])]
  }
  const looks = out === undefined ? save : lookCommands(plan, out).map((look) => `  ${look}`)
  const steps = ['It goes beyond its limits. Look at it:', ...looks]
  const approve = `${apply} --approve ${shortDigest(plan)}`
  return today
    ? [...steps, 'If it is right:', approve]
    : [...steps, day, 'If it is right, and that day is meant:', `${approve} --as-of ${asOf}`]
}
