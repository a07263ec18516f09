import type { Created } from '../apply/bind.ts'
import { waitersIn } from '../apply/ties.ts'
import type { WaitMessage } from '../channels.ts'
import type { Clock } from '../clock.ts'
import { applyId } from '../config/stages.ts'
import type { SyncPlan } from '../plan/plan.ts'
import { waitedAfter, type Waited } from '../waits.ts'
import type { StageWatch } from './schedule.ts'
import type { Shared, StageOf } from './shared.ts'
import type { TiedWaiting } from './waiting.ts'

/** Writes down what changes of one sync waited for. */
export type NoteWaits = (waits: readonly Waited[]) => Promise<void>

export const noteWaitsOf =
  (
    run: string,
    sync: string,
    { state: { journal } }: Pick<Shared, 'state'>,
    told: (waits: readonly Waited[]) => void = () => undefined,
  ): NoteWaits =>
  async (waits) => {
    if (waits.length > 0) await journal.noteWaits(waits.map((one) => ({ run, sync, ...one })))
    told(waits)
  }

/** The same, writing down what was waited for, and why, once that is over. */
export function notedWaiting(waiting: TiedWaiting, note: NoteWaits, clock: Clock): TiedWaiting {
  const wait = async (): Promise<Created | undefined> => {
    const since = clock.now()
    const created = await waiting.over()
    await note(waitersIn(waiting.ties).map((some) => waitedAfter(some, since, clock.now())))
    return created
  }
  let waited: ReturnType<typeof wait> | undefined
  // A target that is given one operation after the other waits before each, and only once.
  return { ...waiting, over: () => (waited ??= wait()) }
}

/** What a sync that goes after all of others waited for, of those that had something to do. */
export function orderWaits(
  { name, needs }: StageOf<'apply'>,
  planned: ReadonlyMap<string, SyncPlan>,
  since: Date,
  until: Date,
): Waited[] {
  const count = (sync: string): number => planned.get(sync)?.changes.length ?? 0
  const before = [...planned.keys()].filter((sync) => needs.includes(applyId(sync)) && count(sync) > 0)
  const when = { since: since.toISOString(), until: until.toISOString() }
  return before.map((awaited) => ({ because: 'order', awaited, count: count(name), examples: [], ...when }))
}

/** Milliseconds since 1970. */
type ServiceWait = { readonly since: number; readonly until: number; readonly count: number }

/** Watches as `watch` does, and remembers what requests waited for: one wait for each service. */
export function watchServices(watch: StageWatch, clock: Clock): { watch: StageWatch; waits: () => Waited[] } {
  const waits = new Map<string, ServiceWait>()
  const progress = (message: string, wait?: WaitMessage): void => {
    if (wait !== undefined) {
      const { service, ms } = wait
      const now = clock.now().getTime()
      const { since = now, until = now, count = 0 } = waits.get(service) ?? {}
      waits.set(service, { since, until: Math.max(until, now + ms), count: count + 1 })
    }
    watch.progress(message, wait)
  }
  const waited = ([awaited, { since, until, count }]: [string, ServiceWait]): Waited => ({
    because: 'service',
    awaited,
    count,
    examples: [],
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
  })
  return { watch: { ...watch, progress }, waits: () => [...waits].map(waited) }
}
