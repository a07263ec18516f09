import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { AS_OF, crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, byHand, victim, type Victim } from '../support/crash.ts'

async function scene(working = 40): Promise<Victim> {
  const here = await victim(crashWorld(TINY), working)
  onTestFinished(() => here.close())
  return here
}

const SAVE = ['plan', '--as-of', AS_OF, '--out', 'plan.json']
const digestIn = ({ directory }: Victim) =>
  (JSON.parse(readFileSync(join(directory, 'plan.json'), 'utf8')) as Plan).digest // made by zds
const writes = ({ requests }: Sandbox) =>
  requests.filter(
    ({ service, method, path }) => /^(global|us_gov)$/.test(service) && method !== 'GET' && !path.includes('oauth'),
  )

describe('SAFE-01: limits and approvals', () => {
  test('a plan beyond its limits is refused as a whole and says how it is approved; exactly its digest approves it', async () => {
    const here = await scene()
    await here.zds(SAVE)
    const digest = digestIn(here)

    const refused = await here.zds(['apply', 'plan.json', '--as-of', AS_OF])
    expect(refused).toMatchObject({ code: 3 })
    expect(refused.stderr).toMatch(/\d+ of \d+ records would be updated .*, the limit is 30 %/)
    expect(refused.stderr).toContain(`\n    zds apply plan.json --approve ${digest.slice(0, 12)}`)

    const wrong = await here.zds(['apply', 'plan.json', '--as-of', AS_OF, '--approve', digest.replaceAll(/./g, 'a')])
    expect(wrong).toMatchObject({ code: 3 })
    expect(wrong.stderr).toMatch(/The approval is for the plan a+…, and this one is/)
    const part = await here.zds(['apply', 'plan.json', '--as-of', AS_OF, '--approve', digest.slice(0, 7)])
    expect(part).toMatchObject({ code: 3 })
    expect(writes(here.sandbox)).toEqual([])

    const approved = await here.zds([
      'apply',
      'plan.json',
      '--as-of',
      AS_OF,
      '--approve',
      digest.slice(0, 12),
      '--because',
      'agreed in CHG-1',
    ])
    expect(approved, approved.stderr).toMatchObject({ code: 0 })
    const { stdout } = await here.zds(['status'])
    expect(stdout).toContain(`, approved by ${userInfo().username}: agreed in CHG-1`)
    expect(stdout).not.toContain('forced')

    // What is desired became fewer by more than a fifth, while hardly a record would change.
    const { tables } = here.sandbox.salesforce
    const rows = tables['Account'] ?? []
    tables['Account'] = rows.filter(({ Type }, at) => Type !== 'Customer' || at % 3 !== 0)
    const saved = await here.zds(SAVE)
    expect(saved, saved.stderr).toMatchObject({ code: 0 })
    const dropped = await here.zds(['apply', 'plan.json', '--as-of', AS_OF])
    expect(dropped).toMatchObject({ code: 3 })
    expect(dropped.stderr).toMatch(
      /\d+ records are desired, \d+(\.\d)? % fewer than the \d+ of the last run; the limit is 20 %/,
    )

    // The old approval is none for this plan.
    const old = await here.zds(['apply', 'plan.json', '--as-of', AS_OF, '--approve', digest])
    expect(old).toMatchObject({ code: 3 })
  })

  test('--force passes every limit, and is marked in the report and in the journal', async () => {
    const here = await scene()
    const { code, stdout, stderr } = await here.zds([...APPLY, '--json'])
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ forced: true })
    expect((await here.zds(['status'])).stdout).toContain(`, forced by ${userInfo().username}`)
  })
})

describe('SAFE-03: read-back', () => {
  test('a written field that Zendesk dropped without a word is found: exit 4', async () => {
    const here = await scene(1_500)
    const { sandbox } = here
    const started = (): boolean =>
      sandbox.requests.some(({ service, path }) => service === 'global' && path.endsWith('update_many'))
    const run = here.start(APPLY)
    await expect.poll(started, { timeout: 60_000, interval: 2 }).toBe(true)
    // It stands still while its job is carried out, and one of its fields is lost.
    run.signal('SIGSTOP')
    await expect
      .poll(() => sandbox.zendesk['global']?.jobs.every(({ status }) => status === 'completed'), { timeout: 30_000 })
      .toBe(true)
    const written = writes(sandbox).flatMap(({ service, body }) => (service === 'global' ? idsIn(body) : []))
    expect(written.length).toBeGreaterThan(0)
    for (const id of written)
      await byHand(sandbox, 'global', `/organizations/${id}`, {
        organization: { organization_fields: { account_owner: 'x' } },
      })
    run.signal('SIGCONT')

    const { code, stdout } = await run.ended
    expect(code, stdout).toBe(4)
    expect(stdout).toMatch(/read-back-differs: Read back, it is not as it was written: account_owner/)
    expect((await here.zds(['outcomes', 'last', '--format', 'csv'])).stdout).toMatch(
      /^(?:global|partners),update,\w+,failed,,read-back-differs,/m,
    )
  })
})

/** The ids in the body of an update in a job. */
function idsIn(body: unknown): number[] {
  const { organizations = [] } = body as { organizations?: { id: number }[] } // as the API has it
  return Array.isArray(organizations) ? organizations.map(({ id }) => id) : []
}
