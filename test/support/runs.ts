import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load, openEngine, redact, type ApplyAsked, type Change, type Engine, type Plan, type Report } from 'zds'
import { exitCodeOf, exitCodeOfReport } from '../../src/cli/exit-codes.ts'
import { shownParts } from '../../src/cli/output.ts'
import { failureLines } from '../../src/cli/render/failure.ts'
import { hastyClock } from './time.ts'
import type { Project, Result } from './zds.ts'

/** Runs of one project in this process, one after the other, as processes would have them. */
export type Runs = {
  /** Lends an engine of the project as its files are now. */
  readonly lend: <Result>(work: (engine: Engine) => Promise<Result>) => Promise<Result>
  /** A plan that is made now, as `zds plan --json` prints it. */
  readonly plan: () => Promise<Plan>
  /** The same, saved in the project as `zds plan --out` would: made now, too, by the slower clock of a process. */
  readonly save: (name: string) => Promise<Plan>
  /** All changes of a plan that is made now. */
  readonly changes: () => Promise<readonly Change[]>
  /**
   * What `zds apply --yes` does, and its exit code: goes on with a run that stopped, or carries out a
   * plan, `saved` or made now. Throws what ended it before its end.
   */
  readonly apply: (asked?: ApplyAsked & { readonly saved?: Plan }) => Promise<Report & { readonly code: number }>
}

/** How many configurations were loaded in this process. */
let count = 0

export function runsOf({ directory, variables }: Pick<Project, 'directory' | 'variables'>, asOf: string): Runs {
  const files = {
    SUPPORT_PLANS: join(directory, 'data/plans.yaml'),
    SUPPORT_OVERRIDES: join(directory, 'data/overrides.yaml'),
  }
  const lend: Runs['lend'] = async (work) => {
    // Modules are kept by their address; a process of its own would load the configuration anew.
    const file = join(directory, `run-${(count += 1)}.config.ts`)
    copyFileSync(join(directory, 'sync.config.ts'), file)
    const { config, fingerprint } = await load(directory, { config: file, variables: { ...files, ...variables } })
    const engine = await openEngine({
      config,
      fingerprint,
      directory: join(directory, '.zds'),
      clock: hastyClock(asOf),
    })
    try {
      return await work(engine)
    } finally {
      await engine.close()
    }
  }
  const plan = () => lend(async (engine) => JSON.parse([...shownParts(await engine.plan())].join('')) as Plan) // what a plan prints
  return {
    lend,
    plan,
    save: async (name) => {
      const saved = { ...(await plan()), createdAt: new Date().toISOString() }
      writeFileSync(join(directory, name), JSON.stringify(saved, null, 2))
      return saved
    },
    changes: async () => (await plan()).syncs.flatMap(({ changes }) => [...changes]),
    apply: ({ saved, ...asked } = {}) =>
      lend(async (engine) => {
        const rest = await engine.rest({ saved })
        const report = await (rest === undefined
          ? engine.apply(saved ?? (await engine.plan()), asked)
          : engine.resume(rest))
        if (report.error !== undefined) throw report.error
        return { ...report, code: exitCodeOfReport(report) }
      }),
  }
}

/** What the command line says of a run that fails, and how it ends then. */
export async function failureOf(run: Promise<unknown>): Promise<Result> {
  try {
    await run
  } catch (error) {
    const lines = failureLines(error, (_, text) => text)
    return { code: exitCodeOf(error), stdout: '', stderr: redact(lines.map((line) => `${line}\n`).join('')) }
  }
  throw new Error('It did not fail')
}
