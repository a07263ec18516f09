import { describe, expect, it } from 'vitest'
import { http } from 'zds'
import { assertClock } from '../../../src/core/http/time.ts'
import { serverOf } from '../../support/server.ts'
import { testRun, type TestRun } from 'zds/testing'

/** Asks a service that answers with this date; the clock of the run stands at 10:00:00. */
async function answered(service: string, date: string, run: TestRun): Promise<void> {
  const { url } = await serverOf({ status: 200, headers: { date }, body: {} })
  await http({ service, policy: { timeoutMs: 5000, attempts: 1, baseDelayMs: 0 } })({ method: 'GET', url }, run)
}

describe('SAFE-16: a machine whose clock is far from that of a service', () => {
  it.each([
    [
      'Mon, 16 Mar 2026 09:54:59 GMT',
      '6 minutes ahead of that of desk: here it was 2026-03-16T10:00:00.000Z, there 2026-03-16T09:54:59.000Z',
    ],
    [
      'Mon, 16 Mar 2026 12:00:00 GMT',
      '2 hours behind that of desk: here it was 2026-03-16T10:00:00.000Z, there 2026-03-16T12:00:00.000Z',
    ],
  ])('is told of it: %s', async (date, which) => {
    const run = testRun()
    await answered('desk', date, run)
    expect(() => assertClock(run.clock)).toThrow(
      expect.objectContaining({
        code: 'CLOCK_WRONG',
        message: `The clock of this machine is ${which}`,
        hint: 'Set the clock right (NTP), and make a new plan.',
      }),
    )
    expect(() => assertClock(testRun().clock)).not.toThrow()
  })

  it.each(['Mon, 16 Mar 2026 09:55:00 GMT', 'Mon, 16 Mar 2026 10:05:00 GMT', 'yesterday'])(
    'is none where it is %s there',
    async (date) => {
      const run = testRun()
      await answered('desk', date, run)
      expect(() => assertClock(run.clock)).not.toThrow()
    },
  )

  it('is right again once it was set, as each service says for itself', async () => {
    const run = testRun()
    const [far, right] = ['Mon, 16 Mar 2026 12:00:00 GMT', 'Mon, 16 Mar 2026 10:00:00 GMT']
    await answered('desk', far, run)
    await answered('sales', far, run)
    await answered('desk', right, run)
    expect(() => assertClock(run.clock)).toThrow(/that of sales/)
    await answered('sales', right, run)
    expect(() => assertClock(run.clock)).not.toThrow()
  })
})
