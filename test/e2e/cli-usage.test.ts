import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, expectRefusal, scratch, started, writesTo } from '../cli/scratch.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 20, seed: 1, asOf }) })
})
afterAll(() => sandbox.close())

describe('what means nothing is refused by name before anything is read', () => {
  test.each([
    [['apply', 'plan.json', '--resume'], 'plan.json: means nothing here'],
    [['apply', '--resume', '--new'], '--new: means nothing here'],
    [['apply', '--resume', '--as-of', asOf], '--as-of: means nothing here'],
    [['apply', '--yes', '--because', 'ticket 1'], '--because: means nothing here: it goes with --approve or --force'],
    [['create', 'config', 'emea'], 'emea: means nothing here'],
    [['create', 'config', '--kind', 'source'], '--kind: means nothing here'],
    [['create', 'plugin', 'people', '--kind', 'source', '--instances', 'emea'], '--instances: means nothing here'],
    [['plan', '--as-of', '9999-12-31'], '9999-12-31 is not between'],
    [['apply', '--yes', '--lock-timeout', '99999999999'], '--lock-timeout'],
    [['apply', '--yes', '--lock-timeout', '86401'], 'at most 86400'],
    [['stage', 'apply:global', '--run', 'run', '--plan', 'plan.json', '--lock-timeout', '86401'], 'at most 86400'],
    [['stage', 'compare:global', '--run', 'run', '--detailed-exitcode'], '--detailed-exitcode: means nothing here'],
    [
      ['stage', 'gather:plans', '--run', 'run', '--out', 'x.json'],
      '--out: means nothing here: it goes with the stage plan',
    ],
    [
      ['stage', 'plan', '--run', 'run', '--approve', 'abc'],
      '--approve: means nothing here: it goes with the stage apply',
    ],
    [['prune', '--keep', '99999999999d'], 'at most 36500d'],
    [['plan', '--env', 'a.env', '--env=b.env'], "'--env <file>' is given twice: a.env and b.env"],
    [['log', '--since', '7d', '--json', '--since', '36h'], "'--since <age>' is given twice: 7d and 36h"],
    [['plan', '--out', '-'], "'--out <file>' argument '-' is invalid. It must be the name of a file"],
    [['report', '--html', ''], "'--html <file>' argument '' is invalid. It must be the name of a file"],
    [['show', 'plan.json', '--format', 'csv', '--json'], "'--format <format>' cannot be used with option '--json'"],
    [['fields', '--json', '--format', 'curl'], "'--format <format>' cannot be used with option '--json'"],
    [['plan', '--log-level', 'info', '--log-level', 'warn'], 'is given twice: info and warn'],
    [['plan', '--log-level', 'debug'], "'--log-level <level>' means nothing without --log-format json"],
    [['plan', '--log-level', 'debug', '--log-format', 'text'], 'means nothing without --log-format json'],
  ])('zds %j', async (args, says) => {
    const { code, stdout, stderr } = await scratch(sandbox.env).zds(...args)
    expect(code, stderr).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('Error [USAGE]')
    expect(stderr).toContain(says)
    expect(writesTo(sandbox)).toEqual([])
  })

  test.each([
    [['pl\u001B[31man']],
    [['plan', '--\u001B]0;x\u0007']],
    [['apply', 'a\u009B', 'b', 'c']],
    [['log', '--since', '\u001B[2J']],
  ])('zds %j: of one’s own arguments nothing reaches the terminal unescaped', async (args) => {
    const { code, stdout, stderr } = await scratch(sandbox.env).zds(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^Error \[USAGE\] .*\\u00[19]b/)
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u)
  })

  test.each([
    [['plan', '--sync', 'globl'], ['--sync globl: is not in the configuration; did you mean global?']],
    [
      ['plan', '--field', 'suport_level', '--sync', 'us-gv'],
      [
        '--sync us-gv: is not in',
        'did you mean us-gov?',
        '--field suport_level: is not in',
        'did you mean support_level?',
      ],
    ],
    [
      ['explain', 'Acme', '--sync', 'globl'],
      ['There is no sync globl', 'Did you mean "global"?'],
    ],
    [
      ['explain', 'Acme', 'suport_level'],
      ['There is no field suport_level', 'Did you mean "support_level"?'],
    ],
    [['forecast', '--until', '2099-12-31', '--sync', 'globl'], ['There is no sync globl']],
  ])('zds %j: a name with a slip costs no reading', async (args, says) => {
    const before = sandbox.requests.length
    const result = await scratch(sandbox.env).zds(...args)
    expectRefusal(result, 'USAGE')
    for (const words of says) expect(result.stderr).toContain(words)
    expect(sandbox.requests.slice(before)).toEqual([])
  })

  test('an option that may be repeated, and one beside its variable, are no option given twice', async () => {
    const repeated = ['--sync', 'global', '--sync', 'us-gov', '--op', 'create', '--op', 'update']
    const here = scratch({ ...sandbox.env, ZDS_LOG_FORMAT: 'json', ZDS_LOG_LEVEL: 'debug' })
    const { code, stderr } = await here.zds('plan', '--as-of', asOf, '--log-format', 'text', ...repeated)
    expect(code, stderr).toBe(0)
  })

  test('numbers beyond reason in the configuration', async () => {
    const absurd = edit('concurrency: 16,', 'concurrency: 1_000_000,')
    const result = await scratch(sandbox.env, absurd).zds('plan')
    expectRefusal(result, 'CONFIG_INVALID')
    expect(result.stderr).toContain('concurrency: must be <= 100')
    const keep = edit('targets: { global,', 'keepDays: Number.POSITIVE_INFINITY,\n  targets: { global,')
    expectRefusal(await scratch(sandbox.env, keep).zds('plan'), 'CONFIG_INVALID')
  })
})

test('a terminal that says it has no columns, as docker -t does, shows the plan before it asks', async () => {
  const here = scratch(sandbox.env)
  const command = `stty cols 0 rows 0; exec ${process.execPath} ${process.cwd()}/bin/zds.js apply --as-of ${asOf}`
  const child = started('script', ['--quiet', '--return', '--command', command, '/dev/null'], here, {
    TERM: 'xterm',
    ...sandbox.env,
  })
  const begun = performance.now()
  while (!child.seen().includes('Only "yes" does') && performance.now() - begun < 20_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const [before = ''] = stripVTControlCharacters(child.seen()).split('Only "yes" does')
  child.send('no\r')
  expect((await child.ended).code).toBe(0)
  expect(before).toMatch(/^global +\d+ +\d+ /m)
  expect(before).toMatch(/✔ gather:accounts {2}\d+ rows/)
  expect(before).toMatch(/~ global {2}0010\w{14}/)
})
