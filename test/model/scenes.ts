import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load, openEngine, type Engine, type Plan, type Report } from 'zds'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { shownParts } from '../../src/cli/output.ts'
import { hastyClock } from '../support/time.ts'
import { project } from '../support/zds.ts'
import type { Scenario } from './worlds/scenario.ts'

/** One run: the world before it and after it, what it planned and did, and what it would do next. */
export type Scene = {
  readonly before: World
  readonly plan: Plan
  readonly report: Report
  readonly after: World
  readonly next: Plan
  /** What Slack was told. */
  readonly messages: Sandbox['slack']['messages']
}

/** Modules are kept by their address: each configuration has its own. */
let count = 0

/** Plays a scenario with the reference configuration: plans, applies and plans again at each of its times. */
export async function* scenes({ today, world, later, overrides }: Scenario): AsyncGenerator<Scene> {
  const sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
  const here = project(sandbox.env)
  const { directory } = here
  const config = join(directory, `run-${(count += 1)}.config.ts`)
  copyFileSync(join(directory, 'sync.config.ts'), config)
  const [plans, exceptions] = [join(directory, 'data/plans.yaml'), join(directory, 'data/overrides.yaml')]
  writeFileSync(exceptions, JSON.stringify(overrides))
  const variables = { ...here.variables, SUPPORT_PLANS: plans, SUPPORT_OVERRIDES: exceptions }
  try {
    const loaded = await load(directory, { config, variables })
    const engine = await openEngine({ ...loaded, directory: join(directory, '.zds'), clock: hastyClock(today) })
    try {
      yield await scene(sandbox, engine)
      for (const tables of later) {
        // The tables themselves: what has read one looks up its rows by their ids again.
        Object.assign(sandbox.salesforce.tables, structuredClone(tables))
        yield await scene(sandbox, engine)
      }
    } finally {
      await engine.close()
    }
  } finally {
    here.remove()
    await sandbox.close()
  }
}

async function scene(sandbox: Sandbox, engine: Engine): Promise<Scene> {
  const before = sandbox.snapshot()
  const told = sandbox.slack.messages.length
  const plan = await engine.plan()
  // A world this small changes by more than any limit.
  const report = await engine.apply(plan, { force: true })
  const after = sandbox.snapshot()
  const messages = sandbox.slack.messages.slice(told)
  return { before, plan: printed(plan), report, after, messages, next: printed(await engine.plan()) }
}

/** A plan as it is printed. */
const printed = (plan: Plan): Plan => JSON.parse([...shownParts(plan)].join('')) as Plan // what a plan prints
