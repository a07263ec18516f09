import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { contentHalf, fingerprintOf, textsOf } from '../../../src/core/config/fingerprint.ts'
import { sourceOf, syncOf, targetOf } from '../../support/syncs.ts'

let directory: string
const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
const now = (address = 'https://a.example'): string =>
  fingerprintOf(
    join(directory, 'sync.config.ts'),
    {
      sources: {},
      targets: { global: syncOf({}, { target: targetOf({ address }) }) },
    },
    [],
  )

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-fingerprint-'))
  write(
    'sync.config.ts',
    `import { fields } from './fields.ts'\nconst more = await import("./more.ts")\nimport { zds } from 'zds'\n`,
  )
  write('fields.ts', `export { one } from './deep.ts'\nimport './sync.config.ts'\n`)
  write('deep.ts', 'export const one = 1\n')
  write('more.ts', 'export const two = 2\n')
  write('alone.ts', 'nobody imports it')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it.each(['sync.config.ts', 'fields.ts', 'deep.ts', 'more.ts'])('changes with %s', (name) => {
  const before = now()
  write(name, `${name === 'sync.config.ts' ? `import './fields.ts'` : ''}\n// changed`)
  expect(now()).not.toBe(before)
})

it('changes with the address that is written to, and with nothing else', () => {
  const before = now()
  expect(before).toMatch(/^[0-9a-f]{64}$/)
  expect(now('https://b.example')).not.toBe(before)
  expect(contentHalf(now('https://b.example'))).toBe(contentHalf(before))
  write('alone.ts', 'changed')
  expect(now()).toBe(before)
})

it('takes a target whose address is not set', () => {
  const config = { sources: {}, targets: { global: syncOf({}, { target: targetOf({ address: '' }) }) } }
  const file = join(directory, 'sync.config.ts')
  expect(fingerprintOf(file, config, [])).toMatch(/^[0-9a-f]{64}$/)
  expect(fingerprintOf(file, config, [])).not.toBe(now())
})

it('does not mind an import that is not there: loading says so', () => {
  rmSync(join(directory, 'more.ts'))
  expect(now()).toMatch(/^[0-9a-f]{64}$/)
})

it('changes with the data files that its sources are made of, which are found beside it', () => {
  const source = {
    ...sourceOf('plans', ['row']),
    identity: (where: string) => readFileSync(join(where, 'plans.yaml'), 'utf8'),
  }
  const made = (): string =>
    fingerprintOf(join(directory, 'sync.config.ts'), { sources: { plans: source }, targets: {} }, [])
  write('plans.yaml', 'one: 1')
  const before = made()
  expect(made()).toBe(before)
  write('plans.yaml', 'one: 2')
  expect(made()).not.toBe(before)
})

it('SAFE-11: changes with all that was loaded for it, in whatever order; what is gone by then does not matter', () => {
  const [one, two, gone] = ['alone.ts', 'other.ts', 'gone.ts'].map((name) => join(directory, name))
  write('other.ts', 'one')
  const made = (...loaded: unknown[]): string =>
    fingerprintOf(join(directory, 'sync.config.ts'), { sources: {}, targets: {} }, loaded as string[]) // found just now
  const before = made(one, two)
  expect(made(two, one, gone)).toBe(before)
  expect(made(one)).not.toBe(before)
  write('other.ts', 'two')
  expect(made(one, two)).not.toBe(before)
})

it('where there is no file there are no texts', () => {
  expect(textsOf(join(directory, 'nowhere.ts'))).toEqual(new Map())
})

it('changes with the version of a package that is imported', () => {
  const version = (one: string): void => {
    mkdirSync(join(directory, 'node_modules/other'), { recursive: true })
    write('node_modules/other/package.json', JSON.stringify({ name: 'other', version: one, main: 'index.js' }))
    write('node_modules/other/index.js', '')
  }
  write('more.ts', `import 'other'\n`)
  version('1.0.0')
  const before = now()
  expect(now()).toBe(before)
  version('1.0.1')
  expect(now()).not.toBe(before)
})
