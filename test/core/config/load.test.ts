import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Issue } from 'zds'

type Loaded = {
  readonly code?: string
  readonly message?: string
  readonly hint?: string
  readonly issues?: readonly Issue[]
  readonly file?: string
  readonly directory?: string
  readonly fingerprint?: string
  readonly targets?: readonly string[]
  readonly seen?: string | null
  readonly variables?: unknown
  readonly warnings?: readonly string[]
}

const program = join(import.meta.dirname, '../../support/load-in.ts')

vi.setConfig({ testTimeout: 30_000 })

let directory: string
beforeEach(() => {
  // Inside the repository, so that a configuration can import `zds` by its name.
  directory = mkdtempSync(join(import.meta.dirname, '../../.tmp-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Each Node would compile all of zds again, which takes longer than what is tested here. */
const compiled = mkdtempSync(join(tmpdir(), 'zds-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

type How = {
  readonly withinMs?: number
  readonly from?: string
  readonly config?: string
  readonly env?: string
  readonly outside?: Record<string, string>
}

async function loaded({ from = directory, outside = {}, ...options }: How = {}): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, from, JSON.stringify(options)], {
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...outside },
  })
  return JSON.parse(stdout) as Loaded // printed by the program
}

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)

const GOOD = `import { defineConfig, sync, text, typesOf, type Target } from 'zds'
const fields = { id: text('Id') }
const accounts = { name: 'accounts', read: async function* () {} }
const target: Target = { name: 'orgs', instance: 'global', resource: 'organizations', types: typesOf(fields), read: async function* () {}, ops: ['create', 'update'], staleness: 'none', address: () => '', refetch: async function* () {}, settle: async function* () {}, apply: async function* () {} }
export default defineConfig({ sources: { accounts }, targets: { global: sync({ fields, desired: accounts, target, rules: { key: 'id' } }) } })
`

describe('finding the configuration', () => {
  it('is the nearest sync.config.ts, from here up', async () => {
    write('sync.config.ts', GOOD)
    mkdirSync(join(directory, 'deep/er'), { recursive: true })
    const found = await loaded({ from: join(directory, 'deep/er') })
    expect(found).toMatchObject({ file: join(directory, 'sync.config.ts'), directory, targets: ['global'] })
  })

  it('is the file that is named, relative to here', async () => {
    mkdirSync(join(directory, 'other'))
    write('other/mine.ts', GOOD)
    expect(await loaded({ config: 'other/mine.ts' })).toMatchObject({
      directory: join(directory, 'other'),
      targets: ['global'],
    })
  })

  it('is one alone: of two in one directory nobody can tell which is meant', async () => {
    write('sync.config.ts', GOOD)
    write('sync.config.mjs', 'export default 1')
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${directory} has sync.config.ts and sync.config.mjs`,
      hint: expect.stringContaining('--config sync.config.ts') as string,
    })
    expect(await loaded({ config: 'sync.config.ts' })).toMatchObject({ targets: ['global'] })
  })

  it('that is nowhere says where it was looked for, and what to do', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'zds-load-'))
    writeFileSync(join(elsewhere, 'package.json'), '{}')
    const found = await loaded({ from: elsewhere })
    rmSync(elsewhere, { recursive: true })
    expect(found).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `There is no sync.config.ts in ${elsewhere} or above it`,
      hint: expect.stringContaining('--config') as string,
    })
  })

  it('that is named but missing is named', async () => {
    expect(await loaded({ config: 'nowhere.ts' })).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `There is no file ${join(directory, 'nowhere.ts')}`,
    })
  })

  it('has a fingerprint that changes with its text', async () => {
    write('sync.config.ts', GOOD)
    const before = (await loaded()).fingerprint
    expect((await loaded()).fingerprint).toBe(before)
    write('sync.config.ts', `${GOOD}// another word\n`)
    expect((await loaded()).fingerprint).not.toBe(before)
  })
})

describe('a configuration that cannot be loaded', () => {
  it('without a default export', async () => {
    write('sync.config.ts', `export const config = 1\n`)
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_BROKEN',
      message: expect.stringContaining('has no default export') as string,
      hint: expect.stringContaining('export default') as string,
    })
  })

  it('with a default export of nothing', async () => {
    write('sync.config.ts', `export default undefined\n`)
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_BROKEN',
      message: expect.stringContaining('has no default export') as string,
    })
  })

  it('that is empty', async () => {
    write('sync.config.ts', '')
    expect(await loaded()).toMatchObject({ code: 'CONFIG_BROKEN' })
  })

  it('with a slip in its syntax, names file and line', async () => {
    write('sync.config.ts', `import { defineConfig } from 'zds'\n\nexport default defineConfig({ sources: { ]\n`)
    const { code, message } = await loaded()
    expect(code).toBe('CONFIG_BROKEN')
    expect(message).toContain(join(directory, 'sync.config.ts'))
    expect(message).toContain('(line 3)')
  })

  it('with an enum, says what to use instead, and where it stands', async () => {
    write('sync.config.ts', `const a = 1\nenum Level { Gold }\nexport default Level\n`)
    expect(await loaded()).toMatchObject({ code: 'CONFIG_BROKEN', hint: expect.stringContaining('Enums') as string })
  })

  it('that imports what is not there', async () => {
    write('sync.config.ts', `import { x } from './nowhere.ts'\nexport default x\n`)
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_BROKEN',
      message: expect.stringContaining('nowhere.ts') as string,
      hint: expect.stringContaining('imports') as string,
    })
  })

  it.each([
    ['a slip in its syntax', 'export const one = {\n  a: 1\n  b: 2\n}\n', '(parts/one.ts, line 3)'],
    ['code that throws', 'export const one = 1\nthrow new Error("no luck")\n', '(parts/one.ts, line 2)'],
    ['a name that is none', "import { sync } from 'zds'\nimport { snyc } from 'zds'\n", '(parts/one.ts, line 2)'],
  ])('that imports a file with %s, names that file and the line', async (_, text, place) => {
    mkdirSync(join(directory, 'parts'))
    write('parts/one.ts', text)
    write('sync.config.ts', `import './parts/one.ts'\n${GOOD}`)
    const { code, message } = await loaded()
    expect(code).toBe('CONFIG_BROKEN')
    expect(message).toContain(place)
  })

  it.each([
    ["import { records, type FieldTable } from 'zds/sandbocks'", 'imports'],
    ["import { FieldTable } from 'zds'", 'type'],
  ])('%s says what to do', async (line, word) => {
    write('sync.config.ts', `${line}\n${GOOD}`)
    expect((await loaded()).hint).toContain(word)
  })

  it('that is a directory is told to be one', async () => {
    mkdirSync(join(directory, 'deep'))
    expect(await loaded({ config: 'deep' })).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `${join(directory, 'deep')} is a directory`,
    })
  })

  it('that the nearest package.json makes a script, says how it becomes a module', async () => {
    write('package.json', '{ "type": "commonjs" }')
    write('sync.config.ts', GOOD)
    const { code, hint } = await loaded()
    expect(code).toBe('CONFIG_BROKEN')
    expect(hint).toContain('npm pkg set type=module')
  })

  it('that throws, names its words and its line', async () => {
    write('sync.config.ts', `const nothing: { x?: { y: number } } = {}\n\nexport default nothing.x.y\n`)
    const { code, message } = await loaded()
    expect(code).toBe('CONFIG_BROKEN')
    expect(message).toMatch(/undefined.*\(line 3\)/)
  })

  it('whose plugin refuses its options is reported in the words of the plugin', async () => {
    write(
      'sync.config.ts',
      `import { ZdsError } from 'zds'\nthrow new ZdsError('CONFIG_INVALID', 'zendesk was given options it cannot use')\n`,
    )
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'sync.config.ts: zendesk was given options it cannot use (line 2)',
    })
  })

  it('whose plugin refuses several options has its line with each: zds validate shows these alone', async () => {
    write('sync.config.ts', `import { sync } from 'zds'\n\nexport default sync({ feilds: {} })\n`)
    const { issues = [] } = await loaded()
    expect(issues.length).toBeGreaterThan(1)
    for (const { message } of issues) expect(message).toMatch(/ \(sync\.config\.ts:3\)$/)
  })
})

describe('a configuration of the wrong shape', () => {
  it('is refused with all problems at once, each with its path', async () => {
    write(
      'sync.config.ts',
      `const read = async function* () {}
export default { sources: { accounts: {}, 'bad name': { read } }, processors: [], targets: { global: { read } }, hooks: { global: { kind: 'observer' }, x: 5 }, plugins: {}, state: {}, engine: 'dbos', keepDays: '7', silenced: { 'token-ends:global': '' } }
`,
    )
    const { code, issues = [] } = await loaded()
    expect(code).toBe('CONFIG_INVALID')
    expect(issues.map(({ where, message }) => `${where} ${message}`).toSorted()).toEqual([
      'engine must be who carries out runs: dbosEngine({ … })',
      'hooks.global has a name that another entry has',
      'hooks.x must be a sync or an observer',
      'keepDays must be a number of days; 0 keeps all',
      'plugins is not one of sources, processors, targets, hooks, state, engine, keepDays, silenced',
      'processors must be an object: names and what they stand for',
      'silenced must be ids of findings, each with why it is left: { "token-ends:global": "…" }',
      'sources.accounts must be a source',
      'sources.bad name must be named with letters, digits and hyphens',
      'state must be what opens a state: localState, postgresState({ … })',
      'targets.global must be a sync, as sync({ desired, target, … }) makes it',
    ])
  })

  it.each(['5', 'null', '[]', '"text"', '() => ({})'])('%s is no configuration', async (text) => {
    write('sync.config.ts', `export default ${text}\n`)
    expect(await loaded()).toMatchObject({ code: expect.stringMatching(/^CONFIG_(INVALID|BROKEN)$/) as string })
  })

  it('lacks what it must have', async () => {
    write('sync.config.ts', 'export default {}\n')
    expect((await loaded()).issues?.map(({ where, message }) => `${where} ${message}`)).toEqual([
      'sources is missing',
      'targets is missing',
    ])
  })

  it('is refused when its stages cannot be put in order', async () => {
    write('sync.config.ts', GOOD.replace(`sources: { accounts }`, `sources: { accounts, Accounts: { ...accounts } }`))
    expect(await loaded()).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('accounts') as string,
    })
  })
})

describe('the .env file beside the configuration', () => {
  it('is read before the configuration', async () => {
    write(
      'sync.config.ts',
      `if (process.env['ZDS_TEST_SEEN'] !== 'from the file') throw new Error('too late')\n${GOOD}`,
    )
    write('.env', 'ZDS_TEST_SEEN=from the file\n')
    expect((await loaded()).seen).toBe('from the file')
  })

  it('loses against the environment', async () => {
    write('sync.config.ts', GOOD)
    write('.env', 'ZDS_TEST_SEEN=from the file\n')
    expect((await loaded({ outside: { ZDS_TEST_SEEN: 'from outside' } })).seen).toBe('from outside')
  })

  it('wins over an empty variable of the environment, which is none (SAFE-09)', async () => {
    write('sync.config.ts', GOOD)
    write('.env', 'ZDS_TEST_SEEN=from the file\n')
    expect((await loaded({ outside: { ZDS_TEST_SEEN: ' ' } })).seen).toBe('from the file')
  })

  it('is told with the names that it gave, and those that the environment has', async () => {
    write('sync.config.ts', GOOD)
    write('.env', 'ZDS_TEST_SEEN=from the file\nZDS_TEST_OTHER=1\nZDS_TEST_EMPTY= \n')
    expect((await loaded({ outside: { ZDS_TEST_OTHER: '2' } })).variables).toEqual({
      file: join(directory, '.env'),
      given: ['ZDS_TEST_SEEN'],
      outvoted: ['ZDS_TEST_OTHER'],
    })
    rmSync(join(directory, '.env'))
    expect((await loaded()).variables).toBeUndefined()
  })

  it('a name that nothing reads is told where it is two letters from one that is read and not set', async () => {
    write('sync.config.ts', `import { env } from 'zds'\nenv('A_GLOBAL_TOKEN')\nenv('A_EMEA_TOKEN')\n${GOOD}`)
    write('.env', 'A_GLOBAL_TOKN=1\nA_EMEA_TOKNE=2\nA_GOV_TOKEN=3\nOTHER=4\n')
    const says = (name: string, meant: string) => expect.stringMatching(`nothing reads ${name}. Did you mean ${meant}?`)
    expect((await loaded()).warnings).toEqual([
      says('A_GLOBAL_TOKN', 'A_GLOBAL_TOKEN'),
      says('A_EMEA_TOKNE', 'A_EMEA_TOKEN'),
    ])
    expect((await loaded({ outside: { A_GLOBAL_TOKEN: '1', A_EMEA_TOKEN: '2' } })).warnings).toEqual([])
  })

  it('a name with another word in it is one of its own: regions are no slips of each other', async () => {
    const names = ['ZENDESK_AMER_URL', 'ZENDESK_EU_URL', 'ZENDESK_APJ_URL']
    write('sync.config.ts', `import { env } from 'zds'\n${names.map((name) => `env('${name}')\n`).join('')}${GOOD}`)
    write('.env', 'ZENDESK_EMEA_URL=1\nZENDESK_US_URL=2\nZENDESK_APAC_URL=3\nZENDESK_AMRE_URL=4\n')
    expect((await loaded()).warnings).toEqual([
      expect.stringMatching('nothing reads ZENDESK_AMRE_URL. Did you mean ZENDESK_AMER_URL?'),
    ])
  })

  it('that cannot be used is refused with its line', async () => {
    write('sync.config.ts', GOOD)
    write('.env', 'ZDS_TEST_SEEN=1\nnot a variable\n')
    expect(await loaded()).toMatchObject({
      code: 'FILE_INVALID',
      issues: [{ where: `${join(directory, '.env')}:2`, message: 'is no line of the form NAME=value' }],
    })
  })

  it('is replaced by a file that is named, which loses against the environment', async () => {
    write('sync.config.ts', GOOD)
    write('.env', 'ZDS_TEST_SEEN=from the file\n')
    write('other.env', 'ZDS_TEST_OTHER=1\n')
    write('ci.env', 'ZDS_TEST_SEEN=from the named file\n')
    expect((await loaded({ env: 'other.env' })).seen).toBeNull()
    expect((await loaded({ env: 'ci.env' })).seen).toBe('from the named file')
    expect((await loaded({ env: 'ci.env', outside: { ZDS_TEST_SEEN: 'from outside' } })).seen).toBe('from outside')
  })

  it('that is named must be there', async () => {
    write('sync.config.ts', GOOD)
    expect(await loaded({ env: 'nowhere.env' })).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('nowhere.env') as string,
    })
  })

  it('of another directory is not read', async () => {
    mkdirSync(join(directory, 'deep'))
    write('sync.config.ts', GOOD)
    write('deep/.env', 'ZDS_TEST_SEEN=from the file\n')
    expect((await loaded({ from: join(directory, 'deep') })).seen).toBeNull()
  })
})

describe('code that never comes to its end', () => {
  it('is given up after a while, whatever keeps it', async () => {
    write('sync.config.ts', `${GOOD}\nsetInterval(() => {}, 10)\nawait new Promise(() => {})\n`)
    const found = await loaded({ withinMs: 300 })
    expect(found).toMatchObject({ code: 'CONFIG_BROKEN' })
    expect(found.message).toContain('was not loaded in 0.3 s')
  })
})

describe('the fingerprint sees every module that was loaded', () => {
  it.each([
    ['a path that is computed', `await import(['./', 'part.ts'].join(''))`],
    ['a require', `(await import('node:module')).createRequire(import.meta.url)('./part.cjs')`],
    ['an installed plugin', `await import(['my', 'plugin'].join('-'))`],
  ])('%s', async (_, code) => {
    mkdirSync(join(directory, 'node_modules/my-plugin'), { recursive: true })
    write(
      'node_modules/my-plugin/package.json',
      '{"name":"my-plugin","version":"1.0.0","type":"module","main":"main.js"}',
    )
    write('node_modules/my-plugin/main.js', `import './part.js'`)
    write('node_modules/my-plugin/part.js', 'export const one = 1')
    write('part.ts', 'export const one = 1')
    write('part.cjs', 'module.exports = 1')
    write('sync.config.ts', `${GOOD}\n;${code}\n`)
    const before = await loaded()
    expect(before.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect((await loaded()).fingerprint).toBe(before.fingerprint)
    write('node_modules/my-plugin/part.js', 'export const one = 2')
    write('part.ts', 'export const one = 2')
    write('part.cjs', 'module.exports = 2')
    expect((await loaded()).fingerprint).not.toBe(before.fingerprint)
  })

  it.each(['./part.ts', 'my-plugin'])('SAFE-11: %s of a configuration that a link leads to', async (name) => {
    mkdirSync(join(directory, 'real'))
    mkdirSync(join(directory, 'node_modules/my-plugin'), { recursive: true })
    write('node_modules/my-plugin/package.json', '{"name":"my-plugin","type":"module","main":"main.js"}')
    const part = name === 'my-plugin' ? 'node_modules/my-plugin/main.js' : 'real/part.ts'
    write(part, 'export const one = 1')
    write('real/sync.config.ts', `${GOOD}\nimport ${JSON.stringify(name)}\n`)
    symlinkSync('real/sync.config.ts', join(directory, 'sync.config.ts'))
    const before = await loaded()
    expect(before.directory).toBe(directory)
    expect((await loaded({ config: 'real/sync.config.ts' })).fingerprint).toBe(before.fingerprint)
    write(part, 'export const one = 2')
    expect((await loaded()).fingerprint).not.toBe(before.fingerprint)
  })
})
