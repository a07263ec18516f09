import * as fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect } from 'zds'
import { joinByKey } from '../../../src/core/compare/join.ts'
import { joinedIn } from '../../../src/core/run/shared.ts'
import { sortBy, sorter } from '../../../src/core/compare/sort.ts'
import { openBelow } from '../../support/open-files.ts'
import { stream } from '../../support/syncs.ts'

type Row = { readonly key: string; readonly at: number }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-sort-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Bytes of a row with a key of one letter, as it is kept. */
const ROW = '["a",{"key":"a","at":0}]\n'.length

const rowsOf = (keys: readonly string[]): Row[] => keys.map((key, at) => ({ key, at }))
const keyOf = ({ key }: Row): string => key
const order = (a: Row, b: Row): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
const anyText = fc.string({ unit: 'binary', maxLength: 4 })

describe('sortBy', () => {
  it('says which file has no room, and what to do', () => {
    const module = pathToFileURL(join(import.meta.dirname, '../../../src/core/compare/sort.ts'))
    const script = `import(${JSON.stringify(module)}).then(({ sorter }) => {
      const rows = sorter(process.argv[1], 1_000_000)
      try { for (let n = 0; n < 9_000; n += 1) rows.add('a', 'x'.repeat(999)) } catch ({ code, message, hint }) { console.log(code, message, hint) } finally { rows.close() }
    })`
    // A limit on the size of files stands for a disk that fills.
    const shell = 'ulimit -f 100; exec "$0" --input-type=module -e "$1" "$2"'
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, process.execPath, script, directory], { encoding: 'utf8' })
    expect(stdout, stderr).toMatch(
      /^STATE_UNAVAILABLE .*\/sort-\w+\/0\.ndjson cannot be used: EFBIG.* Make room on its disk/,
    )
  })

  it('says which part cannot be written, and is closed all the same', () => {
    const rows = sorter(directory, 1)
    rows.add('b', 1)
    rows.add('a', 2)
    // A row that is longer than a part is a part of its own, and no empty one is written before it.
    expect(readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((file) => file.slice(-8))).toEqual([
      expect.any(String),
      '0.ndjson',
    ])
    rmSync(directory, { recursive: true })
    expect(() => rows.add('c', 3)).toThrow('1.ndjson')
    expect(() => rows.close()).not.toThrow()
  })

  it('sorts as a stable sort by code units does, in memory or in parts on the disk', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom('a', 'b', 'B', '\u2028', '\uFFFF', '😀'), anyText), { maxLength: 20 }),
        async (keys) => {
          const rows = rowsOf(keys)
          for (const bytes of [1, 3 * ROW, 100 * ROW]) {
            expect(await collect(sortBy(stream(rows), keyOf, directory, bytes))).toEqual(rows.toSorted(order))
          }
          expect(readdirSync(directory)).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each([0, 1, 3, 4, 6, 7])('%i rows in parts of 3', async (count) => {
    const rows = rowsOf(Array.from({ length: count }, (_, index) => `${count - index}`))
    expect(await collect(sortBy(stream(rows), keyOf, directory, 3 * ROW))).toEqual(rows.toSorted(order))
  })

  it('sorts in parts that are read a block at a time, and rows that are longer than one', async () => {
    const texts = Array.from({ length: 3_000 }, (_, at) => `${(at * 7919) % 3_000}`.padStart(90, '0'))
    const rows = rowsOf([...texts, `b${'x'.repeat(150_000)}`, ...texts.slice(0, 500), `a${'é'.repeat(70_000)}`])
    expect(await collect(sortBy(stream(rows), keyOf, directory, 200_000))).toEqual(rows.toSorted(order))
  })

  it('OPS-08: keeps its parts where nobody else can read them', async () => {
    for await (const _ of sortBy(stream(rowsOf(['c', 'b', 'a', 'd'])), keyOf, directory, 3 * ROW)) {
      const modes = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(
        (name) => statSync(join(directory, name)).mode,
      )
      expect(modes.map((mode) => mode & 0o077)).toEqual([0, 0])
      break
    }
  })

  it('leaves no files behind when the consumer stops early', async () => {
    for await (const row of sortBy(stream(rowsOf(['c', 'b', 'a', 'd'])), keyOf, directory, 3 * ROW)) {
      expect(row.key).toBe('a')
      expect(readdirSync(directory)).toHaveLength(1)
      break
    }
    expect(readdirSync(directory)).toEqual([])
  })

  it('closes its files when the consumer stops early', async () => {
    const rows = rowsOf(Array.from({ length: 6_000 }, (_, index) => `${index}`.padStart(80, '0')))
    // Six parts and what is in memory. Left open, they would be closed one day, with a warning.
    for await (const _ of sortBy(stream(rows), keyOf, directory, 100_000)) {
      expect(openBelow(directory)).toBeGreaterThan(5)
      break
    }
    expect(openBelow(directory)).toBe(0)
  })

  it('leaves no files behind when the source fails, and fails with its error', async () => {
    const broken = async function* (): AsyncGenerator<Row> {
      yield* rowsOf(['c', 'b', 'a', 'd', 'e', 'f', 'g'])
      throw new Error('cut off')
    }
    await expect(collect(sortBy(broken(), keyOf, directory, 3 * ROW))).rejects.toThrow('cut off')
    expect(readdirSync(directory)).toEqual([])
  })

  it('leaves no files behind when what is joined to it stops early, as a comparison does that refuses a row', async () => {
    const many = rowsOf(['c', 'b', 'a', 'd', 'e'])
    const pairs = joinByKey(
      sortBy(stream(many), keyOf, directory, 3 * ROW),
      keyOf,
      sortBy(stream(many), keyOf, directory, 3 * ROW),
      keyOf,
    )
    for await (const { key } of pairs) {
      expect(key).toBe('a')
      break
    }
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('joinedIn', () => {
  it('joins two streams in any order, the left one read to its end before the right one is begun', async () => {
    const read: string[] = []
    const telling = async function* (side: string, keys: readonly string[]): AsyncGenerator<Row> {
      for (const row of rowsOf(keys)) {
        read.push(side + row.key)
        yield row
      }
    }
    const joined = await collect(
      joinedIn(directory)(telling('left ', ['b', 'c', 'a']), keyOf, telling('right ', ['c', 'd', 'c']), keyOf),
    )
    expect(joined).toEqual([
      { key: 'a', left: [{ key: 'a', at: 2 }], right: [] },
      { key: 'b', left: [{ key: 'b', at: 0 }], right: [] },
      {
        key: 'c',
        left: [{ key: 'c', at: 1 }],
        right: [
          { key: 'c', at: 0 },
          { key: 'c', at: 2 },
        ],
      },
      { key: 'd', left: [], right: [{ key: 'd', at: 1 }] },
    ])
    expect(read).toEqual(['left b', 'left c', 'left a', 'right c', 'right d', 'right c'])
  })
})

describe('joinByKey', () => {
  const side = fc
    .array(fc.constantFrom('', 'a', 'b', 'c', 'd'), { maxLength: 8 })
    .map((keys) => rowsOf(keys).toSorted(order))

  it('hands out each key once, in order, with all rows of both sides in their order', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, async (left, right) => {
        const joined = await collect(joinByKey(stream(left), keyOf, stream(right), keyOf))
        const keys = [...new Set([...left, ...right].map(keyOf))].toSorted()
        expect(joined.map(({ key }) => key)).toEqual(keys)
        expect(joined.flatMap((pair) => pair.left)).toEqual(left)
        expect(joined.flatMap((pair) => pair.right)).toEqual(right)
        for (const { key, left: lefts, right: rights } of joined)
          expect(new Set([...lefts, ...rights].map(keyOf))).toEqual(new Set([key]))
      }),
    )
  })

  it('closes both sides when the consumer stops early or one side fails', async () => {
    const closed: string[] = []
    const watched = async function* (name: string, fails = false): AsyncGenerator<Row> {
      try {
        yield* rowsOf(['a', 'b', 'c'])
        if (fails) throw new Error('cut off')
      } finally {
        closed.push(name)
      }
    }
    for await (const _ of joinByKey(watched('left'), keyOf, watched('right'), keyOf)) break
    expect(closed.toSorted()).toEqual(['left', 'right'])
    closed.length = 0
    await expect(collect(joinByKey(watched('left', true), keyOf, watched('right'), keyOf))).rejects.toThrow('cut off')
    expect(closed.toSorted()).toEqual(['left', 'right'])
  })
})
