import type { Waiting } from '../apply/apply.ts'
import type { Created } from '../apply/bind.ts'
import { tiesOf, type Tie } from '../apply/ties.ts'
import type { SyncPlan } from '../plan/plan.ts'
import type { Ended } from './schedule.ts'
import type { StageOf } from './shared.ts'

/** The apply of one sync, and what it is to carry out. */
type Part = { readonly stage: StageOf<'apply'>; readonly plan: SyncPlan }

/** Changes of one sync that some of another wait for. */
type Awaited = { readonly part: Part; readonly open: Set<string>; readonly over: PromiseWithResolvers<true> }

/** Which changes wait for which: it is told of each that has ended. */
export type WaitingRoom = {
  told(sync: string, key: string): void
  /** The changes of a sync that wait, how long, and for what; undefined where none does. */
  of(sync: string, ended: Ended, created: () => Promise<Created>): TiedWaiting | undefined
}

/** What some changes of a sync wait for, and why. */
export type TiedWaiting = Waiting & { readonly ties: readonly Tie[] }

/** A sync that says `onlyTied` begins at once: its changes wait instead, each for what it is tied to. */
export const atOnce = (stage: StageOf<'apply'>): StageOf<'apply'> =>
  stage.sync.onlyTied === true ? { ...stage, needs: stage.needs.filter((id) => !id.startsWith('apply:')) } : stage

export function waitingRoom(parts: readonly Part[]): WaitingRoom {
  const before = ({ stage }: Part): Part[] =>
    parts.flatMap((part) => (stage.needs.includes(part.stage.id) ? [...before(part), part] : []))
  const waits = new Map(
    parts
      .filter(({ stage }) => stage.sync.onlyTied)
      .map((part) => {
        const earlier = new Set(before(part))
        const ties = tiesOf(
          part.plan,
          part.stage.sync,
          [...earlier].map(({ stage, plan }) => ({ ...stage, plan })),
        )
        return [part.stage.name, { ties, awaited: [...earlier].flatMap((one) => awaitedOf(one, ties)) }]
      }),
  )
  return {
    told: (sync, key) => {
      for (const { awaited } of waits.values())
        for (const { part, open, over } of awaited)
          if (part.stage.name === sync && open.delete(key) && open.size === 0) over.resolve(true)
    },
    of: (sync, ended, created) => {
      const { ties = [], awaited = [] } = waits.get(sync) ?? {}
      if (ties.length === 0) return undefined
      const keys = new Set(ties.map(({ waiting }) => waiting))
      const met = awaited.map(({ part, over }) => Promise.race([over.promise, ended(part.stage.id)]))
      return { keys, ties, over: async () => ((await Promise.all(met)).every(Boolean) ? created() : undefined) }
    },
  }
}

function awaitedOf(part: Part, ties: readonly Tie[]): Awaited[] {
  const open = new Set(ties.flatMap(({ sync, awaited }) => (sync === part.stage.name ? [awaited] : [])))
  return open.size === 0 ? [] : [{ part, open, over: Promise.withResolvers() }]
}
