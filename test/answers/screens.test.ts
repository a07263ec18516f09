import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeScreens } from '../../scripts/screens.ts'
import { pages, ROOT } from '../docs/pages.ts'

test('the pictures in docs/screens are what commands show now (npm run docs:screens), and each is on a page', async () => {
  const taken = mkdtempSync(join(tmpdir(), 'zds-screens-'))
  await takeScreens(taken)
  const kept = join(ROOT, 'docs/screens')
  const names = globSync('*', { cwd: taken }).toSorted()
  expect(globSync('*', { cwd: kept }).toSorted()).toEqual(names)
  for (const name of names) {
    expect(readFileSync(join(kept, name), 'utf8'), name).toBe(readFileSync(join(taken, name), 'utf8'))
    expect(
      pages.some(({ text }) => text.includes(`](screens/${name})`)),
      name,
    ).toBe(true)
  }
  rmSync(taken, { recursive: true })
}, 120_000)
