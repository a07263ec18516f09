import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  openEngine,
  ZdsError,
  type Change,
  type Config,
  type Engine,
  type EngineOptions,
  type Issue,
  type Observer,
  type Outcome,
  type Plan,
  type Run,
  type RunEnd,
  type RunWatch,
  type Target,
} from 'zds'
import { fakeClock } from 'zds/testing'
import { UNWATCHED } from '../../src/core/run/schedule.ts'
import { done, sourceOf, stream, syncOf, targetOf, wanted } from './syncs.ts'

export type Send = (changes: readonly Change[], run: Run) => readonly Outcome[] | Promise<readonly Outcome[]>

/** Two syncs, the second after the first, each to a target of its own, and what was seen of their runs. */
export type Scene = {
  readonly engine: Engine
  readonly abort: (reason: Error) => void
  readonly sent: string[]
  readonly checked: string[]
  readonly ended: RunEnd[]
  readonly warnings: string[]
  readonly seen: string[]
  readonly watch: RunWatch
  /** What the targets do next, instead of what they are sent. */
  readonly acts: { send?: Send | undefined; issues?: readonly Issue[]; settle?: Error | undefined }
  readonly directory: string
}

export async function twoSyncs(
  observer: Omit<Observer, 'kind'> = {},
  more: Partial<EngineOptions> = {},
  seconds: readonly string[] = ['C'],
): Promise<Scene> {
  const here: Pick<Scene, 'sent' | 'checked' | 'ended' | 'warnings' | 'seen' | 'acts'> = {
    sent: [],
    checked: [],
    ended: [],
    warnings: [],
    seen: [],
    acts: {},
  }
  const settle = (): AsyncIterable<Outcome> => {
    if (here.acts.settle !== undefined) throw here.acts.settle
    return stream([])
  }
  const at = (name: string): Target => ({
    ...targetOf({ name, address: `https://${name}.example`, settle }),
    mayBeEmpty: true,
    check: async () => {
      here.checked.push(name)
      return here.acts.issues ?? []
    },
    write: {
      batch: 1,
      parallel: 1,
      send: async (changes, run) => {
        const made = await here.acts.send?.(changes, run)
        here.sent.push(...changes.map(({ key }) => key))
        return made ?? changes.map(done)
      },
    },
  })
  const accounts = sourceOf('accounts', [wanted('A', { name: 'A' }), wanted('B', { name: 'B' })])
  const others = sourceOf(
    'others',
    seconds.map((key) => wanted(key, { name: key })),
    { mayBeEmpty: true },
  )
  const first = syncOf({}, { desired: accounts, target: at('one') })
  const second = syncOf({ after: [first] }, { desired: others, target: at('two') })
  const chat: Observer = { kind: 'observer', ended: async (end) => void here.ended.push(end), ...observer }
  const config: Config = {
    sources: { accounts, others },
    targets: { first, second },
    hooks: { chat, silent: { kind: 'observer' } },
  }
  const directory = mkdtempSync(join(tmpdir(), 'zds-engine-'))
  const controller = new AbortController()
  const engine = await openEngine({ config, directory, clock: fakeClock(), signal: controller.signal, ...more })
  onTestFinished(async () => {
    await engine.close().catch(() => undefined)
    rmSync(directory, { recursive: true })
  })
  const watch: RunWatch = {
    ...UNWATCHED,
    scheduled: (all) => void here.seen.push(`scheduled ${all.map(({ id }) => id).join(' ')}`),
    progress: ({ id }, message) => void here.seen.push(`${id}: ${message}`),
    ended: ({ id }, end) =>
      void here.seen.push(`${id} ${end.kind} ${end.kind === 'done' ? JSON.stringify(end.result) : ''}`),
    warn: (message) => void here.warnings.push(message),
  }
  return { engine, abort: (reason) => controller.abort(reason), ...here, watch, directory }
}

export const copyOf = (plan: Plan): Plan => JSON.parse(JSON.stringify(plan)) as Plan // plans are JSON
export const cutOff: Send = () => {
  throw new ZdsError('AUTH_FAILED', 'cut off')
}
export const restIn = async ({ engine }: Scene) => {
  const rest = await engine.rest()
  if (rest === undefined) throw new Error('Something is left')
  return rest
}
