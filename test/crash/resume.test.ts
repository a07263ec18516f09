import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import type { Sandbox, World } from 'zds/sandbox'
import { edit, writesTo } from '../cli/scratch.ts'
import { sentTwice, stateLines, violations } from '../support/crash-laws.ts'
import { AS_OF, crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, byHand, undisturbed, victim, type Kill, type Undisturbed, type Victim } from '../support/crash.ts'

const world: World = crashWorld(TINY)
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world)
}, 300_000)

const wrote =
  (method: string, path: string) =>
  ({ requests }: Sandbox): boolean =>
    requests.some((one) => one.service === 'global' && one.method === method && one.path.endsWith(path))
/** While organizations are created one by one. */
const creating = (signal: NodeJS.Signals): Kill => ({ kind: 'seen', seen: wrote('POST', '/organizations'), signal })
/** While a job of updates is open. */
const updating = (signal: NodeJS.Signals): Kill => ({ kind: 'seen', seen: wrote('PUT', '/update_many'), signal })

/** An observer that cannot tell of the end of a run. */
const FAILING = "{ kind: 'observer', ended: ({ status }) => Promise.reject(new Error(status)) }"

async function scene(): Promise<Victim> {
  const here = await victim(world, 400)
  onTestFinished(() => here.close())
  return here
}

const status = async (here: Victim): Promise<string> => (await here.zds(['status'])).stdout

/**
 * The instances are as after an undisturbed apply, everything was done once, and Slack heard of it
 * once.
 */
async function expectArrived(here: Victim): Promise<void> {
  const { sandbox } = here
  expect(violations(sandbox, { state: stateLines(sandbox), outcomes: await here.outcomes() }, reference, true)).toEqual(
    [],
  )
}

/** Somebody gives an account another owner. */
function newOwner({ salesforce: { tables } }: Sandbox): void {
  const account = tables['Account']?.find(({ Type }) => Type === 'Customer')
  if (account === undefined) throw new Error('There is a customer')
  account['Account_Owner_Calc__c'] = 'A Third Person'
}

describe('GEN-06, SAFE-06: SIGINT and SIGTERM', () => {
  test.each([
    ['SIGINT', creating],
    ['SIGTERM', updating],
  ] as const)(
    '%s stops between batches with 130 and says how to go on; zds status tells of it; a plain apply goes on',
    async (signal, at) => {
      const here = await scene()
      const stopped = await here.zds(APPLY, at(signal))
      expect(stopped, stopped.stderr).toMatchObject({ code: 130 })
      expect(stopped.stderr).toMatch(new RegExp(`INTERRUPTED.*${signal}`))
      expect(stopped.stderr).toMatch(/The same command goes on.*zds apply --new/s)

      expect(await status(here)).toMatch(
        /interrupted, \d+ of \d+ done.*\n\nRun \S+ stopped before it was done\. zds apply goes on with it/s,
      )
      expect(here.sandbox.slack.messages.map(({ text }) => text)).toEqual([
        expect.stringMatching(/^A sync stopped before it was done: \d+ of \d+ changes are done$/),
      ])

      const rest = await here.zds(['apply', '--yes'])
      expect(rest, rest.stderr).toMatchObject({ code: 0 })
      expect(rest.stderr).toMatch(/Going on with run \S+/)
      await expectArrived(here)
      expect(await status(here)).not.toContain('stopped before')
    },
  )
})

describe('SAFE-06: what a killed run is followed by', () => {
  test('--resume goes on with it, and has nothing to do where nothing is unfinished', async () => {
    const here = await scene()
    const nothing = await here.zds(['apply', '--resume'])
    expect(nothing).toMatchObject({ code: 0, stdout: 'There is no unfinished run to go on with.\n' })
    const document = await here.zds(['apply', '--resume', '--json'])
    expect(document).toMatchObject({ code: 0, stdout: '' })
    expect(document.stderr).toContain('There is no unfinished run')
    expect(here.sandbox.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('oauth'))).toEqual([])

    expect(await here.zds(APPLY, updating('SIGKILL'))).toMatchObject({ code: 'killed' })
    const rest = await here.zds(['apply', '--resume'])
    expect(rest, rest.stderr).toMatchObject({ code: 0 })
    await expectArrived(here)
    expect((await here.zds(['apply', '--resume'])).stdout).toContain('There is no unfinished run')
  })

  test('a run of a saved plan is gone on with by the same file, which needs no second approval', async () => {
    const here = await scene()
    await here.zds(['plan', '--as-of', AS_OF, '--out', 'plan.json'])
    expect(await here.zds(['apply', 'plan.json', '--as-of', AS_OF, '--force'], creating('SIGKILL'))).toMatchObject({
      code: 'killed',
    })
    const rest = await here.zds(['apply', 'plan.json'])
    expect(rest, rest.stderr).toMatchObject({ code: 0 })
    expect(rest.stderr).toMatch(/Going on with run/)
    await expectArrived(here)
    expect(await status(here)).toContain(', forced')
  })

  test('another file abandons it, and its changes are made all the same', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, updating('SIGKILL'))).toMatchObject({ code: 'killed' })
    newOwner(here.sandbox)
    await here.zds(['plan', '--as-of', AS_OF, '--out', 'other.json'])
    const other = await here.zds(['apply', 'other.json', '--as-of', AS_OF, '--force'])
    expect(other, other.stderr).toMatchObject({ code: 0 })
    expect(other.stderr).toMatch(/Run \S+ stopped before it was done, and is not gone on with: another plan was given/)
    expect(await status(here)).toMatch(/abandoned, \d+ of \d+ done/)
    expect(JSON.stringify(here.sandbox.zendesk['global']?.organizations)).toContain('A Third Person')
    expect(await pending(here)).toEqual([])
  })

  test.each([
    ['another file', []],
    ['a changed configuration', ['\n// changed\n']],
  ])('%s abandons it, and who comes along with an organization that was being created is there', async (_, changed) => {
    const here = await scene()
    expect(await here.zds(APPLY, creating('SIGKILL'))).toMatchObject({ code: 'killed' })
    for (const text of changed) appendFileSync(join(here.directory, 'sync.config.ts'), text)
    await here.zds(['plan', '--as-of', AS_OF, '--out', 'other.json'])
    const other = await here.zds(['apply', 'other.json', '--as-of', AS_OF, '--force'])
    expect(other, other.stderr).toMatchObject({ code: 0 })
    expect(stateLines(here.sandbox).toSorted()).toEqual(reference.state.toSorted())
    expect(sentTwice(here.sandbox.requests)).toEqual([])
    expect(await status(here)).toMatch(/abandoned, \d+ of \d+ done/)
    expect(await pending(here)).toEqual([])
  })

  test('one of the day before yesterday is planned anew, and who comes along with an organization is there', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, creating('SIGKILL'))).toMatchObject({ code: 'killed' })
    const state = new DatabaseSync(join(here.directory, '.zds/state.db'))
    state.prepare('UPDATE runs SET started_at = ?').run(new Date(Date.now() - 172_800_000).toISOString())
    state.close()
    expect(await status(here)).toMatch(/more than a day ago. zds apply settles what it had sent, and plans\s+anew/)
    const anew = await here.zds(APPLY)
    expect(anew, anew.stderr).toMatchObject({ code: 0 })
    expect(anew.stderr).toContain('is not gone on with: it began more than a day ago')
    expect(stateLines(here.sandbox).toSorted()).toEqual(reference.state.toSorted())
    expect(await pending(here)).toEqual([])
  })

  test('SAFE-06: a run is not given up while nobody can say what it has done, but by --new', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, creating('SIGKILL'))).toMatchObject({ code: 'killed' })
    await here.zds(['plan', '--as-of', AS_OF, '--out', 'other.json'])
    const before = writesTo(here.sandbox).length
    here.sandbox.faults.add({ service: 'global', path: '/organizations', kind: 'status', status: 500, times: 0 })
    const other = await here.zds(['apply', 'other.json', '--as-of', AS_OF, '--force'])
    expect(other).toMatchObject({ code: 1 })
    expect(other.stderr).toMatch(/HTTP_UNAVAILABLE/)
    expect(writesTo(here.sandbox)).toHaveLength(before)
    expect(await status(here)).toContain('stopped before it was done')
    here.sandbox.faults.clear()

    const anew = await here.zds([...APPLY, '--new'])
    expect(anew, anew.stderr).toMatchObject({ code: 0 })
    expect(await status(here)).toMatch(/abandoned, \d+ of \d+ done/)
    expect(await pending(here)).toEqual([])
  })

  test('a changed configuration abandons it', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, updating('SIGKILL'))).toMatchObject({ code: 'killed' })
    edit('hooks: {', `hooks: { failing: ${FAILING},`)(here.directory)
    const resumed = await here.zds(['apply', '--resume'])
    expect(resumed).toMatchObject({ code: 5, stdout: '' })
    expect(resumed.stderr).toMatch(/PLAN_STALE.*is not gone on with: the configuration has changed since/)
    expect(await status(here)).toContain('stopped before it was done')
    const anew = await here.zds(APPLY)
    expect(anew, anew.stderr).toMatchObject({ code: 0 })
    expect(anew.stderr).toContain('is not gone on with: the configuration has changed since')
    expect(anew.stderr).toContain('Warning: failing: abandoned')
    expect(await pending(here)).toEqual([])
  })

  test('--new starts afresh, and nothing goes back to the old plan, even where the new one is empty', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, updating('SIGKILL'))).toMatchObject({ code: 'killed' })
    const anew = await here.zds([...APPLY, '--new'])
    expect(anew, anew.stderr).toMatchObject({ code: 0 })
    expect(anew.stderr).toContain('is not gone on with: a fresh start was asked for')
    expect(await pending(here)).toEqual([])

    newOwner(here.sandbox)
    expect(await here.zds(APPLY, updating('SIGKILL'))).toMatchObject({ code: 'killed' })
    const empty = await here.zds([...APPLY, '--new'])
    expect(empty, empty.stderr).toMatchObject({ code: 0 })
    expect((await here.zds(['apply', '--resume'])).stdout).toContain('There is no unfinished run')
  })

  test('SAFE-05: what a person changed meanwhile is stale: it is told, exit 5, and kept; all others are done', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, creating('SIGKILL'))).toMatchObject({ code: 'killed' })
    const open = (await here.outcomes()).find(
      ({ sync, op, status: is }) => sync === 'global' && op === 'update' && is === 'not-attempted',
    )
    const edited = here.sandbox.zendesk['global']?.organizations.find(
      ({ organization_fields: { salesforce_id: key } }) => key === open?.key,
    )
    const fields = { account_owner: 'Set By Hand', support_hold: true }
    await byHand(here.sandbox, 'global', `/organizations/${edited?.id ?? 0}`, {
      organization: { organization_fields: fields },
    })

    const rest = await here.zds(['apply', '--yes'])
    expect(rest, rest.stderr).toMatchObject({ code: 5 })
    expect(rest.stdout).toMatch(new RegExp(`1 stale[\\s\\S]*${open?.key}  changed-since-plan: .*account_owner`))
    expect(
      here.sandbox.zendesk['global']?.organizations.find(({ id }) => id === edited?.id)?.organization_fields,
    ).toMatchObject(fields)
    expect((await here.outcomes()).filter(({ status: is }) => is !== 'done')).toMatchObject([
      { key: open?.key, status: 'stale' },
    ])
    expect(sentTwice(here.sandbox.requests)).toEqual([])
  })
})

test('SAFE-05: what a person changes after it was read, and before it is written, is stale in one and the same run', async () => {
  const here = await scene()
  const planned = await here.zds(['plan', '--json', '--as-of', AS_OF])
  const { syncs } = JSON.parse(planned.stdout) as Plan // what --json prints
  const update = [...(syncs.find(({ name }) => name === 'global')?.changes ?? [])].find(
    ({ op, fields }) => op === 'update' && 'account_owner' in fields,
  )
  const run = here.start(APPLY)
  onTestFinished(() => run.signal('SIGKILL'))
  await expect.poll(() => wrote('POST', '/organizations')(here.sandbox), { timeout: 60_000, interval: 2 }).toBe(true)
  run.signal('SIGSTOP')
  const fields = { account_owner: 'Set By Hand' }
  await byHand(here.sandbox, 'global', `/organizations/${Number(update?.id)}`, {
    organization: { organization_fields: fields },
  })
  run.signal('SIGCONT')

  const { code, stdout, stderr } = await run.ended
  expect(code, stderr).toBe(5)
  expect(stdout).toMatch(new RegExp(`1 stale[\\s\\S]*${update?.key}  changed-since-plan: .*account_owner`))
  const edited = here.sandbox.zendesk['global']?.organizations.find(({ id }) => String(id) === update?.id)
  expect(edited?.organization_fields).toMatchObject(fields)
  expect((await here.outcomes()).filter(({ status: is }) => is !== 'done')).toMatchObject([
    { key: update?.key, status: 'stale' },
  ])
})

async function pending(here: Victim): Promise<unknown[]> {
  const { code, stdout, stderr } = await here.zds(['plan', '--json', '--as-of', AS_OF])
  expect(code, stderr).toBe(0)
  const { syncs } = JSON.parse(stdout) as { syncs: { changes: unknown[] }[] } // what --json prints
  return syncs.flatMap(({ changes }) => changes)
}
