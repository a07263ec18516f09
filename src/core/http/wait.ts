/** A service that wants a longer pause than this is down for this run. */
export const LONGEST_WAIT_MS = 600_000
const LONGEST_BACKOFF_MS = 60_000

/**
 * How long to wait before another try, in milliseconds: twice as long each time, at most a minute.
 * Full jitter over the upper half: spread out, and never nearly nothing. `attempt` counts from 1.
 */
export function backoff(baseMs: number, attempt: number): number {
  return Math.min(LONGEST_BACKOFF_MS, baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
}

/**
 * Milliseconds from now until what a header says: a number of seconds, or, where that would be
 * decades, a moment in seconds or milliseconds since 1970. Undefined for what is no number.
 */
export function untilMs(text: string | null, now: Date): number | undefined {
  if (text === null || !/^\d+(\.\d+)?$/.test(text)) return undefined
  const value = Number(text)
  if (value < 1e9) return value * 1000
  return Math.max(0, (value < 1e11 ? value * 1000 : value) - now.getTime())
}

/**
 * A span of time for people: `27 s`, `10 minutes`, `3 hours`; what is beyond reason is 1000 hours.
 */
export function spanOf(ms: number): string {
  const [size, unit] = UNITS.find(([least]) => ms >= 2 * least) ?? [1000, 's']
  return `${Math.min(1000, Math.ceil(ms / size))} ${unit}`
}

const UNITS = [[3_600_000, 'hours'] as const, [60_000, 'minutes'] as const]

/** What to do about a wait that is longer than zds waits. */
export const tooLong = (ms: number): string =>
  `zds waits at most ${spanOf(LONGEST_WAIT_MS)}: run it again in ${spanOf(ms)}.`
