import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { blocksOf, page } from '../docs/pages.ts'
import { stateLines, violations } from '../support/crash-laws.ts'
import { AS_OF, crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, undisturbed, victim, type Started, type Undisturbed, type Victim } from '../support/crash.ts'
import { newDatabase, sql } from '../support/postgres.ts'
import { project } from '../support/zds.ts'
import { server, writes } from './scene.ts'

const world = crashWorld(TINY)
const LONG = 180_000
const PLAN = ['plan', '--json', '--as-of', AS_OF]
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world)
}, LONG)

type Scene = { readonly here: Victim; readonly database: string; readonly workers: readonly Started[] }

/** So many workers, each with a directory of its own. */
async function scene(count: number, of = world, database?: string): Promise<Scene> {
  database ??= await newDatabase(server())
  const here = await victim(of, 100, database, { ZDS_ENGINE: 'dbos' })
  onTestFinished(() => here.close())
  const workers = Array.from({ length: count }, () => here.start(['worker']))
  for (const worker of workers) onTestFinished(() => worker.signal('SIGKILL'))
  const begun = /^Worker \w+ carries out stages/
  for (const worker of workers) await expect.poll(() => worker.told(), { timeout: 60_000 }).toMatch(begun)
  return { here, database, workers }
}

/** The worker that has begun a stage of what was asked, as soon as one has. */
async function whoBegan(stage: string, workers: readonly Started[], asked: Started): Promise<Started> {
  const looking = new AbortController()
  const over = asked.ended.then(({ stderr }) => looking.abort(new Error(`Nobody has begun ${stage}: ${stderr}`)))
  for (;;) {
    const found = workers.find((worker) => worker.told().includes(`\n${stage} `))
    if (found !== undefined) return found
    await Promise.race([sleep(1), over])
    looking.signal.throwIfAborted()
  }
}

async function expectArrived(here: Victim): Promise<void> {
  const left = { state: stateLines(here.sandbox), outcomes: await here.outcomes() }
  expect(violations(here.sandbox, left, reference, true)).toEqual([])
  expect(await here.zds(['plan', '--detailed-exitcode', '--as-of', AS_OF])).toMatchObject({ code: 0 })
}

/** All that DBOS holds, as text. */
async function textOf(database: string): Promise<string> {
  const tables = await sql(database, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'zds_dbos'`)
  const all = tables.map(({ table_name: name }) => sql(database, `SELECT * FROM zds_dbos.${String(name)}`))
  return JSON.stringify(await Promise.all(all))
}

/** How many stages of one lane were carried out at a time, as often as it was looked at. */
async function mostAtOnce(database: string, over: Promise<unknown>): Promise<number> {
  const counting = `SELECT count(*) AS busy FROM zds_dbos.workflow_status WHERE status = 'PENDING'
    GROUP BY queue_partition_key ORDER BY 1 DESC LIMIT 1`
  let most = 0
  for (let going = true; going; going = await Promise.race([over.then(() => false), sleep(20).then(() => true)])) {
    const [{ busy = 0 } = {}] = await sql(database, counting)
    most = Math.max(most, Number(busy))
  }
  return most
}

const digestIn = (text: string): unknown => (JSON.parse(text) as { digest: unknown }).digest // as documented

describe('runs that workers carry out', () => {
  test(
    'a plan is the one that a process makes alone; an apply of it arrives, with one stage of an instance at a time',
    { timeout: LONG },
    async () => {
      const { here, database, workers } = await scene(2)
      const alone = project({ ...here.sandbox.env, ZDS_HTTP_BASE_DELAY_MS: '5' })
      onTestFinished(() => alone.remove())
      const [ours, theirs] = [await here.zds(PLAN), await alone.zds(...PLAN)]
      expect(ours, ours.stderr).toMatchObject({ code: 0 })
      expect(digestIn(ours.stdout)).toBe(digestIn(theirs.stdout))
      const { stdout } = await here.zds(['status'])
      expect(stdout.match(/worker \w+ carries out stages \(.* process \d+\)/g)).toHaveLength(2)
      const asked = here.start(APPLY)
      expect(await mostAtOnce(database, asked.ended)).toBe(1)
      const applied = await asked.ended
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
      for (const stage of ['gather:accounts', 'compare:global', 'apply:us-gov-users'])
        expect(workers.some((worker) => worker.told().includes(`\n${stage} `))).toBe(true)
      await expectArrived(here)
      expect(await sql(database, 'SELECT * FROM zds_dbos.workflow_status')).toEqual([])
      for (const worker of workers) worker.signal('SIGTERM')
      const ends = await Promise.all(workers.map(({ ended }) => ended))
      expect(ends).toMatchObject([{ code: 0, stdout: '' }, { code: 0 }])
      expect((await here.zds(['status'])).stdout).not.toContain('worker')
    },
  )

  test('without a worker a run says so, and what to do', { timeout: LONG }, async () => {
    const { here } = await scene(0)
    const { code, stderr } = await here.zds(PLAN)
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[NO_WORKER\] No worker with this configuration .*\n.*zds worker/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('why a stage failed is told as where it fails here', { timeout: LONG }, async () => {
    const { here } = await scene(1, { ...world, salesforce: { ...world.salesforce, Account: [] } })
    const { code, stderr } = await here.zds(PLAN)
    expect(code, stderr).toBe(1)
    expect(stderr).toMatch(/\[EMPTY_SOURCE\] accounts is empty.*\n.*mayBeEmpty/)
  })
})

test('what an engine lacks is said before a run begins', async () => {
  const here = (engine: string) => {
    const one = project({ ZDS_ENGINE: engine })
    onTestFinished(() => one.remove())
    return one
  }
  expect(await here('dbos').zds('plan')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\[ENV_MISSING\] The environment variable ZDS_STATE_URL is not set/) as string,
  })
  expect(await here('temporal').zds('plan')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\[ENV_INVALID\].*ZDS_ENGINE.*is no engine/s) as string,
  })
  expect(await here('').zds('worker')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\[CONFIG_INVALID\] The configuration has no engine.*\n.*ZDS_ENGINE=dbos/) as string,
  })
})

test('the roles of docs/workers.md suffice: the owner begins, the runs make no tables', { timeout: LONG }, async () => {
  const database = await newDatabase(server())
  const own = (name: string): string => `${name.replace('zds_', 'workers_')}_${process.pid}`
  const as = (role: string): string => database.replace('zds@', `${own(role)}@`)
  const roles = ['zds_owner', 'zds_run']
  const script = ['docs/state.md', 'docs/workers.md']
    .flatMap((path) => blocksOf(page(path)).find(({ language }) => language === 'sql')?.text ?? [])
    .join('\n\n')
  const asOwner = script
    .slice(script.indexOf('CREATE SCHEMA'))
    .replaceAll(', zds_read', '')
    .replaceAll(/^.*zds_read;$/gm, '')
  for (const role of roles) await sql(database, `CREATE ROLE ${own(role)} LOGIN`)
  await sql(database, `ALTER DATABASE ${new URL(database).pathname.slice(1)} OWNER TO ${own('zds_owner')}`)
  await sql(as('zds_owner'), asOwner.replaceAll(/\bzds_(owner|run)\b/g, own))

  await scene(1, world, as('zds_owner'))
  const { here } = await scene(1, world, as('zds_run'))
  const plan = await here.zds(PLAN)
  expect(plan, plan.stderr).toMatchObject({ code: 0 })
  await expect(sql(as('zds_run'), 'CREATE TABLE zds_dbos.more (n integer)')).rejects.toThrow(/permission denied/)
})

describe('SAFE-06: a worker is killed, and another goes on', () => {
  test.for(['gather:global-organizations', 'compare:global', 'apply:global'])(
    'in %s: nothing is written twice, the next plan is empty',
    { timeout: LONG },
    async (stage) => {
      const { here, workers } = await scene(3)
      const asked = here.start(APPLY)
      const first = await whoBegan(stage, workers, asked)
      const sent = stage.startsWith('apply') ? 1 : 0
      await expect.poll(() => writes(here) >= sent, { timeout: 60_000, interval: 1 }).toBe(true)
      first.signal('SIGKILL')
      const { code, stderr } = await asked.ended
      expect(code, stderr).toBe(0)
      const others = workers.filter((worker) => worker !== first)
      expect(others.some((worker) => worker.told().includes(`\n${stage} `))).toBe(true)
      await expectArrived(here)
    },
  )

  test('one that is told to end leaves what it had begun to others', { timeout: LONG }, async () => {
    const { here, workers } = await scene(2)
    const asked = here.start(APPLY)
    const first = await whoBegan('apply:global', workers, asked)
    first.signal('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
    const { code, stderr } = await asked.ended
    expect(code, stderr).toBe(0)
    await expectArrived(here)
  })

  test(
    'whoever asked is killed: DBOS holds ids, no data and no secret, and the same command goes on',
    { timeout: LONG },
    async () => {
      const { here, database, workers } = await scene(2)
      const asked = here.start(APPLY)
      await whoBegan('apply:global', workers, asked)
      asked.signal('SIGKILL')
      const held = await textOf(database)
      expect(held).toMatch(/apply:global/)
      const { zendesk, tokenEnv } = here.sandbox
      const data = Object.values(zendesk).flatMap(({ organizations, users }) => [
        ...organizations.map(({ name }) => name),
        ...users.flatMap(({ name, email }) => [name, email ?? name]),
      ])
      const secrets = Object.entries(tokenEnv).flatMap(([name, value]) => (/TOKEN|SECRET/.test(name) ? [value] : []))
      expect(secrets.length).toBeGreaterThan(0)
      expect([...data, ...secrets].filter((one) => held.includes(one))).toEqual([])
      const { code, stderr } = await here.zds([...APPLY, '--lock-timeout', '40'])
      expect(code, stderr).toBe(0)
      await expectArrived(here)
    },
  )
})

describe('SAFE-16: a worker that was frozen', () => {
  test('writes nothing after another has taken its stage', { timeout: LONG }, async () => {
    const { here, workers } = await scene(2)
    const asked = here.start(APPLY)
    const first = await whoBegan('apply:global', workers, asked)
    await expect.poll(() => writes(here) > 0, { timeout: 60_000, interval: 1 }).toBe(true)
    first.signal('SIGSTOP')
    const { code, stderr } = await asked.ended
    expect(code, stderr).toBe(0)
    const before = writes(here)
    first.signal('SIGCONT')
    const ended = await first.ended
    expect(ended.code, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/\[(LOCK_LOST|STATE_UNAVAILABLE)\]/)
    expect(writes(here)).toBe(before)
    await expectArrived(here)
  })
})
