import type { Clock } from '../clock.ts'
import type { Json } from '../json.ts'
import type { Artifacts } from '../state/state.ts'
import { waitWords, type Waited } from '../waits.ts'
import { ifLeft } from './inputs.ts'
import type { Watch } from './schedule.ts'

/** When a stage ran, how it ended, and what it waited for, in milliseconds since the run began. */
export type Lap = {
  readonly stage: string
  readonly from: number
  readonly to: number
  readonly end: 'done' | 'failed' | 'stopped'
  readonly rows: number
  readonly waits: readonly Wait[]
}

/** Requests wait side by side: waits of one stage may overlap. */
export type Wait = { readonly from: number; readonly ms: number; readonly what: string }

/** A run of a day may wait ten thousand times; nobody looks at more. */
const MOST_WAITS = 1_000

/** What watches, what it has seen, and what is told that changes of a stage waited for others. */
type Timing<Result> = {
  readonly watch: Watch<Result>
  readonly laps: readonly Lap[]
  waited(stage: string, waits: readonly Waited[]): void
}

/** Watches as `watch` does, and remembers what took how long. */
export function watchTimes<Result>(watch: Watch<Result>, clock: Clock): Timing<Result> {
  const began = clock.now().getTime()
  const since = (): number => clock.now().getTime() - began
  const begun = new Map<string, { from: number; rows: number; waits: Wait[] }>()
  const laps: Lap[] = []
  return {
    laps,
    waited: (stage, waits) => {
      for (const wait of waits.filter(({ because }) => because !== 'service')) {
        const [from, to] = [Date.parse(wait.since) - began, Date.parse(wait.until) - began]
        begun.get(stage)?.waits.push({ from, ms: to - from, what: waitWords({ ...wait, examples: [] }) })
      }
    },
    watch: {
      ...watch,
      started: (stage) => {
        begun.set(stage.id, { from: since(), rows: 0, waits: [] })
        watch.started(stage)
      },
      rows: (stage, count) => {
        const lap = begun.get(stage.id)
        if (lap !== undefined) lap.rows = count
        watch.rows(stage, count)
      },
      progress: (stage, message, wait) => {
        const waits = begun.get(stage.id)?.waits
        if (wait !== undefined && waits !== undefined && waits.length < MOST_WAITS)
          waits.push({ from: since(), ms: wait.ms, what: message })
        watch.progress(stage, message, wait)
      },
      ended: (stage, end) => {
        const lap = begun.get(stage.id)
        if (lap !== undefined && end.kind !== 'left') laps.push({ stage: stage.id, ...lap, to: since(), end: end.kind })
        watch.ended(stage, end)
      },
    },
  }
}

type RunPart = 'plan' | 'apply'

/** Leaves what took how long beside what a run has read. */
export async function leaveLaps(part: RunPart, laps: readonly Lap[], artifacts: Artifacts): Promise<void> {
  await artifacts.write(nameOf(part), laps)
}

/** What took how long in a run; nothing where it is not known. */
export async function lapsOf(part: RunPart, artifacts: Artifacts): Promise<Lap[]> {
  const rows = Array.fromAsync(artifacts.read(nameOf(part)), (row: Json) => row as unknown as Lap) // written above
  return (await ifLeft(rows)) ?? []
}

const nameOf = (part: RunPart): string => `timeline:${part}`
