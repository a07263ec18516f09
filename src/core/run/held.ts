import type { Clock } from '../clock.ts'
import { lastLook } from '../http/last-look.ts'
import { assertClock } from '../http/time.ts'
import type { Plan } from '../plan/plan.ts'
import type { Hold, State } from '../state/state.ts'
import { placesOf } from './history.ts'
import type { Shared } from './shared.ts'

/**
 * One apply at a time for each address that the plan writes to, by a clock that the services share.
 */
export async function locked<Result>(
  plan: Plan,
  run: string,
  waitMs: number,
  shared: Shared,
  work: (hold: Hold, held: Shared, at: Date) => Promise<Result>,
): Promise<Result> {
  const { state, clock, signal } = shared
  assertClock(clock)
  const hold = await state.locks.take(placesOf(plan, shared), run, { waitMs, clock, signal })
  const addresses = hold.places.map(({ address }) => address)
  const lookAway = lastLook(addresses, () => hold.assert())
  try {
    return await work(hold, { ...shared, state: fenceState(state, hold) }, clock.now())
  } finally {
    lookAway()
    await hold.giveBack()
  }
}

/** The state as a run has it that holds locks: its journal takes nothing once they are gone. */
export function fenceState(state: State, hold: Hold): State {
  const journal = state.journal.under(hold)
  const record: typeof journal.record = async (entry) => {
    await journal.record(entry)
    // The answer may have waited for a process that was stopped, longer than the locks did.
    hold.assert()
  }
  return { ...state, journal: { ...journal, record } }
}

/**
 * Time as long as the locks are held. Whoever sends something looks at the clock first, or has
 * slept: a process that was stopped meanwhile learns here that others may write by now (SAFE-16).
 */
export function whileHeld(clock: Clock, hold: Hold): Clock {
  return {
    today: clock.today,
    now: () => {
      hold.assert()
      return clock.now()
    },
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal)
      hold.assert()
    },
  }
}
