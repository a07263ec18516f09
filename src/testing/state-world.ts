import assert from 'node:assert/strict'
import type { Outcome } from '../core/outcome.ts'
import { assemble, type Plan } from '../core/plan/plan.ts'
import type { State } from '../core/state/state.ts'
import type { WorldLaw } from './laws.ts'
import { fakeClock } from './run.ts'
import { planOf } from './target-world.ts'

/** A state that is empty, of a project of its own. */
export type StateWorld = {
  /** Opens it as another process would. Whoever opens one closes it. */
  open(): Promise<State>
  /** Lets all leases of locks run out, as if their holders were dead, on another machine. */
  elapse(): Promise<void>
  close?(): Promise<void> | void
}

export type StateLaw = WorldLaw<StateWorld>

/** A plan with one change. */
export const PLAN: Plan = assemble(
  [planOf([{ op: 'create', key: 'A', fields: { name: { from: null, to: 'Acme "& Söhne"' } } }])],
  'fingerprint',
  fakeClock(),
)

export const at = new Date('2026-03-16T10:00:00Z')
export const later = new Date('2026-03-16T11:00:00Z')
export const sending = (...keys: readonly string[]) => ({ status: 'sending', keys }) as const
export const done = (key: string, id = '1'): Outcome => ({ key, status: 'done', id })

/** A law for two processes that share a state. */
export function law(name: string, check: (here: State, there: State, world: StateWorld) => Promise<void>): StateLaw {
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

export const begin = ({ journal }: State, id: string, moment = at): Promise<void> =>
  journal.begin({ id, plan: PLAN, forced: false, at: moment })

export const fails = (work: Promise<unknown>, code: string): Promise<void> => assert.rejects(work, { code })
