import { describe, expect, it } from 'vitest'
import type { Hold, State } from 'zds'
import { fenceState, whileHeld } from '../../../src/core/run/held.ts'
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
