import assert from 'node:assert/strict'
import type { Outcome, Plan, State } from 'zds'

/** A state that is empty, of a project of its own. */
export type StateCase = {
  /** Opens it as another process would. Whoever opens one closes it. */
  open(): Promise<State>
  /** A plan with one change. */
  readonly plan: Plan
  /** Lets all leases of locks run out, as if their holders were dead, on another machine. */
  elapse(): Promise<void>
}

/** One thing that must hold of every state, whatever runs the check. */
export type StateLaw = { readonly name: string; check(world: StateCase): Promise<void> }

export const at = new Date('2026-03-16T10:00:00Z')
export const later = new Date('2026-03-16T11:00:00Z')
export const sending = (...keys: readonly string[]) => ({ status: 'sending', keys }) as const
export const done = (key: string, id = '1'): Outcome => ({ key, status: 'done', id })

/** A law for two processes that share a state. */
export function law(name: string, check: (here: State, there: State, world: StateCase) => Promise<void>): StateLaw {
  return {
    name,
    check: async (world) => {
      const [here, there] = [await world.open(), await world.open()]
      try {
        await check(here, there, world)
      } finally {
        await Promise.all([here.close(), there.close()])
      }
    },
  }
}

export const begin = ({ journal }: State, { plan }: StateCase, id: string, moment = at): Promise<void> =>
  journal.begin({ id, plan, forced: false, at: moment })

export const fails = (work: Promise<unknown>, code: string): Promise<void> => assert.rejects(work, { code })
