import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Ajv } from 'ajv'
import stringWidth from 'string-width'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { localState } from '../../src/core/state/local.ts'
import { planSchema } from '../../src/core/plan/schema.ts'
import { expectPlain, file, onTerminal, scratch, started } from '../cli/scratch.ts'
import type { Project } from '../support/zds.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({
    world: generateWorld({ accounts: 250, seed: 1, asOf }),
    zendesk: { requestsPerMinute: 100_000 },
  })
})
afterAll(() => sandbox.close())

const json = (text: string): unknown => JSON.parse(text)

test('zds doctor names the variables of a file, within the width of the terminal; zds fields counts them', async () => {
  const variables = Object.entries(sandbox.env).map(([name, value]) => `${name}=${value}\n`)
  const here = scratch({}, file('.env', variables.join('')))
  const { stdout } = await onTerminal(here, {}, 'doctor').ended
  const lines = stripVTControlCharacters(stdout).split(/\r?\n/)
  const told = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('✔')),
  )
  for (const line of told) expect(stringWidth(line), line).toBeLessThanOrEqual(80)
  expect(told.join(' ').match(/[A-Z\d]+(?:_[A-Z\d]+)+/g)).toEqual(Object.keys(sandbox.env))
  expect((await here.zds('fields')).stderr).toMatch(/^\.env gives \d+ variables$/m)
})

test('zds status speaks of zds as it was called', async () => {
  const { stdout } = await scratch({ ...sandbox.env, npm_command: 'exec' }).zds('status')
  expect(stdout).toContain('(npx zds prune)')
})

describe('--json prints the document and nothing else on stdout', () => {
  test('plan: what the published schema describes', async () => {
    const result = await scratch(sandbox.env).zds('plan', '--json', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 0 })
    const validate = new Ajv({ strict: false, allErrors: true }).compile(planSchema)
    const plan = json(result.stdout)
    expect(validate(plan), JSON.stringify(validate.errors, null, 2)).toBe(true)
    expect(plan).toMatchObject({
      version: 1,
      asOf,
      syncs: [{ name: 'global' }, { name: 'us-gov' }, { name: 'partners' }, { name: 'us-gov-users' }],
    })
    expectPlain(result)
  })

  test('graph: the stages, each after what it needs', async () => {
    const result = await scratch({}).zds('graph', '--json')
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const { stages } = json(result.stdout) as { stages: { id: string; kind: string; needs: string[] }[] } // what --json prints
    const seen = new Set<string>()
    for (const { id, needs, kind } of stages) {
      expect(needs.filter((need) => !seen.has(need))).toEqual([])
      expect(id.split(':')[0]).toBe(kind)
      seen.add(id)
    }
    expect([...seen]).toEqual(expect.arrayContaining(['gather:accounts', 'compare:global', 'apply:us-gov-users']))
  })

  test('graph: as a drawing, for Mermaid and for Graphviz', async () => {
    const here = scratch({})
    const mermaid = await here.zds('graph', '--mermaid')
    expect(mermaid).toMatchObject({ code: 0, stderr: '' })
    const [, node] = /^ {2}(s\d+)\["gather:accounts"\]$/m.exec(mermaid.stdout) ?? []
    const [, needy] = /^ {2}(s\d+)\["gather:global-accounts"\]$/m.exec(mermaid.stdout) ?? []
    expect(mermaid.stdout).toMatch(/^flowchart LR\n/)
    expect(mermaid.stdout).toContain(`\n  ${node} --> ${needy}\n`)
    const dot = await here.zds('graph', '--dot')
    expect(dot).toMatchObject({ code: 0, stderr: '' })
    expect(dot.stdout).toContain('\n  "gather:accounts" -> "gather:global-accounts"\n')
    expect(await here.zds('graph', '--dot', '--json')).toMatchObject({ code: 1, stdout: '' })
  })

  test('apply: the report', async () => {
    const result = await scratch(sandbox.env).zds('apply', '--json', '--yes', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 0 })
    expect(json(result.stdout)).toMatchObject({
      version: 1,
      forced: false,
      syncs: [{ name: 'global', failed: 0, stale: 0, notAttempted: 0, failures: [] }, {}, {}, {}],
    })
    expectPlain(result)
  })

  test('apply with nothing to do: a report of nothing', async () => {
    const result = await scratch(sandbox.env).zds('apply', '--json', '--yes', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 0 })
    expect(json(result.stdout)).toMatchObject({ version: 1, syncs: [{ name: 'global', planned: 0 }, {}, {}, {}] })
  })
})

describe('without a terminal', () => {
  test('stderr has one plain line for each stage, and no counting', async () => {
    const result = await scratch(sandbox.env).zds('plan', '--as-of', asOf)
    expectPlain(result)
    const lines = result.stderr.split('\n').filter((line) => line !== '')
    const stages = lines.filter((line) => line.startsWith('✔ ')).map((line) => line.split(/ +/)[1])
    expect(stages).toEqual([...new Set(stages)])
    expect(stages).toEqual(expect.arrayContaining(['gather:accounts', 'gather:global-organizations', 'compare:us-gov']))
    expect(lines.filter((line) => !/^✔ (gather|compare):[\w-]+ {2}.* {2}\d+\.\d s$/.test(line))).toEqual([])
  })

  test('what is worth knowing is told once, not for each request', async () => {
    const environment = { ...sandbox.env, ...sandbox.tokenEnv }
    for (const name of Object.keys(environment)) if (/ZENDESK_\w+_CLIENT_/.test(name)) environment[name] = ''
    const result = await scratch(environment).zds('plan', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 0 })
    for (const instance of ['global', 'us-gov']) {
      expect(result.stderr.split(`${instance}: signs in with an API token`), instance).toHaveLength(2)
    }
  })

  test('colours are for terminals only, whatever TERM says', async () => {
    const here = scratch({ ...sandbox.env, TERM: 'xterm-256color', NO_COLOR: '' })
    const result = await here.zds('plan', '--as-of', asOf)
    expect(result.stdout + result.stderr).not.toContain('\u001B')
  })

  test('a reader that stops early is no failure', async () => {
    const here = scratch(sandbox.env)
    const zds = `${process.execPath} ${new URL('../../bin/zds.js', import.meta.url).pathname} plan --json --as-of ${asOf}`
    const result = await started('sh', ['-c', `${zds} | head -c 10`], here, sandbox.env).ended
    expect(result.stdout).toHaveLength(10)
    expectPlain(result)
    expect(result.stderr).not.toContain('Error')
  })
})

describe('zds status', () => {
  const because = `agreed in CHG-1\u001B[2J, ${'by all who were asked, '.repeat(6)}\nand more`

  test('keeps to the width of the terminal, and shows what others wrote as text', async () => {
    const here = scratch({})
    const { ended } = onTerminal(await withRun(here, because), {}, 'status')
    const { code, stdout } = await ended
    expect(code, stdout).toBe(0)
    expect(stdout).toContain(String.raw`CHG-1\u001B[2J`)
    const lines = stripVTControlCharacters(stdout).split(/\r?\n/)
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(80)
  })

  test('without a terminal a run is one line', async () => {
    const { code, stdout } = await (await withRun(scratch({}), because)).zds('status')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^\S+ {2}\S+ {2}done, 0 of 0 done, approved by Ada: agreed in CHG-1\\u001B\[2J.*\\nand more {2}\w+\n\nKept: 1 run since 2026-03-16, .*\n$/,
    )
  })
})

/** A project whose journal has one run, with an approval as somebody typed it. */
async function withRun(here: Project, because: string): Promise<Project> {
  mkdirSync(join(here.directory, '.zds'))
  const state = localState(join(here.directory, '.zds'))
  const plan: Plan = { version: 1, createdAt: '', asOf, config: '', syncs: [], digest: 'd'.repeat(64) }
  const at = new Date('2026-03-16T10:00:00Z')
  await state.journal.begin({ id: '20260316T100000-abcdef', plan, forced: false, at, approval: { by: 'Ada', because } })
  await state.journal.end('20260316T100000-abcdef', 'done', at)
  await state.close()
  return here
}
