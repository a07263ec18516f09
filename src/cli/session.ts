import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { artifactsIn } from '../core/state/artifacts.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import type { Engine } from '../core/run/engine.ts'
import { load, type LoadOptions, type Project } from '../core/config/load.ts'
import type { Look } from './render/plan.ts'
import { painter } from './render/paint.ts'
import { redact } from '../core/secrets.ts'

/** Everything a command works with. */
export type Session = {
  readonly project: Project
  readonly engine: Engine
  /**
   * The run's name: its moment and a few random letters, so that runs sort by time and never
   * collide.
   */
  readonly run: string
  readonly state: string
  /** Whether a person watches stderr. */
  readonly terminal: boolean
}

/**
 * Loads the configuration and opens a run beside it. Relative paths of the configuration count from
 * its directory, whatever the caller's is.
 */
export async function open(options: LoadOptions & { readonly asOf?: string }, signal: AbortSignal): Promise<Session> {
  const clock = systemClock(options.asOf)
  const project = await load(process.cwd(), options)
  process.chdir(project.directory)
  const run = runId(clock)
  const state = join(project.directory, '.zds')
  const artifacts = artifactsIn(join(state, 'runs', run))
  return {
    project,
    engine: { config: project.config, artifacts, clock, signal },
    run,
    state,
    terminal: process.stderr.isTTY,
  }
}

/** Journal and locks of the project. */
export const stateFile = ({ state }: Session): string => join(state, 'state.db')

function runId(clock: Clock): string {
  return `${clock.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`
}

/** How a document is shown on stdout. */
export function lookOf(all: boolean): Look {
  return {
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    paint: painter(process.stdout),
    all,
  }
}

/** Lines on stdout, without a known secret in them. */
export function print(lines: readonly string[]): void {
  process.stdout.write(redact(lines.map((line) => `${line}\n`).join('')))
}

/** Lines on stderr, without a known secret in them. */
export function tell(lines: readonly string[]): void {
  process.stderr.write(redact(lines.map((line) => `${line}\n`).join('')))
}
