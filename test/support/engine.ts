import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Config } from 'zds'
import { artifactsIn } from '../../src/core/state/artifacts.ts'
import { gather, type Engine, type Watch } from '../../src/core/run/engine.ts'
import { stages, type Stage } from '../../src/core/config/stages.ts'
import { fakeClock } from './time.ts'

export type TestEngine = Engine &
  Watch & {
    readonly directory: string
    readonly told: string[]
    readonly counts: number[]
    readonly abort: (reason: Error) => void
    stage<Kind extends Stage['kind']>(kind: Kind, name: string): Extract<Stage, { kind: Kind }>
  }

/** An engine over artifacts in a directory of its own, removed when the test ends. */
export function engineOf(config: Config): TestEngine {
  const directory = mkdtempSync(join(tmpdir(), 'zds-engine-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const controller = new AbortController()
  const told: string[] = []
  const counts: number[] = []
  return {
    config,
    directory,
    artifacts: artifactsIn(join(directory, 'run')),
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
  for (const name of names) await gather(engine.stage('gather', name), engine, engine)
  return engine
}
