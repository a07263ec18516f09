import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from 'zds'
import { stages } from '../../src/core/config/stages.ts'
import { blocksOf, page, ROOT, textOf } from './pages.ts'
import { changedBy } from '../support/follow.ts'
import { typeErrorsIn } from './types.ts'

/** The reference configuration after all changes that a page shows. */
const changedAsIn = (path: string): string =>
  blocksOf(page(path))
    .filter(({ language }) => language === 'diff')
    .reduce(changedBy, textOf('sync.config.ts'))

describe.each([
  ['docs/add-a-field.md', [] as string[]],
  ['docs/add-an-instance.md', ['gather:emea-organizations', 'gather:emea-accounts', 'compare:emea', 'apply:emea']],
])('the changes of %s', (path, added) => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(ROOT, 'test/.tmp-docs-'))
    writeFileSync(join(directory, 'sync.config.ts'), changedAsIn(path))
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
