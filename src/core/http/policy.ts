import { ZdsError } from '../errors.ts'
import { env, type Setting } from '../settings.ts'

export type HttpPolicy = {
  /** Longest time for one request with its whole answer, in milliseconds. */
  readonly timeoutMs: number
  /** Requests at most for one answer. */
  readonly attempts: number
  /** First wait before another try, in milliseconds; it doubles each time. */
  readonly baseDelayMs: number
}

/**
 * The policy of the environment: `ZDS_HTTP_TIMEOUT_MS` (60000), `ZDS_HTTP_ATTEMPTS` (5),
 * `ZDS_HTTP_BASE_DELAY_MS` (1000).
 */
export function httpPolicy(): HttpPolicy {
  return {
    timeoutMs: whole(env('ZDS_HTTP_TIMEOUT_MS', '60000'), 1),
    attempts: whole(env('ZDS_HTTP_ATTEMPTS', '5'), 1),
    baseDelayMs: whole(env('ZDS_HTTP_BASE_DELAY_MS', '1000'), 0),
  }
}

function whole(setting: Setting, least: number): number {
  const text = setting.read().trim()
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least) return value
  throw new ZdsError(
    'ENV_INVALID',
    `${setting.name} must be a whole number, at least ${least}; it is ${JSON.stringify(text)}`,
  )
}
