import { setTimeout as wait } from 'node:timers/promises'
import { ZdsError } from './errors.ts'

/** Whoever differs by more than this has a clock that is wrong. */
export const FAR_MS = 300_000

/** Time, lent to whoever needs it, so that tests and `--as-of` can set it. */
export interface Clock {
  /** The moment, for pacing, expiry and stamps. */
  now(): Date
  /** The calendar date the rules see, `YYYY-MM-DD` in UTC, the same for the whole run (PROC-04). */
  readonly today: string
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The machine's clock; `asOf` (`YYYY-MM-DD`) replaces the date that the rules see. */
export function systemClock(asOf?: string): Clock {
  return {
    now: () => new Date(),
    today: asOf === undefined ? dateOf(new Date()) : calendarDate(asOf),
    sleep: (ms, signal) =>
      wait(ms, undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw error
      }),
  }
}

/** The calendar date of a moment, in UTC. */
export function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

/** The moment of an answer; one that was kept by something in between says since how long. */
export function dateIn(headers: Headers): Date | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  const kept = Number(headers.get('age') ?? 0) * 1000
  return Number.isNaN(date) ? undefined : new Date(date + (kept > 0 && kept < 1e12 ? kept : 0))
}

/** Whether `text` is `YYYY-MM-DD` and a day that exists. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const moment = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(moment.getTime()) && dateOf(moment) === text
}

/** Rules count years on and back from it, and dates have four digits for them. */
const EARLIEST = '2000-01-01'
const LATEST = '2099-12-31'

/** A date that somebody gave. Throws USAGE for what is none, or out of range. */
export function calendarDate(text: string): string {
  const known = isDate(text)
  if (known && text >= EARLIEST && text <= LATEST) return text
  if (known)
    throw new ZdsError('USAGE', `${text} is not between ${EARLIEST} and ${LATEST}`, { hint: 'Correct --as-of.' })
  throw new ZdsError('USAGE', `${text} is not a date`, {
    hint: 'Write it as YYYY-MM-DD, for example 2026-03-16.',
  })
}

/** `date` moved by whole days; both `YYYY-MM-DD`. */
export function addDays(date: string, days: number): string {
  const moment = new Date(`${date}T00:00:00Z`)
  moment.setUTCDate(moment.getUTCDate() + days)
  return dateOf(moment)
}

/** `date` moved by whole years; 29 February becomes 28 February in a common year (PROC-03). */
export function addYears(date: string, years: number): string {
  const moved = `${String(Number(date.slice(0, 4)) + years).padStart(4, '0')}${date.slice(4)}`
  return isDate(moved) ? moved : `${moved.slice(0, 8)}28`
}
