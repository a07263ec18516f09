import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from 'zds'
import { stages } from '../../src/core/config/stages.ts'
import { blocksOf, page, ROOT, textOf } from './pages.ts'
import { typeErrorsIn } from './types.ts'

/**
 * The reference configuration after all changes that a page shows. Throws where a line that stays
 * or goes is not there, or not there once.
 */
function changedBy(path: string): string {
  return blocksOf(page(path))
    .filter(({ language }) => language === 'diff')
    .reduce((config, { text, line }) => {
      const side = (mark: string): string =>
        text
          .split('\n')
          .filter((one) => one.startsWith(' ') || one.startsWith(mark))
          .map((one) => `${one.slice(1)}\n`)
          .join('')
      const parts = config.split(side('-'))
      if (parts.length !== 2)
        throw new Error(`${path}, line ${line}: sync.config.ts holds this ${parts.length - 1} times`)
      return parts.join(side('+'))
    }, textOf('sync.config.ts'))
}

describe.each([
  ['docs/add-a-field.md', [] as string[]],
  ['docs/add-an-instance.md', ['gather:emea-organizations', 'gather:emea-accounts', 'compare:emea', 'apply:emea']],
])('the changes of %s', (path, added) => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(ROOT, 'test/.tmp-docs-'))
    writeFileSync(join(directory, 'sync.config.ts'), changedBy(path))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('fit the reference configuration, and make one that compiles', async () => {
    expect(await typeErrorsIn(directory, ['sync.config.ts'])).toBe('')
  }, 60_000)

  it('make one that can be loaded, with the stages that the page speaks of', async () => {
    const loaded = (await import(pathToFileURL(join(directory, 'sync.config.ts')).href)) as { default: Config } // its type was just checked
    expect(stages(loaded.default).map(({ id }) => id)).toEqual(expect.arrayContaining(added))
  })
})
