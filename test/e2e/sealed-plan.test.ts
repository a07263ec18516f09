import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import { AS_OF, faultWorld } from '../support/faults-world.ts'
import { failureOf, runsOf } from '../support/runs.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const KEY = randomBytes(32).toString('hex')
const asOf = ['--as-of', AS_OF] as const
const readableByAll = (path: string): void => {
  writeFileSync(path, '{ "version": 1, "createdAt": "long ago" }')
  chmodSync(path, 0o644)
}
const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8)

describe('a sealed plan (OPS-08)', () => {
  let sandbox: Sandbox
  let here: Project
  let planned: Result
  let at: (name: string) => string
  const digest = (): string =>
    (JSON.parse(readFileSync(at('plan.sealed.summary.json'), 'utf8')) as { digest: string }).digest // what --redact writes

  beforeAll(async () => {
    sandbox = await startSandbox({ world: faultWorld() })
    here = project({ ...sandbox.env, ZDS_PLAN_KEY: KEY })
    at = (name) => join(here.directory, name)
    edit('update: 0.3', 'update: 0.02')(here.directory)
    for (const name of ['plan.sealed', 'plan.sealed.summary.json']) readableByAll(at(name))
    planned = await here.zds('plan', '--redact', '--out', 'plan.sealed', ...asOf)
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })

  /** Runs the command in the same directory with another key. */
  const withKey = (key: string | undefined, ...args: readonly string[]): Promise<Result> => {
    const other = scratch({ ...sandbox.env, ZDS_PLAN_KEY: key })
    return other.zds(...args)
  }

  test('is made beside a summary in numbers; both are for their owner only, also where others could read the file before', () => {
    expect(planned, planned.stderr).toMatchObject({ code: 0 })
    expect(planned.stdout).toContain(`Digest ${digest()}`)
    expect(planned.stdout).toMatch(/^ +create +update +retire +left +in sync\nglobal +\d+ +! \d+ +[\d.]+ % +\d/m)
    expect(planned.stdout).toMatch(/^limit .* 2 % /m)
    expect(planned.stdout).toMatch(
      /^ {2}! global: \d+ of \d+ records would be updated \([\d.]+ %\), the limit is 2 %; without [\w, ]+ \d+ \[global\.update\]$/m,
    )
    expect(planned.stdout).toMatch(/^ {2}\. global \(global has \d+ organizations\)\n {6}fields: \w+ \d+/m)
    expect(planned.stderr).toContain(`zds apply plan.sealed --approve ${digest().slice(0, 12)}`)
    expect(readFileSync(at('plan.sealed'), 'utf8')).toContain(digest())
    expect([modeOf(at('plan.sealed')), modeOf(at('plan.sealed.summary.json'))]).toEqual(['600', '600'])
  })

  test('and its summary name no record: no key, no id, no name, no address', () => {
    const shown = [
      planned.stdout,
      planned.stderr,
      readFileSync(at('plan.sealed'), 'utf8'),
      readFileSync(at('plan.sealed.summary.json'), 'utf8'),
    ]
    const data = dataOf(sandbox)
    expect(data.filter((one) => shown.some((text) => text.includes(one)))).toEqual([])
    expect(data.length).toBeGreaterThan(500)
  })

  test('is shown to who has the key, as the plan itself is', async () => {
    const [sealed, open] = [await here.zds('show', 'plan.sealed', '--all'), await here.zds('plan', '--all', ...asOf)]
    expect(sealed, sealed.stderr).toMatchObject({ code: 0 })
    expect(sealed.stdout).toContain(open.stdout)
    expect(sealed.stdout).toContain(`Digest ${digest()}`)
  })

  test('is shown with a key from a file of variables', async () => {
    const other = scratch({})
    const sealed = at('plan.sealed')
    const keyless = await other.zds('show', sealed)
    expectRefusal(keyless, 'ENV_MISSING')
    expect(keyless.stderr).toContain('Set the key that it was sealed with')
    writeFileSync(join(other.directory, 'ci.env'), `ZDS_PLAN_KEY=${KEY}\n`)
    expect(await other.zds('show', sealed, '--env', 'ci.env')).toMatchObject({ code: 0 })
    writeFileSync(join(other.directory, '.env'), `ZDS_PLAN_KEY=${KEY}\n`)
    expect(await other.zds('show', sealed)).toMatchObject({ code: 0 })
    expectRefusal(await other.zds('show', sealed, '--env', 'nope.env'), 'FILE_NOT_FOUND')
  })

  test('the document of --json is the summary', async () => {
    const { code, stdout, stderr } = await here.zds('plan', '--redact', '--json', ...asOf)
    expect(code, stderr).toBe(0)
    const { createdAt: _now, ...summary } = JSON.parse(stdout) as { createdAt: string } // what --redact prints
    const { createdAt: _then, ...saved } = JSON.parse(readFileSync(at('plan.sealed.summary.json'), 'utf8')) as {
      createdAt: string
    } // and writes
    expect(summary).toEqual(saved)
  })

  test('cannot be made without a key; nothing is asked of any service before that is said', async () => {
    const before = sandbox.requests.length
    const result = await withKey(undefined, 'plan', '--redact', '--out', 'plan.sealed')
    expectRefusal(result, 'ENV_MISSING')
    expect(result.stderr).toContain('openssl rand -hex 32')
    expectRefusal(await withKey('not-a-key-at-all', 'plan', '--redact', '--out', 'plan.sealed'), 'ENV_INVALID')
    expect(sandbox.requests).toHaveLength(before)
  })

  test('a summary alone needs no key', async () => {
    expect(await withKey(undefined, 'plan', '--redact', ...asOf)).toMatchObject({ code: 0 })
  })

  test('is refused without its key, with another key, and when it was changed; nothing is written', async () => {
    const sealed = at('plan.sealed')
    expectRefusal(await withKey(undefined, 'apply', sealed), 'ENV_MISSING')
    const wrong = await withKey(randomBytes(32).toString('hex'), 'apply', sealed)
    expectRefusal(wrong, 'PLAN_INVALID')
    expect(wrong.stderr).toContain('sealed with another key')
    const text = readFileSync(sealed, 'utf8')
    writeFileSync(at('changed.sealed'), `${text.slice(0, -20)}${text.at(-20) === 'A' ? 'B' : 'A'}${text.slice(-19)}`)
    for (const command of ['apply', 'show']) {
      const changed = await here.zds(command, 'changed.sealed')
      expectRefusal(changed, 'PLAN_INVALID')
      expect(changed.stderr).toContain('was changed after it was sealed')
      expect(changed.stderr).toContain('zds plan --redact --out FILE')
    }
    expect(writesTo(sandbox)).toEqual([])
  })

  test('is carried out like any plan, limits and approval included', async () => {
    const refused = await here.zds('apply', 'plan.sealed', ...asOf)
    expect(refused).toMatchObject({ code: 3 })
    expect(refused.stderr).toContain(`zds apply plan.sealed --approve ${digest().slice(0, 12)}`)
    const applied = await here.zds('apply', 'plan.sealed', ...asOf, '--approve', digest())
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    const next = await here.zds('plan', '--redact', '--json', ...asOf)
    const { syncs } = JSON.parse(next.stdout) as { syncs: { operations: object }[] } // what --redact prints
    for (const { operations } of syncs) expect(operations).toEqual({ create: 0, update: 0, retire: 0, remove: 0 })
  })

  test('everything below .zds is for its owner only (OPS-08)', async () => {
    expect(await here.zds('undo', 'last')).toMatchObject({ code: 0 })
    expect(await here.zds('status')).toMatchObject({ code: 0 })
    const entries = readdirSync(at('.zds'), { recursive: true, withFileTypes: true })
    const found = entries.map((entry) => [entry.isDirectory(), modeOf(join(entry.parentPath, entry.name)), entry.name])
    expect(found.filter(([directory, mode]) => mode !== (directory === true ? '700' : '600'))).toEqual([])
    expect(modeOf(at('.zds'))).toBe('700')
    expect(found.length).toBeGreaterThan(20)
  })

  test('what undo --out writes over a file that others could read, they cannot read any more', async () => {
    readableByAll(at('undo.json'))
    const result = await here.zds('undo', 'last', '--out', 'undo.json')
    expect(result, result.stderr).toMatchObject({ code: 0 })
    expect(modeOf(at('undo.json'))).toBe('600')
  })
})

/** Keys, ids, names and addresses of every record of every service. */
function dataOf(sandbox: Sandbox): string[] {
  const { zendesk, salesforce } = sandbox.snapshot()
  const records = Object.values(zendesk).flatMap(({ organizations, users }) => [...organizations, ...users])
  const names = records.flatMap((one) => [one.name, 'email' in one ? one.email : undefined, one.id])
  const rows = (salesforce['Account'] ?? [])
    .concat(salesforce['Contact'] ?? [])
    .flatMap(({ Id, Name, Email }) => [Id, Name, Email])
  return [...names, ...rows].filter((one) => typeof one === 'string' || typeof one === 'number').map(String)
}

describe('zds apply --redact (OPS-08)', () => {
  const failing = async (...args: readonly string[]): Promise<Result> => {
    const refused = {
      service: 'global',
      method: 'POST',
      pattern: '/organizations$',
      // Partners, who are created beside customers, have no such field.
      body: '"aar"',
      times: 2,
      kind: 'status',
      status: 422,
    } as const
    const sandbox = await startSandbox({ world: faultWorld(), faults: [refused] })
    const here = scratch(sandbox.env)
    const result = await here.zds('apply', '--yes', '--force', '--redact', ...asOf, ...args)
    expect(result.code, result.stdout + result.stderr).toBe(4)
    expect(dataOf(sandbox).filter((one) => `${result.stdout}${result.stderr}`.includes(one))).toEqual([])
    await sandbox.close()
    return result
  }

  test('tells of the plan and of failures in numbers', async () => {
    const { stdout } = await failing()
    expect(stdout).toMatch(/^ +create +update +retire[^\n]*\nglobal +\d+ +\d/m)
    expect(stdout).toMatch(/^global: \d+ of \d+ changes done, 2 failed/m)
    expect(stdout).toMatch(/^ {2}by code: 2 × /m)
  })

  test('leaves the failures out of the document of --json', async () => {
    const { syncs } = JSON.parse((await failing('--json')).stdout) as { syncs: object[] } // what --json prints
    expect(syncs).toContainEqual(expect.objectContaining({ name: 'global', failed: 2, codes: { 'invalid-value': 2 } }))
    expect(syncs.filter((sync) => 'failures' in sync)).toEqual([])
  })
})

describe('zds plan with credentials that may only read', () => {
  test('makes the whole plan where every write is answered with 403, and asks for no write', async () => {
    const forbidden = (['POST', 'PUT', 'DELETE'] as const).map(
      (method) => ({ service: 'zendesk', method, path: '/api/v2', times: 0, kind: 'status', status: 403 }) as const,
    )
    const sandbox = await startSandbox({ world: faultWorld(), faults: forbidden })
    await runsOf(scratch(sandbox.env), AS_OF).plan()
    expect(writesTo(sandbox)).toEqual([])
    expect(sandbox.faults.fired).toEqual([])
    await sandbox.close()
  })

  test('makes it with OAuth clients of the scope read, with which an apply is refused', async () => {
    const sandbox = await startSandbox({ world: faultWorld() })
    const readOnly = ['GLOBAL', 'US_GOV'].map((name) =>
      edit(
        `clientSecret: secret('ZENDESK_${name}_CLIENT_SECRET')`,
        `clientSecret: secret('ZENDESK_${name}_CLIENT_SECRET'), scope: 'read'`,
      ),
    )
    const runs = runsOf(scratch(sandbox.env, ...readOnly), AS_OF)
    const saved = await runs.plan()
    const before = JSON.stringify(sandbox.snapshot())
    const applied = await failureOf(runs.apply({ saved, force: true }))
    expect(applied).toMatchObject({ code: 1 })
    expect(applied.stderr).toContain('Error [AUTH_FAILED]')
    expect(applied.stderr).toContain('lacks a permission')
    expect(JSON.stringify(sandbox.snapshot())).toBe(before)
    await sandbox.close()
  })
})
