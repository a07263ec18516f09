import type { Waiting } from '../apply/apply.ts'
import type { Created } from '../apply/bind.ts'
import { tiesOf } from '../apply/ties.ts'
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
  /** The changes of a sync that wait, and how long; undefined where none does. */
  of(sync: string, ended: Ended, created: () => Promise<Created>): Waiting | undefined
}

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
        const { keys, to } = tiesOf(
          part.plan,
          part.stage.sync,
          [...earlier].map(({ stage, plan }) => ({ ...stage, plan })),
        )
        return [
          part.stage.name,
          { keys, awaited: [...earlier].flatMap((one) => awaitedOf(one, to.get(one.stage.name))) },
        ]
      }),
  )
  return {
    told: (sync, key) => {
      for (const { awaited } of waits.values())
        for (const { part, open, over } of awaited)
          if (part.stage.name === sync && open.delete(key) && open.size === 0) over.resolve(true)
    },
    of: (sync, ended, created) => {
      const { keys = new Set<string>(), awaited = [] } = waits.get(sync) ?? {}
      if (keys.size === 0) return undefined
      const met = awaited.map(({ part, over }) => Promise.race([over.promise, ended(part.stage.id)]))
      return { keys, over: async () => ((await Promise.all(met)).every(Boolean) ? created() : undefined) }
    },
  }
}

const awaitedOf = (part: Part, keys: ReadonlySet<string> | undefined): Awaited[] =>
  keys === undefined ? [] : [{ part, open: new Set(keys), over: Promise.withResolvers() }]
