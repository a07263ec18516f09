import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Config } from 'zds'
import { stages, type Stage } from '../../src/core/config/stages.ts'
import { gather } from '../../src/core/run/gather.ts'
import type { StageWatch } from '../../src/core/run/schedule.ts'
import type { Shared } from '../../src/core/run/shared.ts'
import { localState } from '../../src/core/state/local.ts'
import type { Artifacts } from '../../src/core/state/state.ts'
import { fakeClock } from 'zds/testing'

export type TestEngine = Shared &
  StageWatch & {
    /** The name of the run whose artifacts these are. */
    readonly run: string
    readonly artifacts: Artifacts
    readonly directory: string
    /** Where the artifacts of the run are. */
    readonly files: string
    readonly told: string[]
    readonly counts: number[]
    readonly abort: (reason: Error) => void
    stage<Kind extends Stage['kind']>(kind: Kind, name: string): Extract<Stage, { kind: Kind }>
  }

/** What stages share, over a state in a directory of its own, removed when the test ends. */
export function engineOf(config: Config): TestEngine {
  const directory = mkdtempSync(join(tmpdir(), 'zds-engine-'))
  const state = localState(directory)
  onTestFinished(async () => {
    await state.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const controller = new AbortController()
  const told: string[] = []
  const counts: number[] = []
  const run = 'run-1'
  return {
    config,
    fingerprint: 'fingerprint',
    state,
    run,
    artifacts: state.artifacts(run),
    directory,
    files: join(directory, 'runs', run),
    clock: fakeClock(),
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    told,
    counts,
    progress: (message) => void told.push(message),
    rows: (count) => void counts.push(count),
    stage: <Kind extends Stage['kind']>(kind: Kind, name: string) => {
      const isIt = (stage: Stage): stage is Extract<Stage, { kind: Kind }> => stage.kind === kind && stage.name === name
      const found = stages(config).find(isIt)
      if (found === undefined) throw new Error(`There is no stage ${kind}:${name}`)
      return found
    },
  }
}

/** An engine that has gathered these sources. */
export async function gathered(config: Config, names: readonly string[]): Promise<TestEngine> {
  const engine = engineOf(config)
  for (const name of names) await gather(engine.stage('gather', name), engine, engine.run, engine)
  return engine
}
