import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprintOf } from '../../../src/core/config/fingerprint.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'

let directory: string
const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
const now = (address = 'https://a.example'): string =>
  fingerprintOf(join(directory, 'sync.config.ts'), {
    sources: {},
    targets: { global: syncOf({}, { target: targetOf({ address }) }) },
  })

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
  write('alone.ts', 'changed')
  expect(now()).toBe(before)
})

it('takes a target whose address is not set', () => {
  const config = { sources: {}, targets: { global: syncOf({}, { target: targetOf({ address: '' }) }) } }
  const file = join(directory, 'sync.config.ts')
  expect(fingerprintOf(file, config)).toMatch(/^[0-9a-f]{64}$/)
  expect(fingerprintOf(file, config)).not.toBe(now())
})

it('does not mind an import that is not there: loading says so', () => {
  rmSync(join(directory, 'more.ts'))
  expect(now()).toMatch(/^[0-9a-f]{64}$/)
})
