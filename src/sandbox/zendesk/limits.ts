import type { Context } from 'hono'
import type { Env } from '../server/exchange.ts'
import type { Clock } from '../types.ts'

/** Counts requests by clock minute, for the account and for single records, and updates of users by second. */
export type Limits = {
  /** Counts a request of the account; a response when it is one too many. */
  account(c: Context<Env>): Response | undefined
  /**
   * Counts an update of one record; a response when it is the sixth in this minute, or one user too
   * many in this second.
   */
  record(c: Context<Env>, noun: 'organization' | 'user', id: number): Response | undefined
}

const updatesPerMinute = 5

export function createLimits(perMinute: number, usersPerSecond: number, clock: Clock): Limits {
  let minute = 0
  let second = { at: 0, users: 0 }
  let used = 0
  const records = new Map<string, number>()

  const turn = (): void => {
    const now = Math.floor(clock.now().getTime() / 60_000)
    if (now === minute) return
    minute = now
    used = 0
    records.clear()
  }
  const secondsLeft = (): number => Math.max(1, 60 - Math.floor((clock.now().getTime() % 60_000) / 1000))

  return {
    account: (c) => {
      turn()
      used += 1
      const remaining = Math.max(0, perMinute - used)
      c.header('x-rate-limit', String(perMinute))
      c.header('x-rate-limit-remaining', String(remaining))
      c.header('ratelimit-limit', String(perMinute))
      c.header('ratelimit-remaining', String(remaining))
      c.header('ratelimit-reset', String(secondsLeft()))
      if (used <= perMinute) return undefined
      c.header('retry-after', String(secondsLeft()))
      return c.json(
        { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' },
        429,
      )
    },
    record: (c, noun, id) => {
      turn()
      const at = Math.floor(clock.now().getTime() / 1000)
      second = { at, users: (at === second.at ? second.users : 0) + (noun === 'user' ? 1 : 0) }
      if (second.users > usersPerSecond) {
        c.header('retry-after', '1')
        return c.text('You have exceeded the rate limit for updating users. Please wait before you try again.', 429)
      }
      const count = (records.get(`${noun} ${id}`) ?? 0) + 1
      records.set(`${noun} ${id}`, count)
      const remaining = Math.max(0, updatesPerMinute - count)
      c.header(
        `zendesk-ratelimit-update-${noun}`,
        `total=${updatesPerMinute}; remaining=${remaining}; resets=${secondsLeft()}`,
      )
      if (count <= updatesPerMinute) return undefined
      c.header('retry-after', String(secondsLeft()))
      return c.text(
        `You have exceeded the rate limit for updating a single unique ${noun}. Please wait before you try again.`,
        429,
      )
    },
  }
}
