import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, type Plan } from '../../src/core/plan/plan.ts'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { expectRefusal } from '../cli/scratch.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const asOf = new Date().toISOString().slice(0, 10)
let sandbox: Sandbox
let here: Project

beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 120, seed: 1, asOf }) })
  here = project(sandbox.env)
}, 60_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

const text = (file: string): string => readFileSync(join(here.directory, file), 'utf8')
const done = { code: 0, stdout: '' }
const FORMS = ['--html', 'out/page.html', '--markdown', 'out/plan.md', '--junit', 'out/plan.xml', '--gitlab', 'out/gl']

test('zds report writes a plan, saved or just made, and a run with its outcomes; it asks and changes nothing', async () => {
  mkdirSync(join(here.directory, 'out'))
  await here.zds('plan', '--out', 'plan.json')
  const asked = sandbox.requests.length
  expect(await here.zds('report', ...FORMS)).toMatchObject(done)
  expect(sandbox.requests.length).toBe(asked)
  const page = text('out/page.html')
  expect(page).toContain('<title>Plan as of ')
  expect(page).toMatch(/Plan: [\s\S]*gather:accounts/)
  expect(readdirSync(join(here.directory, 'out/gl')).toSorted()).toEqual(
    ['global.json', 'partners.json', 'us-gov-users.json', 'us-gov.json'].toSorted(),
  )
  const { syncs } = JSON.parse(text('plan.json')) as {
    syncs: { name: string; changes: { op: string; key: string }[] }[]
  } // a plan
  const creates = (name: string): number =>
    syncs.find((sync) => sync.name === name)?.changes.filter(({ op }) => op === 'create').length ?? 0
  expect(JSON.parse(text('out/gl/global.json'))).toMatchObject({ create: creates('global') })

  // OPS-08: what US Government keeps to itself is in files of its own.
  const keysOf = (some: typeof syncs): string[] => some.flatMap(({ changes }) => changes.map(({ key }) => key))
  const apart = syncs.filter(({ name }) => name.startsWith('us-gov'))
  const elsewhere = new Set(keysOf(syncs.filter((sync) => !apart.includes(sync))))
  const own = keysOf(apart).filter((key) => !elsewhere.has(key))
  expect(own.length).toBeGreaterThan(0)
  for (const file of ['out/page.html', 'out/plan.md', 'out/plan.xml']) {
    expect(
      own.filter((key) => text(file).includes(key)),
      file,
    ).toEqual([])
    expect(text(file), file).not.toContain(new URL(sandbox.env['ZENDESK_US_GOV_URL'] ?? '').host)
  }
  expect(own.filter((key) => !text('out/page.us-gov.html').includes(key))).toEqual([])

  // A slip in a name destroys nothing; what it has written itself it replaces.
  const before = text('plan.json')
  const slip = await here.zds('report', 'plan.json', '--markdown', 'out/plan.md', '--html', 'plan.json')
  expectRefusal(slip, 'USAGE')
  expect(slip.stderr).toContain('plan.json is there already and is no report of this form')
  expect(text('plan.json')).toBe(before)
  expect(await here.zds('report', ...FORMS)).toMatchObject(done)

  expect(await here.zds('report', 'plan.json', '--html', 'out/saved.html')).toMatchObject(done)
  // But for what took how long, which a saved plan does not know.
  expect(text('out/saved.html').match(/<script[\s\S]*/)?.[0]).toBe(page.match(/<script[\s\S]*/)?.[0])

  await here.zds('apply', 'plan.json', '--yes', '--force')
  expect(await here.zds('report', 'last', ...FORMS)).toMatchObject(done)
  expect(text('out/page.html')).toMatch(/<title>Run \S+: done<\/title>/)
  expect(text('out/page.html')).toMatch(/Apply: [\s\S]*apply:global/)
  expect(text('out/plan.xml')).toContain(' failures="0">')
  expect(JSON.parse((await here.zds('plan', '--json')).stdout)).toMatchObject({
    syncs: syncs.map(({ name }) => ({ name, changes: [] })),
  })
})

test('what a plan calls its syncs and instances leads to no other directory', async () => {
  const { digest: _digest, ...plan } = JSON.parse(text('plan.json')) as Plan // what --out saves
  const syncs = plan.syncs.map((sync) => ({ ...sync, name: `../../${sync.name}`, instance: `/../../${sync.instance}` }))
  const forged = { ...plan, syncs, digest: digestOf({ ...plan, syncs }) }
  writeFileSync(join(here.directory, 'forged.json'), JSON.stringify(forged))
  mkdirSync(join(here.directory, 'deep/er'), { recursive: true })
  const args = ['--html', 'deep/er/page.html', '--gitlab', 'deep/er/gl']
  expect(await here.zds('report', 'forged.json', ...args)).toMatchObject(done)
  expect(readdirSync(join(here.directory, 'deep'))).toEqual(['er'])
  expect(readdirSync(join(here.directory, 'deep/er/gl'))).toContain('..%2F..%2Fglobal.json')
})

function expectNamed(result: Result, code: string, named: string): void {
  expectRefusal(result, code)
  expect(result.stderr).toContain(named)
}

test('what cannot be told of is refused by name', async () => {
  expectNamed(await here.zds('report'), 'USAGE', '--html FILE')
  expectNamed(await here.zds('report', 'nosuch', '--html', 'x.html'), 'USAGE', 'nosuch')
  expect(existsSync(join(here.directory, 'x.html'))).toBe(false)
  expectNamed(await here.zds('report', 'last', '--html', 'nowhere/x.html'), 'FILE_NOT_FOUND', 'nowhere/x.html')
})
