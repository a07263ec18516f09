import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import type { Change, Plan } from 'zds'
import { project, type Project } from '../support/zds.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox
let here: Project
let plan: Plan
let changes: readonly Change[]

beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 60, seed: 1, asOf }) })
  here = project(sandbox.env)
  const { code, stderr } = await here.zds('plan', '--out', 'plan.json', '--as-of', asOf)
  if (code !== 0) throw new Error(stderr)
  plan = JSON.parse(readFileSync(join(here.directory, 'plan.json'), 'utf8')) as Plan // what --out saves
  changes = plan.syncs.flatMap((sync) => [...sync.changes])
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})
const show = (...args: readonly string[]) => here.zds('show', 'plan.json', ...args)

describe('a saved plan', () => {
  test('says what every record is called, where it writes, and what its limits come to', () => {
    expect(changes.filter(({ name }) => name === undefined)).toEqual([])
    expect(plan.syncs.map(({ address }) => address)).toEqual([
      sandbox.env['ZENDESK_GLOBAL_URL'],
      sandbox.env['ZENDESK_US_GOV_URL'],
      sandbox.env['ZENDESK_GLOBAL_URL'],
      sandbox.env['ZENDESK_US_GOV_URL'],
    ])
    expect(plan.syncs[0]?.bounds?.update).toEqual({ most: expect.any(Number), share: 0.3 })
  })

  test('is shown with the hosts and with names; the digest and commands to copy stand whole on their lines', async () => {
    const { stdout, stderr } = await show()
    expect(stdout).toContain(`global  ${sandbox.env['ZENDESK_GLOBAL_URL']}`)
    expect(stdout).toMatch(new RegExp(`^Digest ${plan.digest}$`, 'm'))
    for (const { name } of changes.filter(({ op }) => op === 'retire').slice(0, 1)) expect(stdout).toContain(name)
    expect(stderr).toMatch(/^ {2}zds show plan\.json --all$/m)
  })

  test('and with --all every change with every field, creates with their values', async () => {
    const { stdout } = await show('--all')
    const lines = stdout.slice(stdout.indexOf('ALL CHANGES')).split('\n')
    for (const { key, fields } of changes) {
      const at = lines.findIndex((line) => line.includes(`  ${key}  `))
      expect(at, key).toBeGreaterThan(0)
      const below = lines.slice(at + 1, at + 1 + Object.keys(fields).length)
      expect(below.map((line) => line.trim().split('  ')[0])).toEqual(Object.keys(fields))
    }
  })
})

describe('a part of it', () => {
  test('is told by record, sync, field or operation, and nothing else is', async () => {
    const [first] = changes
    const one = await show('--key', first?.key.slice(0, 15) ?? '')
    expect(one.stdout).toContain(`1 of ${changes.length} changes`)
    for (const [field] of Object.entries(first?.fields ?? {})) expect(one.stdout).toContain(`      ${field}  `)
    const keysIn = ({ stdout }: { stdout: string }) =>
      (JSON.parse(stdout) as Plan).syncs.flatMap((sync) => [...sync.changes].map(({ key }) => key)) // what json prints
    expect(keysIn(await show('--retire', '--format', 'json'))).toEqual(
      changes.filter(({ op }) => op === 'retire').map(({ key }) => key),
    )
    expect(keysIn(await show('--sync', 'us-gov', '--sync', 'partners', '--json'))).toEqual(
      plan.syncs.slice(1, 3).flatMap((sync) => [...sync.changes].map(({ key }) => key)),
    )
    expect(keysIn(await here.zds('show', '--op', 'update', '--field', 'aar', 'plan.json', '--json'))).toEqual(
      changes.filter(({ op, fields }) => op === 'update' && 'aar' in fields).map(({ key }) => key),
    )
  })

  test('that does not exist is an error that names it, with what was probably meant', async () => {
    const { code, stdout, stderr } = await show('--sync', 'us-gof', '--field', 'account_ownr', '--key', 'nobody at all')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('--sync us-gof: is nowhere in this plan; did you mean us-gov?')
    expect(stderr).toContain('--field account_ownr: is nowhere in this plan; did you mean account_owner?')
    expect(stderr).toContain('--key nobody at all: is nowhere in this plan')
    expect(await show('--op', 'delete')).toMatchObject({ code: 1, stdout: '' })
  })

  test('can be asked of zds plan, for a person only', async () => {
    const { stdout } = await here.zds('plan', '--sync', 'us-gov', '--as-of', asOf)
    expect(stdout).toContain(`${plan.syncs[1]?.changes.length} of ${changes.length} changes`)
    for (const whole of ['--json', '--redact'])
      expect(await here.zds('plan', whole, '--sync', 'us-gov', '--as-of', asOf)).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('other forms of it', () => {
  test('JSON is the plan document itself, which an apply takes', async () => {
    expect(JSON.parse((await show('--format', 'json')).stdout)).toEqual(plan)
  })

  test('NDJSON has a line a change, CSV a line a field, Markdown the tables, HTML a page; on stdout and nothing else', async () => {
    const ndjson = (await show('--format', 'ndjson')).stdout.trimEnd().split('\n')
    expect(ndjson.map((line) => (JSON.parse(line) as Change).key)).toEqual(changes.map(({ key }) => key)) // what it prints
    const csv = (await show('--format', 'csv')).stdout.trimEnd().split('\r\n')
    expect(csv).toHaveLength(1 + changes.reduce((sum, { fields }) => sum + Object.keys(fields).length, 0))
    expect(csv[0]).toMatch(/^\uFEFFsync,/)
    expect((await show('--format', 'html')).stdout).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
    expect((await show('--format', 'md')).stdout).toMatch(
      /^## Plan as of 2026-03-16: \d+ changes\n[^]*\n\| `global` \| \d/,
    )
  })
})

test('a run that only planned is shown as its plan, in every form; a run that is not there is named', async () => {
  const run = await here.zds('show', 'last')
  expect(run, run.stderr).toMatchObject({ code: 0 })
  expect(run.stdout).toContain(`Digest ${plan.digest}`)
  expect(run.stdout).not.toContain('WHAT BECAME OF IT')
  expect(JSON.parse((await here.zds('show', 'last', '--json')).stdout)).toMatchObject({ digest: plan.digest })
  const strange = await here.zds('show', '20260101T000000-abcdef')
  expect([strange.code, strange.stdout]).toEqual([1, ''])
  expect(strange.stderr).toContain('20260101T000000-abcdef')
})

test('outcomes call records by their names, and the next plan is empty', async () => {
  const applied = await here.zds('apply', 'plan.json', '--as-of', asOf)
  expect(applied, applied.stderr).toMatchObject({ code: 0 })
  const shown = await here.zds('show', 'last')
  expect(shown.stdout).toContain(`Digest ${plan.digest}`)
  expect(shown.stdout).toMatch(/^WHAT BECAME OF IT \(run \S+: done\)\nglobal: \d+ of \d+ changes done/m)
  const rows = (await here.zds('outcomes', 'last')).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Change) // what it prints
  expect(rows.map(({ key, name, reason }) => [key, name, reason])).toEqual(
    changes.map(({ key, name, reason = null }) => [key, name, reason]),
  )
  const document = JSON.parse((await here.zds('show', 'last', '--json')).stdout) as {
    status: string
    outcomes: { [sync: string]: { key: string; status: string }[] }
  } // what it prints
  expect(document).toMatchObject({ digest: plan.digest, status: 'done' })
  const done = Object.values(document.outcomes).flat()
  expect(done.map(({ key, status }) => [key, status])).toEqual(changes.map(({ key }) => [key, 'done']))
  const csv = (await here.zds('show', 'last', '--format', 'csv')).stdout.trimEnd().split('\r\n')
  expect(csv[0]).toMatch(/,outcome,code,message$/)
  expect(csv.slice(1).every((line) => line.endsWith(',done,,'))).toBe(true)
  const [line = ''] = (await here.zds('show', 'last', '--format', 'ndjson')).stdout.split('\n')
  expect(JSON.parse(line)).toMatchObject({ outcome: { status: 'done' } })
  expect((await here.zds('plan', '--as-of', asOf)).stdout).toMatch(/^Plan as of 2026-03-16: nothing to do/)
})
