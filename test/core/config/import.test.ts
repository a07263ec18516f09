import { getEventListeners } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ZdsError } from 'zds'
import { whyNotLoaded } from '../../../src/core/config/broken.ts'
import { brokenBy, importWatched, isOwn } from '../../../src/core/config/import.ts'
import { ownDirectory } from '../../../src/core/package.ts'

/** What is installed is loaded by Node itself, all else by vitest: so the configurations of these tests are there. */
let directory: string
beforeEach(() => {
  directory = join(realpathSync(mkdtempSync(join(tmpdir(), 'zds-import-'))), 'node_modules/mine')
  mkdirSync(directory, { recursive: true })
})
afterEach(() => rmSync(dirname(dirname(directory)), { recursive: true }))

const write = (name: string, text: string): string => {
  const file = join(directory, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const never = new AbortController().signal
const imported = (text: string, ms = 5_000, signal = never) => importWatched(write('sync.config.mjs', text), ms, signal)
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const filesOf = async (text: string): Promise<string[]> =>
  (await imported(text)).files.map((file) => relative(directory, file)).toSorted()

describe('what a configuration is made of', () => {
  it('SAFE-11: is all files that it leads to, each time that it is loaded, and none that others load meanwhile', async () => {
    write('part.mjs', `import 'node:path'\nimport './deep.mjs'\nexport const one = 1\n`)
    write('deep.mjs', '')
    write('late.mjs', '')
    const other = write('other.mjs', `import './of-the-other.mjs'\nawait import('./late.mjs')`)
    write('of-the-other.mjs', '')
    const text = `import { one } from './part.mjs'\nexport default one\nexport const late = () => import('./late.mjs')\n`
    const [mine, theirs] = await Promise.all([imported(text), importWatched(other, 5_000, never)])
    const names = (files: readonly string[]): string[] => files.map((file) => relative(directory, file)).toSorted()
    expect(mine.module).toMatchObject({ default: 1 })
    expect(names(mine.files)).toEqual(['deep.mjs', 'part.mjs', 'sync.config.mjs'])
    expect(names(theirs.files)).toEqual(['late.mjs', 'of-the-other.mjs', 'other.mjs'])
    await (mine.module as { late: () => Promise<unknown> }).late() // it exports that
    expect(await filesOf(text)).toEqual(['deep.mjs', 'part.mjs', 'sync.config.mjs'])
  })

  it('SAFE-11: counts an installed plugin, but not what is installed for zds itself', async () => {
    for (const name of ['my-plugin', 'ajv', 'pg']) write(`node_modules/${name}/main.mjs`, '')
    const files = await filesOf(
      ['my-plugin', 'ajv', 'pg'].map((name) => `import './node_modules/${name}/main.mjs'\n`).join(''),
    )
    expect(files).toEqual(['node_modules/my-plugin/main.mjs', 'sync.config.mjs'])
  })

  it('is known by where a link leads to', async () => {
    const real = write('real/sync.config.mjs', `import './part.mjs'`)
    write('real/part.mjs', '')
    symlinkSync(real, join(directory, 'sync.config.mjs'))
    const { files } = await importWatched(join(directory, 'sync.config.mjs'), 5_000, never)
    expect(files).toEqual([real, join(directory, 'real/part.mjs')])
  })

  it.each([
    ['src/core/index.ts', true],
    ['plugins/csv/index.ts', true],
    ['dist/index.js', true],
    ['node_modules/whatever/index.js', true],
    ['sync.config.ts', false],
    ['test/here.ts', false],
    ['test/ajv/here.ts', false],
  ])('%s of the folder of zds is its own: %j', (path, own) => {
    expect(isOwn(join(ownDirectory(), path))).toBe(own)
  })
})

describe('code that never comes to its end', () => {
  const WAITS = 'await new Promise(() => undefined)'

  it('is given up after a while', async () => {
    expect(await failureOf(imported(WAITS, 20))).toMatchObject({
      code: 'CONFIG_BROKEN',
      message: `${join(directory, 'sync.config.mjs')} was not loaded in 0.02 s`,
      hint: 'It waits for something: see what it awaits.',
    })
  })

  it('is given up when somebody stops it, before it begins or meanwhile', async () => {
    const reason = new Error('stopped')
    expect(await failureOf(imported(WAITS, 5_000, AbortSignal.abort(reason)))).toBe(reason)
    const controller = new AbortController()
    const loading = failureOf(imported(`${WAITS} // once more`, 5_000, controller.signal))
    setTimeout(() => controller.abort(reason), 5)
    expect(await loading).toBe(reason)
  })

  it('and where all is well, nothing is left that waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { signal } = new AbortController()
    await imported('export default 1', 5_000, signal)
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('why a configuration cannot be loaded', () => {
  const whyNot = async (text: string): Promise<ZdsError> => {
    const cause = await failureOf(imported(text))
    return whyNotLoaded(join(directory, 'sync.config.mjs'), cause)
  }

  it.each([
    ['code that throws', `\nthrow new Error('no luck')\n`, /: no luck \(line 2\)$/, /^none$/],
    ['a text that is thrown', `throw 'no luck'\n`, /: no luck$/, /^none$/],
    ['what is not there', `import './nowhere.mjs'\n`, /nowhere\.mjs/, /^Check the paths of its imports/],
    ['what a package does not export', `import 'zds/nowhere'\n`, /nowhere/, /^Check the paths of its imports/],
    ['a name that is none', `\nimport { on } from './part.mjs'\n`, / \(line 2\)$/, /^Correct the name/],
    ['code that throws in a part', `import './wrong.mjs'\n`, / \(wrong\.mjs, line 12\)$/, /^none$/],
    ['a call of its part', `import { fail } from './part.mjs'\n\nfail()\n`, /: no luck \(line 3\)$/, /^none$/],
    ['a call of zds', `\nawait import(${JSON.stringify(join(ownDirectory(), 'src/none.js'))})`, /none/, /^Check/],
  ])('%s', async (_, text, message, hint) => {
    write('part.mjs', `export const one = 1\nexport const fail = () => {\n  throw new Error('no luck')\n}\n`)
    write('wrong.mjs', `${'\n'.repeat(11)}throw new Error('no luck')\n`)
    write('node_modules/zds/package.json', '{ "name": "zds", "exports": {} }')
    const why = await whyNot(text)
    expect(why).toMatchObject({ code: 'CONFIG_BROKEN', cause: expect.anything() as unknown })
    expect(why.message).toMatch(message)
    expect(why.message.startsWith(`${join(directory, 'sync.config.mjs')} cannot be loaded: `)).toBe(true)
    expect(why.hint ?? 'none').toMatch(hint)
  })

  it.each([
    ['an enum', 'const a = 1\nenum Level { Gold }\n', '', / \(line 2\)$/, /^Enums, /],
    ['a slip in its syntax', 'const a = 1\n\nexport default { a: [ }\n', '', / \(line 3\)$/, /^none$/],
    ['one in a part', `import './part.ts'\n`, 'const a = 1\nconst b = {\n', / \(part\.ts, line \d\)$/, /^none$/],
  ])('%s in TypeScript', (_, text, part, message, hint) => {
    const file = write('../../sync.config.ts', text)
    write('../../part.ts', part)
    write('../../package.json', '{ "type": "module" }')
    let why: ZdsError | undefined
    try {
      createRequire(import.meta.url)(file)
    } catch (error) {
      why = whyNotLoaded(file, error)
    }
    expect(why?.message).toMatch(message)
    expect(why?.hint ?? 'none').toMatch(hint)
  })

  it('a script that it is for Node', () => {
    const file = write('sync.config.js', `import 'node:path'\n`)
    let why: ZdsError | undefined
    try {
      compileFunction(readFileSync(file, 'utf8'))
    } catch (error) {
      why = whyNotLoaded(file, error)
    }
    expect(why?.hint).toMatch(/npm pkg set type=module/)
  })

  it('a package of a part that is not installed, with what to install', async () => {
    write('plugins/postgres-state/store.mjs', `import 'pg'\n`)
    expect(await whyNot(`import './plugins/postgres-state/store.mjs'\n`)).toMatchObject({
      code: 'PACKAGE_MISSING',
      message: expect.stringContaining('sync.config.mjs: zds/postgres-state needs pg: npm install ') as string,
    })
  })

  it('a plugin that refuses its options is told in its words, each of its problems with the line that calls it', async () => {
    const text = `const issues = [{ code: 'X', where: 'sync', message: 'has no option "feilds"' }]
throw Object.assign(new Error(), { told: issues })\n`
    const error = (await failureOf(imported(text))) as Error & { told: [] } // thrown above
    const told = new ZdsError('CONFIG_INVALID', 'sync was given options it cannot use', {
      hint: 'h',
      issues: error.told,
    })
    const file = join(directory, 'sync.config.mjs')
    expect(whyNotLoaded(file, Object.assign(told, { stack: error.stack }))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'sync.config.mjs: sync was given options it cannot use (line 2)',
      hint: 'h',
      issues: [{ code: 'X', where: 'sync', message: 'has no option "feilds" (sync.config.mjs:2)' }],
      cause: told,
    })
    const ours = `at file://${ownDirectory()}/src/core/options.ts:1:1`
    expect(whyNotLoaded(file, Object.assign(told, { stack: ours }))).toMatchObject({
      message: 'sync.config.mjs: sync was given options it cannot use',
      issues: [{ message: 'has no option "feilds"' }],
    })
  })
})

describe('what a configuration throws where nobody waits for it', () => {
  const thrownBy = async (text: string): Promise<unknown> => {
    const { module } = await imported(`${text}\nexport const late = async () => {\n  one()\n}\n`)
    return failureOf((module as { late: () => Promise<unknown> }).late()) // it exports that
  }

  it('is told with its line, also of a file that it leads to', async () => {
    const thrown = await thrownBy(`${'\n'.repeat(11)}const one = () => {\n  throw new Error('no luck')\n}`)
    expect(brokenBy(thrown)).toMatchObject({
      code: 'CONFIG_BROKEN',
      message: `${join(directory, 'sync.config.mjs')} throws where nobody waits for it: no luck (line 13)`,
      hint: 'Await what it begins, or leave it out.',
      cause: thrown,
    })
    const part = write('other-part.mjs', `export const one = () => {\n  throw new Error('no luck')\n}\n`)
    const other = write('other.mjs', `import { one } from './other-part.mjs'\nexport const late = async () => one()\n`)
    const { module } = await importWatched(other, 5_000, never)
    const late = await failureOf((module as { late: () => Promise<unknown> }).late()) // it exports that
    expect(brokenBy(late)?.message).toContain(`${part} throws`)
  })

  it('but not what anything else throws', async () => {
    expect(brokenBy(new Error('ours'))).toBeUndefined()
    expect(brokenBy(new ZdsError('USAGE', 'ours'))).toBeUndefined()
    expect(brokenBy(null)).toBeUndefined()
    const { files } = await imported('export default 1')
    const told = new ZdsError('USAGE', 'said by a plugin, with a code of its own')
    const stack = `at one (${pathToFileURL(files[0] ?? '').href}:1:1)`
    expect(brokenBy(Object.assign(told, { stack }))).toBeUndefined()
    expect(brokenBy(Object.assign(new Error('nowhere'), { stack: undefined }))).toBeUndefined()
  })
})
