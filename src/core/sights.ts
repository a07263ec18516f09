import { dateIn, FAR_MS } from './clock.ts'
import type { Issue } from './errors.ts'

/**
 * What a look at a service or a file found: what is well, what will not be for long, and what would
 * stop or falsify a run.
 */
export type Sight =
  | { readonly level: 'ok'; readonly where: string; readonly message: string }
  | (Issue & { readonly level: 'warning' | 'error' })

/** Values that may be written, by field, where they are few and known before anything is read. */
export type Values = { readonly [field: string]: readonly string[] }

/** A field, or options of one, that somebody has to make: by a command, or by Terraform. */
export type Missing = {
  readonly instance: string
  readonly resource: string
  readonly field: string
  /** Its type, in the words of the service. */
  readonly type: string
  /** Options of a dropdown. */
  readonly options: readonly string[]
  readonly what: 'field' | 'options'
  readonly curl: string
  readonly terraform: string
}

/** What is well. */
export const well = (where: string, message: string): Sight => ({ level: 'ok', where, message })

/**
 * Tokens and dates still hold with a clock that is off by less; with one that is far off no apply
 * begins.
 */
const TOLERANCE_S = 60

/** How this machine's clock agrees with that of a service, by the `Date` of one of its answers. */
export function clockSight(service: string, headers: Headers, now: Date): Sight[] {
  const there = dateIn(headers)
  if (there === undefined) return []
  const seconds = Math.round((now.getTime() - there.getTime()) / 1000)
  const where = `${service}: clock`
  if (Math.abs(seconds) <= TOLERANCE_S) return [well(where, 'agrees with that of this machine')]
  const message = `this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`
  const hint = 'Set the clock of this machine (NTP): dates, and how long tokens are good, follow from it.'
  const level = Math.abs(seconds) * 1000 > FAR_MS ? 'error' : 'warning'
  return [{ level, code: 'CLOCK_DIFFERS', where, message, hint }]
}
