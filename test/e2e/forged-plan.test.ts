import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change, Plan, SyncPlan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import { digestOf } from '../../src/core/plan/plan.ts'
import { AS_OF, faultWorld } from '../support/faults-world.ts'
import { parsePlan } from '../support/parse-plan.ts'
import { failureOf, runsOf, type Runs } from '../support/runs.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const KEY = randomBytes(32).toString('hex')
const asOf = ['--as-of', AS_OF] as const

/** A plan that somebody has written who cannot sign it, with a digest that fits. */
const forged = (plan: Plan, more: Partial<Plan>): Plan => {
  const other = { ...plan, ...more }
  return { ...other, digest: digestOf(other) }
}
/** The same with another plan of one of its syncs. */
const withSync = (plan: Plan, name: string, change: (sync: SyncPlan) => Partial<SyncPlan>): Plan =>
  forged(plan, { syncs: plan.syncs.map((sync) => (sync.name === name ? { ...sync, ...change(sync) } : sync)) })
const admin: Change = {
  op: 'create',
  key: 'eve@example.com',
  fields: {
    name: { from: null, to: 'Eve' },
    email: { from: null, to: 'eve@example.com' },
    role: { from: null, to: 'admin' },
  },
}
const withAdmin = (plan: Plan): Plan =>
  withSync(plan, 'us-gov-users', ({ changes }) => ({ changes: [admin, ...changes], excesses: [] }))

describe('a plan that somebody else has written', () => {
  let sandbox: Sandbox
  let here: Project
  let runs: Runs
  let plan: Plan
  let at: (name: string) => string
  beforeAll(async () => {
    sandbox = await startSandbox({ world: faultWorld() })
    here = project(sandbox.env)
    at = (name) => join(here.directory, name)
    runs = runsOf(here, AS_OF)
    plan = await runs.plan()
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })
  const applied = async (document: Plan, ...args: readonly string[]): Promise<Result> => {
    writeFileSync(at('forged.json'), JSON.stringify(document))
    const result = await here.zds('apply', 'forged.json', ...asOf, ...args)
    expect(writesTo(sandbox)).toEqual([])
    return result
  }
  /** The same without a command line. */
  const refused = async (document: Plan): Promise<Result> => {
    const saved = parsePlan(JSON.stringify(document), 'forged.json', 10_000)
    const result = await failureOf(runs.apply({ saved }))
    expect(writesTo(sandbox)).toEqual([])
    return result
  }

  test('SAFE-01, SAFE-14: is held against the limits, whatever it says of them: all are retired, and no excess is told', async () => {
    const all = withSync(plan, 'global', () => ({ changes: retirements(sandbox), excesses: [] }))
    const result = await applied(all)
    expectRefusal(result, 'LIMIT_EXCEEDED', 3)
    expect(result.stderr).toMatch(/✖ global: \d+ of \d+ records would be retired/)
    const updates = withSync(plan, 'global', () => ({
      changes: retirements(sandbox).map((change) => ({ ...change, op: 'update' })),
      excesses: [],
      existing: 5,
    }))
    expectRefusal(await refused(updates), 'LIMIT_EXCEEDED', 3)
  })

  test('SAFE-14: makes nobody an administrator: the field is named, with sync and key', async () => {
    const result = await applied(withAdmin(plan))
    expectRefusal(result, 'PLAN_INVALID')
    expect(result.stderr).toContain(
      '✖ us-gov-users eve@example.com: role: is no field that a create of this sync writes',
    )
  })

  test('OPS-08: as a line of JSON it names nobody, and has the code', async () => {
    const { code, stderr } = await applied(withAdmin(plan), '--log-format', 'json')
    expect(code).toBe(1)
    expect(stderr).toMatch(/"code":"PLAN_INVALID"/)
    expect(stderr).not.toMatch(/eve@|us-gov-users/)
  })

  test('SAFE-14: brings nothing of one instance to another, nor anybody along unsaid: all of it is told at once', async () => {
    const changes = plan.syncs.find(({ name }) => name === 'us-gov')?.changes ?? []
    const people = [{ email: 'eve@example.com', name: 'Eve', action: 'create', role: 'admin' }]
    const along = { ...admin, key: 'K', fields: {}, along: { people } }
    const moved = withSync(plan, 'us-gov', () => ({ instance: 'global', changes: [along, ...changes] }))
    const result = await refused(moved)
    expectRefusal(result, 'PLAN_INVALID')
    expect(result.stderr).toContain('✖ us-gov: instance: is us-gov, not global')
    expect(result.stderr).toContain(
      '✖ us-gov K: along: What comes along with the new organization K is no list of people',
    )
    expectRefusal(await refused(withSync(plan, 'us-gov', () => ({ name: 'us_gov' }))), 'PLAN_STALE', 5)
  })

  test('writes nothing to a terminal but itself', async () => {
    const evil = '\u001B[2J\u001B[H\u009B31mDigest 0000\u202E'
    const others = [
      forged(plan, { createdAt: `2026-03-16T10:00:00Z${evil}` }),
      withSync(plan, 'global', () => ({ name: evil, instance: evil, resource: evil })),
      forged(plan, { undoes: evil, config: evil }),
    ]
    for (const other of others) {
      writeFileSync(at('forged.json'), JSON.stringify(other))
      for (const command of [['show'], ['show', '--all'], ['apply', ...asOf]]) {
        const { stdout, stderr } = await here.zds(command[0] ?? '', 'forged.json', ...command.slice(1))
        expect(`${stdout}${stderr}`).not.toMatch(/[^\P{C}\n]/u)
      }
    }
    expectRefusal(await applied(forged(plan, { createdAt: `2026-03-16T10:00:00Z${evil}` })), 'PLAN_INVALID')
  })

  test('is not written where something else is: a device is refused by its name, before any request', async () => {
    const [before, mode] = [sandbox.requests.length, lstatSync('/dev/null').mode]
    for (const command of [['plan'], ['plan', '--redact'], ['undo', 'last']]) {
      const result = await here.zds(...command, '--out', '/dev/null')
      expectRefusal(result, 'USAGE')
      expect(result.stderr).toContain('/dev/null is no ordinary file')
    }
    expect([sandbox.requests.length, lstatSync('/dev/null').mode]).toEqual([before, mode])
  })
})

/** All organizations of Global that have a key and no mark, retired. */
function retirements(sandbox: Sandbox): Change[] {
  const found = sandbox.snapshot().zendesk['global']?.organizations ?? []
  return found.map(({ id }, index) => ({
    op: 'retire',
    key: `K${index}`,
    id: String(id),
    fields: { mark_for_deletion: { from: false, to: true } },
    reason: 'gone',
  }))
}

describe('with ZDS_PLAN_KEY (OPS-08, SAFE-14)', () => {
  let sandbox: Sandbox
  let here: Project
  let at: (name: string) => string
  beforeAll(async () => {
    sandbox = await startSandbox({ world: faultWorld() })
    here = project({ ...sandbox.env, ZDS_PLAN_KEY: KEY })
    at = (name) => join(here.directory, name)
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })

  test('only a plan is taken that who has the key has made: not a new one in the place of a sealed one', async () => {
    expect(await here.zds('plan', '--redact', '--out', 'plan.sealed', ...asOf)).toMatchObject({ code: 0 })
    expect(await here.zds('plan', '--out', 'plan.json', ...asOf)).toMatchObject({ code: 0 })
    const plan = JSON.parse(readFileSync(at('plan.json'), 'utf8')) as Plan // what --out writes
    const { mac: _, ...bare } = plan
    const others = [
      bare,
      withAdmin(bare),
      withAdmin(plan),
      { ...plan, createdAt: new Date().toISOString() },
      { ...plan, mac: '0'.repeat(64) },
    ]
    for (const other of others) {
      writeFileSync(at('plan.sealed'), JSON.stringify(other))
      for (const command of ['apply', 'show']) {
        const result = await here.zds(command, 'plan.sealed', ...(command === 'apply' ? asOf : []))
        expectRefusal(result, 'PLAN_NOT_AUTHENTIC')
        expect(result.stderr).toContain('zds plan --out FILE')
      }
    }
    expect(writesTo(sandbox)).toEqual([])
  })

  test('a plan in clear is carried out, --json or --out, and then there is nothing to do', async () => {
    const printed = await here.zds('plan', '--json', ...asOf)
    writeFileSync(at('printed.json'), printed.stdout)
    expect(await here.zds('show', 'printed.json')).toMatchObject({ code: 0 })
    // A project without the key takes it too: a proof that nobody can check is none.
    const other = scratch(sandbox.env)
    expect(await other.zds('show', at('printed.json'))).toMatchObject({ code: 0 })
    const applied = await here.zds('apply', 'printed.json', '--force', ...asOf)
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    expect(await runsOf(here, AS_OF).changes()).toEqual([])
  })

  test('a key that is none is told, and no plan is saved: nobody could prove it', async () => {
    const other = scratch({ ...sandbox.env, ZDS_PLAN_KEY: 'not a key' })
    const result = await other.zds('plan', '--out', 'plan.json')
    expectRefusal(result, 'ENV_INVALID')
    expect(result.stderr).not.toContain('gather:')
    expect(existsSync(join(other.directory, 'plan.json'))).toBe(false)
  })
})
