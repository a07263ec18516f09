import { refuse } from '../errors.ts'
import { env, invalid, type Setting } from '../settings.ts'
import { shape } from '../shape.ts'
import { single } from '../typed-settings.ts'

export type HttpPolicy = {
  /** Longest time for one request with its whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Requests at most for one answer. */
  readonly attempts: number
  /** First wait before another try, in milliseconds; it doubles each time. */
  readonly baseDelayMs: number
  /** The largest answer that is read, in bytes when unpacked. Default 100 MB. */
  readonly mostBytes?: number
}

/** For the schema of a plugin's options: an `HttpPolicy`. */
export const httpPolicySchema: object = shape<HttpPolicy>({
  timeoutMs: { type: 'integer', minimum: 1 },
  attempts: { type: 'integer', minimum: 1 },
  baseDelayMs: { type: 'integer', minimum: 0 },
  'mostBytes?': { type: 'integer', minimum: 1 },
})

/**
 * The policy of the environment: `ZDS_HTTP_TIMEOUT_MS` (60000), `ZDS_HTTP_ATTEMPTS` (5),
 * `ZDS_HTTP_BASE_DELAY_MS` (1000), `ZDS_HTTP_MOST_BYTES` (100000000).
 */
export function httpPolicy(): HttpPolicy {
  const timeoutMs = whole(env('ZDS_HTTP_TIMEOUT_MS', '60000'), 1, 3_600_000)
  const attempts = whole(env('ZDS_HTTP_ATTEMPTS', '5'), 1, 100)
  const baseDelayMs = whole(env('ZDS_HTTP_BASE_DELAY_MS', '1000'), 0, 60_000)
  const mostBytes = whole(env('ZDS_HTTP_MOST_BYTES', `${MOST_BYTES}`), 1, 500_000_000)
  const issues = invalid(timeoutMs, attempts, baseDelayMs, mostBytes)
  refuse('ENV_INVALID', 'No request can be made as the environment says', issues)
  return {
    timeoutMs: Number(timeoutMs.read()),
    attempts: Number(attempts.read()),
    baseDelayMs: Number(baseDelayMs.read()),
    mostBytes: Number(mostBytes.read()),
  }
}

/** Far above any page of any list. */
export const MOST_BYTES = 100_000_000

const whole = (from: Setting, least: number, most: number): Setting =>
  single(from, (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return text
    const problem = `must be a whole number from ${least} to ${most}; it is ${JSON.stringify(text)}`
    return { problem, hint: 'Write digits only, without a unit.' }
  })
