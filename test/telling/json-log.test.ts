import { afterEach, describe, expect, test } from 'vitest'
import { startSandbox, type Fault, type Sandbox } from 'zds/sandbox'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

type Line = { readonly level: string; readonly time: string; readonly event: string; readonly msg: string } & {
  readonly [name: string]: unknown
}

/** Every line has to be one JSON object. */
const linesOf = (stderr: string): Line[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line) // what the log has written

async function started(name: 'cases' | 'plain', faults: readonly Fault[] = [], more: { [name: string]: string } = {}) {
  const { world, expected, environment } = sampleWorld(name)
  const sandbox = await startSandbox({ world, faults })
  const here = project({ ...sandbox.env, ...environment, ...more })
  open = { sandbox, here }
  return { sandbox, expected, zds: (...args: string[]) => here.zds(...args, '--as-of', expected.asOf) }
}

const JSON_LOG = { ZDS_LOG_FORMAT: 'json', ZDS_LOG_LEVEL: 'debug' }
const of = (lines: readonly Line[], event: string): Line[] => lines.filter((line) => line.event === event)

describe('--log-format json', () => {
  test('a whole run: stderr is JSON lines of the run, its stages, their counts and each request; stdout is what it was', async () => {
    const { sandbox, zds } = await started('plain')
    const text = await zds('plan')
    const json = await zds('plan', '--log-format', 'json', '--log-level', 'debug')
    expect(json).toMatchObject({ code: 0, stdout: text.stdout })
    expect(text.stderr).toContain('✔ gather:accounts')

    const before = sandbox.requests.length
    const applied = await zds('apply', '--yes', '--log-format', 'json', '--log-level', 'debug')
    expect(applied.code).toBe(0)
    const lines = linesOf(applied.stderr)
    expect(of(lines, 'run-ended').map(({ part, end, run }) => [part, end, typeof run])).toEqual([
      ['plan', 'done', 'string'],
      ['apply', 'done', 'string'],
    ])
    expect(
      of(lines, 'stage-started')
        .map(({ stage }) => String(stage))
        .toSorted(),
    ).toEqual(
      of(lines, 'stage-ended')
        .map(({ stage }) => String(stage))
        .toSorted(),
    )
    const stage = (id: string) => of(lines, 'stage-ended').find((line) => line['stage'] === id)
    expect(stage('compare:global')).toMatchObject({ end: 'done', create: 7, update: 26, retire: 3, level: 'info' })
    expect(stage('apply:global')).toMatchObject({ end: 'done', done: 36, planned: 36 })
    expect(of(lines, 'request')).toHaveLength(sandbox.requests.length - before)
    expect((await zds('plan', '--detailed-exitcode')).code).toBe(0)
  })

  test('without debug no request is told; the variables say the same as the options', async () => {
    const { zds } = await started('plain', [], { ZDS_LOG_FORMAT: 'json' })
    const { stderr, stdout } = await zds('plan', '--json')
    expect(of(linesOf(stderr), 'request')).toEqual([])
    expect(of(linesOf(stderr), 'stage-ended').length).toBeGreaterThan(10)
    expect(JSON.parse(stdout)).toMatchObject({ version: 1 })
    expect(await zds('plan', '--log-format', 'xml')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[USAGE]'),
    })
  })

  test('OPS-08: no host, no secret, no address and no name of anybody, also where it fails', async () => {
    const words = { error: 'Conflict', description: 'ada@agency.example of Agency One is taken' }
    const broken: Fault = {
      service: 'us_gov',
      path: '/organizations/show_many?ids=',
      kind: 'status',
      status: 422,
      responseBody: words,
      times: 0,
    }
    const { sandbox, zds } = await started('plain', [broken], JSON_LOG)
    const { code, stderr } = await zds('apply', '--yes')
    expect(code).toBe(1)
    const lines = linesOf(stderr)
    expect(of(lines, 'stage-ended')).toContainEqual(
      expect.objectContaining({ stage: 'apply:us-gov', end: 'failed', level: 'error' }),
    )
    expect(of(lines, 'error')).toMatchObject([{ level: 'error', code: 'HTTP_REFUSED', exitCode: 1 }])
    const values = Object.entries(sandbox.env).filter(([name]) => /SECRET|TOKEN|URL/.test(name))
    for (const [, value] of values) expect(stderr).not.toContain(value)
    expect(stderr).not.toMatch(/127\.0\.0\.1|localhost|@|001PL|Agency|\?/)
  })

  test('a refusal: the code, its limits in numbers without keys, and the commands that go on', async () => {
    const { zds } = await started('cases', [], JSON_LOG)
    const { code, stderr } = await zds('apply', '--yes')
    expect(code).toBe(3)
    const [refused, ...others] = of(linesOf(stderr), 'refused')
    expect(others).toEqual([])
    expect(refused).toMatchObject({ level: 'error', code: 'LIMIT_EXCEEDED', exitCode: 3 })
    expect(refused?.['hint']).toMatch(/zds apply FILE --approve [\da-f]{12}/)
    expect(JSON.stringify(refused?.['issues'])).toMatch(/\d+ of \d+ records would be retired/)
    expect(stderr).not.toMatch(/001PL|@/)
  })

  test('waits for a limit, warnings, and what was not loaded', async () => {
    const limit: Fault = {
      service: 'global',
      method: 'GET',
      path: '/organizations',
      kind: 'status',
      preset: 'rate-limit',
      retryAfter: 1,
    }
    const { zds } = await started('plain', [limit], { ...JSON_LOG, SLACK_BOT_TOKEN: '' })
    const lines = linesOf((await zds('apply', '--yes')).stderr)
    expect(of(lines, 'wait')).toContainEqual(
      expect.objectContaining({ service: 'global', ms: 1_000, because: 'retry', status: 429 }),
    )
    expect(of(lines, 'warning').map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'slack: SLACK_BOT_TOKEN is not set, so nothing is posted'],
    ])
    const broken = linesOf((await zds('plan', '--config', 'none.ts')).stderr)
    expect(broken).toMatchObject([{ event: 'error', code: 'CONFIG_NOT_FOUND', exitCode: 1 }])
  })
})
