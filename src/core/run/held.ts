import type { Clock } from '../clock.ts'
import type { Hold, State } from '../state/state.ts'

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
