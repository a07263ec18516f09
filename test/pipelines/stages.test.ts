import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, expectRefusal, running, scratch } from '../cli/scratch.ts'
import { stateOf, writesOf, type State } from '../support/faults.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')
const asOf = ['--as-of', expected.asOf]

type Stage = { readonly id: string; readonly kind: string; readonly needs: readonly string[] }

let sandbox: Sandbox
/** What the artifacts of all stages are kept in, as a CI system keeps them. */
let store: Project
let whole: Plan
let graph: readonly Stage[]
/** What a whole apply makes of the same world. */
let after: State

beforeAll(async () => {
  const other = await startSandbox({ world })
  const there = project({ ...other.env, ...environment })
  await there.zds('apply', '--yes', ...asOf)
  after = stateOf(other)
  there.remove()
  await other.close()
  sandbox = await startSandbox({ world })
  store = project({ ...sandbox.env, ...environment })
  whole = planIn(await store.zds('plan', '--json', ...asOf))
  graph = (documentIn(await store.zds('graph', '--json')) as { stages: Stage[] }).stages // what --json prints
  mkdirSync(join(store.directory, 'run'))
}, 240_000)
afterAll(async () => {
  store.remove()
  await sandbox.close()
})

function documentIn({ code, stdout, stderr }: Result): unknown {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}
const planIn = (result: Result): Plan => documentIn(result) as Plan // what --json prints

const filesOf = (stage: string): string[] =>
  ['.ndjson.zst', '.summary.json'].map((end) => `${stage.replaceAll(':', '.')}${end}`)

/** Addresses and ids, which are no secrets, and the secrets of the services that are named. */
function settings(...services: readonly string[]): { readonly [name: string]: string } {
  const isSecret = (name: string): boolean => /SECRET|TOKEN|CLIENT_ID/.test(name)
  const known = Object.entries(sandbox.env).filter(
    ([name]) => !isSecret(name) || services.some((service) => name.startsWith(service)),
  )
  return { ...Object.fromEntries(known), ...environment }
}

/** A job: a fresh checkout with the artifacts that its stage needs, and no others; what it leaves is kept. */
async function job(
  stage: Pick<Stage, 'id' | 'needs'>,
  services: readonly string[],
  ...args: string[]
): Promise<Result> {
  const here = project({})
  try {
    mkdirSync(join(here.directory, 'run'))
    for (const file of stage.needs.flatMap(filesOf))
      copyFileSync(join(store.directory, 'run', file), join(here.directory, 'run', file))
    for (const file of ['plan.json'].filter((name) => existsSync(join(store.directory, name))))
      copyFileSync(join(store.directory, file), join(here.directory, file))
    const result = await running(here, settings(...services), 'stage', stage.id, '--run', 'run', ...args).ended
    for (const file of readdirSync(join(here.directory, 'run')))
      copyFileSync(join(here.directory, 'run', file), join(store.directory, 'run', file))
    if (args.includes('--out')) copyFileSync(join(here.directory, 'plan.json'), join(store.directory, 'plan.json'))
    return result
  } finally {
    here.remove()
  }
}

/** The services whose secrets a stage may need. */
function servicesOf({ id, kind }: Stage): string[] {
  const zendesk = id.includes('us-gov') ? 'ZENDESK_US_GOV' : 'ZENDESK_GLOBAL'
  if (kind !== 'gather') return [zendesk]
  if (/organizations|users$/.test(id)) return [zendesk]
  return /:(plans|overrides)$|-accounts$/.test(id) ? [] : ['SALESFORCE']
}

describe('the reference graph, stage by stage, each in a process and a checkout of its own', () => {
  test('reads and compares with the secrets of the services that a stage reads, and no others', async () => {
    for (const stage of graph.filter(({ kind }) => kind !== 'apply')) {
      const first = stage.needs.length === 0 ? asOf : []
      const result = await job(stage, servicesOf(stage), ...first)
      expect(result, `${stage.id}: ${result.stderr}`).toMatchObject({ code: 0, stdout: '' })
    }
    expect(writesOf(sandbox)).toEqual([])
  })

  test('plans what one process plans: the same digest, also of plan --from the directory', async () => {
    const needs = graph.filter(({ kind }) => kind === 'compare').map(({ id }) => id)
    const result = await job({ id: 'plan', needs }, [], '--out', 'plan.json')
    expect(result, result.stderr).toMatchObject({ code: 0 })
    const saved = JSON.parse(readFileSync(join(store.directory, 'plan.json'), 'utf8')) as Plan // written by --out
    expect(saved.digest).toBe(whole.digest)
    const offline = await running(store, settings(), 'plan', '--from', 'run', '--json').ended
    expect(planIn(offline).digest).toBe(whole.digest)
  })

  test('names the stage to run first', async () => {
    const here = scratch(settings())
    const none = await here.zds('stage', 'compare:global', '--run', 'empty')
    expectRefusal(none, 'ARTIFACT_MISSING')
    expect(none.stderr).toContain('compare:global needs ')
    expect(none.stderr).toMatch(/Run this first: zds stage gather:\S+ --run /)
    const early = await job({ id: 'apply:partners', needs: [] }, ['ZENDESK_GLOBAL'], '--plan', 'plan.json', ...asOf)
    expectRefusal(early, 'ARTIFACT_MISSING')
    expect(early.stderr).toContain('Run this first: zds stage apply:global --run ')
    const slip = await here.zds('stage', 'gather:acounts', '--run', 'empty')
    expectRefusal(slip, 'USAGE')
    expect(slip.stderr).toContain('Did you mean gather:accounts?')
    expectRefusal(await here.zds('stage', 'apply:global', '--run', 'empty'), 'USAGE')
    expect(writesOf(sandbox)).toEqual([])
  })

  test('refuses what does not fit together: another day, other rows, another configuration', async () => {
    const stage = graph.find(({ id }) => id === 'gather:global-accounts')
    if (stage === undefined) throw new Error('The reference configuration has no global accounts')
    const day = await job(stage, [], '--as-of', '2026-01-01')
    expectRefusal(day, 'ARTIFACT_MISFIT')
    expect(day.stderr).toContain(`gather:accounts: is as of ${expected.asOf}, and this is as of 2026-01-01`)

    const run = join(store.directory, 'run')
    const rows = join(run, 'gather.accounts.summary.json')
    const before = readFileSync(rows, 'utf8')
    writeFileSync(rows, before.replace(/"digest":"\w{4}/, '"digest":"0000'))
    const other = await job({ id: 'compare:global', needs: [...needsOf('compare:global'), 'gather:accounts'] }, [])
    expectRefusal(other, 'ARTIFACT_MISFIT')
    expect(other.stderr).toContain(
      'gather:global-accounts: was made from another gather:accounts than the one that is there',
    )
    writeFileSync(rows, before.replace(/"config":"\w{4}/, '"config":"0000'))
    const config = await job(stage, [])
    expectRefusal(config, 'ARTIFACT_MISFIT')
    expect(config.stderr).toContain('gather:accounts: was made with another configuration')
    writeFileSync(rows, before)
  })

  test('applies to the same servers, each sync once, without a secret of Salesforce', async () => {
    for (const stage of graph.filter(({ kind }) => kind === 'apply')) {
      const needs = stage.needs.filter((id) => id.startsWith('apply:'))
      const args = ['--plan', 'plan.json', '--yes', ...asOf]
      const result = await job({ id: stage.id, needs }, servicesOf(stage), ...args)
      expect(result, `${stage.id}: ${result.stderr}`).toMatchObject({ code: 0 })
    }
    expect(stateOf(sandbox)).toEqual(after)
    const next = await store.zds('plan', '--detailed-exitcode', ...asOf)
    expect(next, next.stdout).toMatchObject({ code: 0 })
  })
})

const needsOf = (id: string): readonly string[] => graph.find((stage) => stage.id === id)?.needs ?? []

test('what an observer could not tell of the plan that a stage makes is a warning, as of zds plan', async () => {
  const other = await startSandbox({ world: generateWorld({ accounts: 10, seed: 1, asOf: expected.asOf }) })
  onTestFinished(() => other.close())
  const failing = "failing: { kind: 'observer', planned: () => Promise.reject(new Error('no chat')) },"
  const here = scratch(other.env, edit('hooks: {', `hooks: {\n    ${failing}`))
  const made = await here.zds('plan', ...asOf)
  expect(made.stderr).toContain('failing: no chat')
  const [run] = readdirSync(join(here.directory, '.zds/runs'))
  const staged = await here.zds('stage', 'plan', '--run', `.zds/runs/${run}`)
  expect(staged, staged.stderr).toMatchObject({ code: 0 })
  expect(staged.stderr).toContain('failing: no chat')
})
