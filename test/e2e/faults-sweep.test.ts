import { beforeAll, expect, test } from 'vitest'
import type { FaultEffect } from 'zds/sandbox'
import { disturbed, expectArrived, reference, sample, type Reference } from '../support/faults.ts'

/** What may befall any one request: not done and said so, not done, done and not said, done and half said. */
const KINDS: { readonly [kind: string]: FaultEffect } = {
  '503 as HTML': { kind: 'status', preset: 'unavailable', retryAfter: 0 },
  'a reset connection': { kind: 'reset' },
  'a lost answer': { kind: 'lost' },
  'an answer cut short': { kind: 'cut' },
}
/** How many requests each service gets in an undisturbed run. */
const REQUESTS = { salesforce: 41, global: 31, us_gov: 23 } as const

const cases = Object.entries(REQUESTS).flatMap(([service, count]) =>
  Array.from({ length: count }, (_, at) => at + 1).flatMap((at) => Object.entries(KINDS).map(([kind, effect]) => ({ service, at, kind, effect }))),
)

let undisturbed: Reference
beforeAll(async () => {
  undisturbed = await reference()
})

test('the sweep reaches every request of an undisturbed run', () => {
  const met = Map.groupBy(undisturbed.requests, ({ service }) => service)
  for (const [service, count] of Object.entries(REQUESTS)) {
    const more = (met.get(service)?.length ?? 0) - count
    // Asking for a job again, on a slow machine.
    expect(more, service).toBeGreaterThanOrEqual(0)
    expect(more, service).toBeLessThan(5)
  }
})

// Every request in turn, each with every kind, in the long run; eleven has no divisor in common with the number of kinds.
test.each(sample(cases, 11))('request $at of $service meets $kind, and the run ends as if nothing had been (SAFE-02, SAFE-05)', async ({ service, at, effect }) => {
  await expectArrived(await disturbed([{ service, at, ...effect }], undisturbed), undisturbed)
})
