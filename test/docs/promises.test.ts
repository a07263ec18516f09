import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { page, ROOT } from './pages.ts'

const { text } = page('docs/promises.md')
/** The table that says where the sections hold begins its rows with their links. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:(?:promise|law|-+) |\[)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '').trim()))
const filesIn = (cell: string): string[] =>
  [...cell.matchAll(/`((?:src|plugins|test)\/[^`]+)`/g)].map(([, path = '']) => path)

describe('docs/promises.md', () => {
  it('has rows, each a sentence or two and its files', () => {
    expect(rows.length).toBeGreaterThan(40)
    for (const [promise = '', ...cells] of rows) {
      expect(promise.length).toBeGreaterThan(15)
      expect([1, 2], promise).toContain(cells.length)
    }
  })

  it.each(rows.map((cells) => [cells[0] ?? '', cells] as const))(
    '%s: its files are there, and a test proves it',
    (_, cells) => {
      const proof = filesIn(cells.at(-1) ?? '')
      expect(proof.filter((path) => path.endsWith('.test.ts'))).not.toEqual([])
      expect(
        cells
          .slice(1)
          .flatMap(filesIn)
          .filter((path) => !existsSync(join(ROOT, path))),
      ).toEqual([])
      for (const by of cells.slice(1, -1)) expect(filesIn(by)).not.toEqual([])
    },
  )

  it('says what is not promised', () => {
    expect(text).toContain('## What is not promised')
  })
})

describe('the threat table of docs/security.md', () => {
  const threats = page('docs/security.md')
    .text.split('\n')
    .filter((line) => line.startsWith('| ') && line.split(' | ').length === 4 && !/^\| (?:who|-+) /.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '').trim()))

  it('speaks of everybody there is to fear, each with more than one row', () => {
    const found = Map.groupBy(threats, ([who = '']) => who)
    expect([...found.keys()]).toEqual([
      'accidents',
      'other users of the machine',
      'whoever can write an artifact',
      'a service that lies',
      'a person with the credentials',
    ])
    for (const rows of found.values()) expect(rows.length).toBeGreaterThan(2)
  })

  it.each(threats.map(([who = '', what = '', ...cells]) => [who, what, cells] as const))(
    '%s: %s: its files are there, and a test proves it',
    (_, what, cells) => {
      expect(what.length).toBeGreaterThan(15)
      const [by = [], proof = []] = cells.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path))
      expect(by).not.toEqual([])
      expect(proof).not.toEqual([])
      expect(proof.filter((path) => !/^test\/.*\.test\.ts$/.test(path))).toEqual([])
      expect([...by, ...proof].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    },
  )

  it('says what is not kept, and that a digest alone proves nothing', () => {
    const { text: all } = page('docs/security.md')
    expect(all).toContain('### What is not kept')
    expect(all).toContain('Without a key it guards against accidents, not against people who can write the file.')
  })
})
