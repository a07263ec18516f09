import { untilMs, type Rate } from 'zds'

const REMAINING = ['x-rate-limit-remaining', 'ratelimit-remaining', 'rate-limit-remaining']
const LIMIT = ['x-rate-limit', 'ratelimit-limit', 'rate-limit']
const RESET = ['ratelimit-reset', 'rate-limit-reset', 'x-rate-limit-reset']

/**
 * What Zendesk says of its limits (ZD-14). Where it does not say when the window ends,
 * that is with the clock minute.
 */
export function rate(headers: Headers, now: Date): Rate {
  const left = numberIn(headers, REMAINING)
  const reset = windowMs(valueIn(headers, RESET), now)
  return {
    left,
    limit: numberIn(headers, LIMIT),
    resetMs: reset ?? (left === undefined ? undefined : untilMinute(now)),
    endpointMs: Math.max(0, ...spent(headers, now)),
  }
}

/**
 * In how many milliseconds each spent limit of a single endpoint is filled again:
 * `zendesk-ratelimit-<bucket>: total=5; remaining=0; resets=4`. Open jobs are no rate: whoever
 * sends them counts them.
 */
function spent(headers: Headers, now: Date): number[] {
  return [...headers].flatMap(([name, value]) => {
    if (!/^zendesk-rate-?limit-/.test(name) || name.endsWith('inflight-jobs')) return []
    const resets = /\bresets=(\d+)/.exec(value)?.[1]
    return resets !== undefined && /\bremaining=0\b/.test(value) ? [windowMs(resets, now) ?? untilMinute(now)] : []
  })
}

/** Windows are minutes long. What would be far longer as seconds is milliseconds, or nonsense. */
const LONGEST_MS = 600_000

function windowMs(text: string | undefined, now: Date): number | undefined {
  const ms = untilMs(text ?? null, now)
  return ms === undefined ? undefined : [ms, ms / 1000].find((one) => one <= LONGEST_MS)
}

const untilMinute = (now: Date): number => 60_000 - (now.getTime() % 60_000)

function numberIn(headers: Headers, names: readonly string[]): number | undefined {
  const value = valueIn(headers, names)
  return value === undefined ? undefined : Number(value)
}

function valueIn(headers: Headers, names: readonly string[]): string | undefined {
  return names.map((name) => headers.get(name)).find((value) => value !== null && /^\d+$/.test(value)) ?? undefined
}
