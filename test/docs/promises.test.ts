import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { page, ROOT } from './pages.ts'

const { text } = page('docs/promises.md')
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:promise|law|-+) /.test(line))
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
