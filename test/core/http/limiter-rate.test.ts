import { setImmediate as turn } from 'node:timers/promises'
import { asyncProperty, assert, constantFrom, integer, pre } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limiter, type Caller } from 'zds'
import { rate } from '../../support/rate.ts'

/** A clock that moves on when nobody has anything else to do. */
function hasty() {
  let now = Date.parse('2026-03-16T10:00:00Z')
  const alarms: { readonly at: number; readonly ring: () => void }[] = []
  const sleep = (ms: number): Promise<void> =>
    new Promise((ring) => {
      const at = now + ms
      alarms.splice(alarms.findLastIndex((alarm) => alarm.at <= at) + 1, 0, { at, ring })
    })
  const run: Caller = {
    clock: { today: '2026-03-16', now: () => new Date(now), sleep },
    signal: new AbortController().signal,
    progress: () => undefined,
  }
  return {
    run,
    now: () => now,
    sleep,
    async drive(work: Promise<unknown>): Promise<void> {
      let over = false
      void work.finally(() => (over = true))
      for (;;) {
        for (let turns = 0; turns < 3; turns += 1) await turn()
        const alarm = alarms.shift()
        if (over || alarm === undefined) return
        now = alarm.at
        alarm.ring()
      }
    },
  }
}

type Service = { readonly limit: number; readonly ms: (open: number) => number }

/** Sends so many requests to a service that counts them by clock minute; tells how many each minute took and refused. */
async function sent(requests: number, service: Service, options: { concurrency: number; reserve: number }) {
  const clock = hasty()
  const own = limiter({ service: 'global', rate, ...options })
  const minutes = new Map<number, number>()
  const opens: number[] = []
  let open = 0
  let refused = 0
  const request = async (): Promise<void> => {
    open += 1
    opens.push(open)
    const half = service.ms(open) / 2
    await clock.sleep(half)
    const minute = Math.floor(clock.now() / 60_000)
    const used = (minutes.get(minute) ?? 0) + 1
    minutes.set(minute, used)
    if (used > service.limit) refused += 1
    const left = Math.max(0, service.limit - used)
    const reset = Math.max(1, 60 - Math.floor((clock.now() % 60_000) / 1000))
    await clock.sleep(half)
    open -= 1
    const headers = { 'x-left': String(left), 'x-limit': String(service.limit), 'x-reset': String(reset) }
    own.heed(new Headers(headers), new Date(clock.now()))
  }
  const all = Promise.all(Array.from({ length: requests }, () => own.enter(request, clock.run)))
  await clock.drive(all)
  await all
  return { refused, minutes: [...minutes.values()], opens }
}

describe('the rate that a service permits', () => {
  it('is reached to 95 % in each window, and no request is one too many, whatever the latency', async () => {
    const latency = integer({ min: 20, max: 900 })
    await assert(
      asyncProperty(
        integer({ min: 1, max: 40 }),
        integer({ min: 100, max: 1000 }),
        constantFrom(0, 0.1, 0.2, 0.5),
        latency,
        integer({ min: 0, max: 9 }),
        async (concurrency, limit, reserve, ms, jitter) => {
          const permitted = Math.floor(limit * (1 - reserve))
          // So many at a time are enough to send what is permitted in three quarters of a minute.
          pre((concurrency * 45_000) / (ms * 1.5) >= permitted)
          let n = 0
          const late = (): number => ms * (1 + (((n += 1) * 7919 * (jitter + 1)) % 100) / 200)
          const { refused, minutes } = await sent(
            Math.ceil(permitted * 2.5),
            { limit, ms: late },
            { concurrency, reserve },
          )
          expect(refused).toBe(0)
          expect(minutes).toHaveLength(3)
          for (const used of minutes.slice(0, 2)) {
            expect(used).toBeGreaterThanOrEqual(permitted * 0.95)
            expect(used).toBeLessThanOrEqual(permitted + concurrency)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is sent fewer at a time while answers wait over there, and as many as before once they do not', async () => {
    let n = 0
    const ms = (open: number): number => ((n += 1) <= 1_000 ? 100 * Math.max(1, open / 2) : 100)
    const { opens } = await sent(2_000, { limit: 100_000, ms }, { concurrency: 40, reserve: 0 })
    const mean = (some: readonly number[]): number => some.reduce((total, open) => total + open, 0) / some.length
    expect(mean(opens.slice(0, 40))).toBeGreaterThan(20)
    expect(mean(opens.slice(500, 1_000))).toBeLessThan(14)
    expect(Math.min(...opens.slice(100))).toBeGreaterThanOrEqual(4)
    expect(mean(opens.slice(1_500))).toBeGreaterThan(38)
  })
})
