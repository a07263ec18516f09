import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nearestConfig } from '../../../src/core/config/find.ts'

let root: string
const at = (...names: string[]): string => join(root, ...names)
const write = (name: string, text = ''): void => {
  mkdirSync(join(at(name), '..'), { recursive: true })
  writeFileSync(at(name), text)
}
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zds-find-'))
  write('package.json', '{}')
  mkdirSync(at('deep/er'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

it.each(['sync.config.ts', 'sync.config.mts', 'sync.config.js', 'sync.config.mjs'])(
  '%s is a configuration, also an empty one, and the nearest counts',
  async (name) => {
    write(name)
    expect(await nearestConfig(at('deep/er'))).toBe(at(name))
    write(`deep/${name}`, 'throw new Error("it is not run")')
    expect(await nearestConfig(at('deep/er'))).toBe(at('deep', name))
    expect(await nearestConfig(root)).toBe(at(name))
  },
)

it('none is looked for above the project, whose package.json is nearest, nor under another name', async () => {
  write('sync.config.ts')
  write('deep/package.json', '{ "sync": {} }')
  write('deep/er/sync.config.json', '{}')
  write('deep/er/.config/sync.config.ts')
  write('deep/er/sync.config.cjs')
  expect(await nearestConfig(at('deep/er'))).toBeUndefined()
})

it('two in one directory are refused, three as well: nobody can tell which is meant', async () => {
  write('sync.config.mjs')
  write('sync.config.js')
  await expect(nearestConfig(at('deep/er'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${root} has sync.config.js and sync.config.mjs`,
    hint: 'Remove the one that is not meant, or name the other: --config sync.config.js',
  })
  write('sync.config.ts')
  await expect(nearestConfig(root)).rejects.toThrow(`${root} has sync.config.ts and sync.config.js and sync.config.mjs`)
})
