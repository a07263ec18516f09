import { describe, expect, it } from 'vitest'
import type { Hold, State } from 'zds'
import { heedDate } from '../../../src/core/http/time.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { fenceState, locked, whileHeld } from '../../../src/core/run/held.ts'
import { create, planOf } from '../../support/applying.ts'
import { engineOf } from '../../support/engine.ts'
import { serverOf } from '../../support/server.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const lost = new Error('the lock is gone')

/** A hold that is lost when `lose` is called. */
function holding(): Hold & { lose(): void } {
  let held = true
  return {
    run: 'run-1',
    places: [],
    fence: 'f',
    lose: () => (held = false),
    giveBack: async () => undefined,
    assert: () => {
      if (!held) throw lost
    },
  }
}

describe('SAFE-16: what is done under the locks of a plan', () => {
  async function scene() {
    const server = await serverOf()
    const engine = engineOf({
      sources: {},
      targets: { global: syncOf({}, { target: targetOf({ address: server.url }) }) },
    })
    const plan = assemble([planOf(create('A'))], engine.fingerprint, engine.clock)
    const holders = async () => (await engine.state.locks.held(engine.clock.now())).map(({ run }) => run)
    return { ...server, engine, plan, holders }
  }

  it('has them from its beginning to its end, however that comes', async () => {
    const { engine, plan, holders } = await scene()
    expect(await locked(plan, 'run-1', 0, engine, async () => [await holders(), 'made'])).toEqual([['run-1'], 'made'])
    expect(await holders()).toEqual([])
    await expect(locked(plan, 'run-2', 0, engine, () => Promise.reject(lost))).rejects.toBe(lost)
    expect(await holders()).toEqual([])
  })

  it('sends nothing to their addresses once they are gone; what comes after it is none of its business', async () => {
    const { engine, plan, url, received } = await scene()
    const post = (body: string) => fetch(url, { method: 'POST', body })
    await locked(plan, 'run-1', 0, engine, async (hold) => {
      await post('first')
      hold.assert = () => {
        throw lost
      }
      await expect(post('second')).rejects.toMatchObject({ cause: lost })
    })
    await post('third')
    expect(received.map(({ body }) => body)).toEqual(['first', 'third'])
  })

  it('does not begin where the clock is another one than that of a service', async () => {
    const { engine, plan, holders } = await scene()
    const { clock } = engine
    heedDate(
      'global',
      new Headers({ date: new Date(clock.now().getTime() + 600_000).toUTCString() }),
      clock.now(),
      clock,
    )
    const begun = locked(plan, 'run-1', 0, engine, () => Promise.reject(new Error('begun')))
    await expect(begun).rejects.toMatchObject({ code: 'CLOCK_WRONG' })
    expect(await holders()).toEqual([])
  })
})

describe('SAFE-16: a run without its locks', () => {
  it('has no time left: neither for a look at the clock nor after a pause', async () => {
    const hold = holding()
    const clock = whileHeld(fakeClock(), hold)
    const { signal } = new AbortController()
    expect([clock.today, clock.now().toISOString()]).toEqual(['2026-03-16', '2026-03-16T10:00:00.000Z'])
    await clock.sleep(1_000, signal)
    const pause = clock.sleep(1_000, signal)
    hold.lose()
    await expect(pause).rejects.toBe(lost)
    expect(() => clock.now()).toThrow(lost)
  })

  it('does not go on with what was recorded for it while it stood still', async () => {
    const hold = holding()
    const recorded: string[] = []
    const journal = {
      under: () => journal,
      record: async ({ sync }: { readonly sync: string }) => void recorded.push(sync),
    }
    const state = fenceState({ journal } as unknown as State, hold) // of a state, nothing else is used
    const entry = { run: 'run-1', sync: 'global', steps: [], at: new Date() }
    await state.journal.record(entry)
    const late = state.journal.record(entry)
    hold.lose()
    await expect(late).rejects.toBe(lost)
    expect(recorded).toEqual(['global', 'global'])
  })
})
