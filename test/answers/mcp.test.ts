import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays, localState, type Explanation, type Forecast, type Plan, type RunWait } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { writesOf } from '../support/faults.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

const ROOT = join(import.meta.dirname, '../..')
const { world, expected, environment } = sampleWorld('plain')
const CANARY = 'canary-of-a-secret-4711'

let sandbox: Sandbox
let here: Project
let planned: Plan
let open: Client
let all: Client

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', here.directory, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
    encoding: 'utf8',
  })

/** The variables of somebody who has no secret and no token. */
const withoutSecrets = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  ...Object.fromEntries(Object.entries(sandbox.env).filter(([name]) => !/SECRET|TOKEN/.test(name))),
})

async function connected(env: Record<string, string>, ...args: readonly string[]): Promise<Client> {
  const client = new Client({ name: 'a test', version: '1.0.0' })
  const command = { command: process.execPath, args: [join(ROOT, 'bin/zds.js'), 'mcp', ...args] }
  await client.connect(new StdioClientTransport({ ...command, env, cwd: here.directory, stderr: 'ignore' }))
  return client
}

/** What a tool answers, and whether it is an error. */
async function called(client: Client, name: string, args: object = {}) {
  const result = await client.callTool({ name, arguments: { ...args } })
  const [{ text }] = result.content as [{ text: string }] // every tool answers with one text
  return { failed: result.isError === true, text, answer: JSON.parse(text) as Record<string, unknown> }
}

async function answered<Answer>(client: Client, name: string, args?: object): Promise<Answer> {
  const { failed, text, answer } = await called(client, name, args)
  expect(failed, text).toBe(false)
  return answer as Answer // what the command of that name prints
}

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project(sandbox.env)
  copyFileSync(environment.SUPPORT_PLANS, join(here.directory, 'data/plans.yaml'))
  copyFileSync(environment.SUPPORT_OVERRIDES, join(here.directory, 'data/overrides.yaml'))
  writeFileSync(join(here.directory, '.gitignore'), '.zds/\n')
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'The base')
  const { stdout } = await here.zds('plan', '--json', '--as-of', expected.asOf, '--out', 'plan.json')
  planned = JSON.parse(stdout) as Plan // what --json prints
  open = await connected(withoutSecrets())
  all = await connected(withoutSecrets(), '--include', 'us-gov')
}, 120_000)
afterAll(async () => {
  await Promise.all([open.close(), all.close()])
  here.remove()
  await sandbox.close()
})

const updateOf = (name: string) => {
  const found = [...(planned.syncs.find((sync) => sync.name === name)?.changes ?? [])].find(({ op }) => op === 'update')
  if (found?.id === undefined) throw new Error(`The plan updates nothing in ${name}`)
  return { ...found, id: found.id }
}
const CONFINED = new Set(['us-gov', 'us-gov-users'])

/** Every id, key and address that only the confined instance has. */
function confinedWords(): string[] {
  const told = planned.syncs.filter(({ name }) => CONFINED.has(name))
  const others = JSON.stringify([
    planned.syncs.filter(({ name }) => !CONFINED.has(name)),
    sandbox.zendesk['global']?.organizations,
  ])
  return told.flatMap((sync) => keysOf(sync)).filter((word) => !others.includes(word))
}
const keysOf = ({ changes, skipped }: Plan['syncs'][number]): string[] =>
  [...changes, ...skipped].flatMap(({ key, id }) => [key, ...(id === undefined ? [] : [`"${id}"`])])

test('has tools that only read, each with the schema of its arguments', async () => {
  const { tools } = await open.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['explain', 'plan_summary', 'impact', 'forecast', 'log', 'validate'])
  for (const { description, inputSchema, annotations } of tools) {
    expect(description).toMatch(/\S/)
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(annotations).toMatchObject({ readOnlyHint: true })
  }
})

describe('from the last run', () => {
  test('every tool answers: no request is made, nothing is written, no secret is needed', async () => {
    const asked = sandbox.requests.length
    const before = [git('status', '--porcelain'), readdirSync(join(here.directory, '.zds/runs'))]
    const { key, id } = updateOf('global')

    const explanation = await answered<Explanation>(open, 'explain', { key: id, field: 'name' })
    expect(explanation).toMatchObject({ key, asOf: expected.asOf })
    expect(explanation.syncs[0]).toMatchObject({ sync: 'global', verdict: 'update', fields: [{ field: 'name' }] })

    const summary = await answered<{ run: string }>(open, 'plan_summary')
    expect(summary).toMatchObject({ asOf: expected.asOf, digest: planned.digest })
    expect(await answered(open, 'plan_summary', { plan: summary.run })).toEqual(summary)
    const { run: _, ...fromFile } = summary
    expect(await answered(open, 'plan_summary', { plan: 'plan.json' })).toEqual(fromFile)

    const forecast = await answered<Forecast>(open, 'forecast', { until: addDays(expected.asOf, 90) })
    expect(forecast.syncs[0]?.changes.length).toBeGreaterThan(0)

    const impact = await answered(open, 'impact', { base: 'main' })
    const nothing = { changes: [], appear: [], disappear: [] }
    expect(impact).toEqual({ syncs: ['global', 'partners'].map((name) => ({ name, ...nothing })) })

    expect(await answered(open, 'log', { since: '7d' })).toMatchObject({ log: [{ kind: 'plan', run: summary.run }] })
    expect(await answered(open, 'validate', { asOf: expected.asOf })).toMatchObject({ findings: expect.any(Array) })

    expect(sandbox.requests.slice(asked)).toEqual([])
    expect([git('status', '--porcelain'), readdirSync(join(here.directory, '.zds/runs'))]).toEqual(before)
    expect(readdirSync(join(here.directory, '.zds')).filter((name) => /^(from|base)-/.test(name))).toEqual([])
  })

  test('the files are those of now: what was edited since the server was started counts', async () => {
    const { key } = updateOf('global')
    const override = `- salesforce_id: ${key}\n  reason: a test\n  set: { support_hold: true }\n`
    writeFileSync(join(here.directory, 'data/overrides.yaml'), override)
    const config = join(here.directory, 'sync.config.ts')
    execFileSync('sed', ['-i', "s/checkbox('Support_Hold__c')/checkbox([], () => false)/", config])
    try {
      const { syncs } = await answered<{ syncs: { changes: object[] }[] }>(open, 'impact', { base: 'main' })
      expect(syncs[0]?.changes).toContainEqual({ key, field: 'support_hold', base: false, now: true })
    } finally {
      git('checkout', '--quiet', '--', '.')
    }
  })

  test('a long list is cut, and says how long it is', async () => {
    const until = addDays(expected.asOf, 30)
    const whole = await answered<Forecast>(open, 'forecast', { until, sync: 'global', atMost: 1_000 })
    const length = whole.syncs[0]?.changes.length ?? 0
    expect(length).toBeGreaterThan(1)
    expect(await answered(open, 'forecast', { until, sync: 'global', atMost: 1 })).toMatchObject({
      syncs: [{ changes: [whole.syncs[0]?.changes[0]] }],
      cut: { 'syncs[0].changes': length },
    })
  })
})

describe('an instance that is confined (OPS-08)', () => {
  test('is left out of every answer, but for counts in the summary', async () => {
    const { key } = updateOf('global')
    const answers = await Promise.all([
      called(open, 'explain', { key }),
      called(open, 'plan_summary', { atMost: 1_000 }),
      called(open, 'forecast', { until: addDays(expected.asOf, 365), atMost: 1_000 }),
      called(open, 'impact', { base: 'main' }),
      called(open, 'log', { key }),
      called(open, 'validate'),
    ])
    const words = confinedWords()
    expect(words.length).toBeGreaterThan(0)
    for (const { text } of answers) expect(words.filter((word) => text.includes(word))).toEqual([])
    const confined = planned.syncs
      .filter(({ name }) => CONFINED.has(name))
      .map(({ name, changes }) => ({ name, update: [...changes].filter(({ op }) => op === 'update').length }))
    expect(answers[1]?.answer).toMatchObject({ confined })
    expect(JSON.stringify(answers[1]?.answer['syncs'])).not.toContain('us-gov')
  })

  test('has no record that could be asked for', async () => {
    const { key } = updateOf('us-gov-users')
    expect(await called(open, 'explain', { key })).toMatchObject({
      failed: true,
      answer: { code: 'USAGE', message: `Nothing that was read is called ${key}` },
    })
    expect(await called(open, 'forecast', { until: addDays(expected.asOf, 9), sync: 'us-gov' })).toMatchObject({
      failed: true,
      answer: { code: 'USAGE', hint: expect.stringContaining('zds mcp --include us-gov') },
    })
    expect(await answered(open, 'log', { key })).toEqual({ log: [] })
  })

  test('is told of where it is included', async () => {
    const { key } = updateOf('us-gov-users')
    expect(await answered(all, 'explain', { key })).toMatchObject({ key, syncs: [{ sync: 'us-gov-users' }] })
    expect(await answered(all, 'plan_summary')).toMatchObject({ confined: [], changes: countOf(planned) })
    expect(await answered(all, 'log', { key })).toMatchObject({ log: [{ ofKey: [{ key, sync: 'us-gov-users' }] }] })
  })
})

const countOf = ({ syncs }: Plan): number => syncs.reduce((sum, { changes }) => sum + changes.length, 0)

describe('what goes wrong is an error of the tool', () => {
  test.each([
    ['explain', { key: 'nobody@nowhere.example' }, /nobody@nowhere\.example/],
    ['explain', { key: 'x', from: 'yesterday' }, /yesterday/],
    ['plan_summary', { plan: 'tomorrow' }, /tomorrow/],
    ['plan_summary', { plan: 'data/plans.yaml' }, /plans\.yaml/],
    ['impact', { base: 'nowhere' }, /nowhere/],
    ['impact', { base: join(ROOT, 'sync.config.ts') }, /not in the project/],
    ['forecast', { until: 'soon' }, /soon/],
    ['forecast', {}, /forecast lacks "until"|cannot use/],
    ['log', { sinse: '7d' }, /Did you mean \\"since\\"/],
  ])('%s %j: it has a code and words, no stack', async (name, args, words) => {
    const { failed, text, answer } = await called(open, name, args)
    expect(failed).toBe(true)
    expect(answer).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/\S/) })
    expect(answer['code']).not.toBe('INTERNAL')
    expect(text).toMatch(words)
    expect(text).not.toMatch(/ at .*:\d+:\d+/)
  })

  test('an instance to include that is not there is named', async () => {
    const client = await connected(withoutSecrets(), '--include', 'us-guv')
    expect(await called(client, 'plan_summary')).toMatchObject({
      failed: true,
      answer: { code: 'USAGE', message: expect.stringContaining('us-guv') },
    })
    await client.close()
  })

  test('no secret is in it, whatever the service says, and nothing is asked unless it is wanted live', async () => {
    const name = Object.keys(sandbox.env).find((one) => /SALESFORCE.*SECRET/.test(one)) ?? ''
    const client = await connected({ ...withoutSecrets(), ...sandbox.env, [name]: CANARY })
    const { failed, text } = await called(client, 'explain', { key: updateOf('global').key, from: 'live' })
    await client.close()
    expect(failed).toBe(true)
    expect(text).not.toContain(CANARY)
  })

  test('a tool that is not there is an error of the protocol', async () => {
    await expect(open.callTool({ name: 'apply' })).rejects.toThrow(/There is no tool apply/)
  })
})

test('a live read is made where it is asked for: nothing is written to a service', async () => {
  const asked = sandbox.requests.length
  const client = await connected({ ...withoutSecrets(), ...sandbox.env })
  const { key } = updateOf('global')
  const live = await answered<Explanation>(client, 'explain', { key, from: 'live', asOf: expected.asOf })
  await client.close()
  expect(live).toMatchObject({ key, gathered: 'now', asOf: expected.asOf })
  expect(sandbox.requests.length).toBeGreaterThan(asked)
  expect(writesOf(sandbox)).toEqual([])
})

test('stdout carries the protocol only, also where the configuration prints; the last answer comes before the end', async () => {
  writeFileSync(
    join(here.directory, 'loud.config.ts'),
    `console.log('loud')\nexport { default } from './sync.config.ts'\n`,
  )
  const child = spawn(process.execPath, [join(ROOT, 'bin/zds.js'), 'mcp', '--config', 'loud.config.ts'], {
    cwd: here.directory,
    env: withoutSecrets(),
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'validate', arguments: {} } }
  child.stdin.end(`${JSON.stringify(call)}\n`)
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(code, stderr).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ jsonrpc: '2.0', id: 1 }])
  expect(stderr).toContain('loud')
})

test('what waited in a confined instance is told without the records (OPS-08)', async () => {
  const state = await localState(join(here.directory, '.zds'))
  const [at, examples] = [new Date(), [['ada@agency.example', 'A']] as const]
  await state.journal.begin({ id: 'waiting', plan: planned, forced: false, at })
  const wait = {
    run: 'waiting',
    because: 'ref',
    count: 1,
    examples,
    since: at.toISOString(),
    until: at.toISOString(),
  } as const
  await state.journal.noteWaits([
    { ...wait, sync: 'us-gov-users', awaited: 'us-gov' },
    { ...wait, sync: 'partners', awaited: 'global' },
    // Of a configuration that was: it may have been confined.
    { ...wait, sync: 'us-gov-before', awaited: 'us-gov-before' },
  ])
  await state.close()
  const waitsFor = async (client: Client) =>
    (await answered<{ log: { waits?: RunWait[] }[] }>(client, 'log', {})).log.flatMap(({ waits = [] }) => waits)
  expect((await waitsFor(open)).map((one) => one.examples)).toEqual([[], examples, []])
  expect((await waitsFor(all)).map((one) => one.examples)).toEqual([examples, examples, []])
})
