import * as fc from 'fast-check'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, type Json } from 'zds'
import { artifactsIn } from '../../../src/core/state/artifacts.ts'
import { openBelow } from '../../support/open-files.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zds-artifacts-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('an artifact', () => {
  it('gives back every JSON row as it was written', async () => {
    const artifacts = artifactsIn(root)
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '\r\n', '\u2028', '\u2029', '\u0085', '\uD800', '\uFEFF'),
    )
    const row = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        text,
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(text, tie('json'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).json
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 10 }), async (rows) => {
        expect(await artifacts.write('gather:x', rows)).toEqual({ rows: rows.length, complete: true })
        expect(await collect(artifacts.read('gather:x'))).toEqual(rows)
      }),
    )
  })

  it.each(['\u2028', '\u2029', '\r'])('keeps a row whole whose text has the line separator %j', async (separator) => {
    const artifacts = artifactsIn(root)
    const rows = [{ name: `Acme${separator}Inc` }, { name: 'Globex' }]
    await artifacts.write('gather:x', rows)
    expect(await collect(artifacts.read('gather:x'))).toEqual(rows)
  })

  it('keeps characters whole, wherever the blocks end in which a file is read', async () => {
    const artifacts = artifactsIn(root)
    const rows = [1, 2, 3].map((blanks) => `${' '.repeat(blanks)}${'€'.repeat(100_000)}`)
    await artifacts.write('gather:x', rows)
    expect(await collect(artifacts.read('gather:x'))).toEqual(rows)
  })

  it('is two files with the name of its stage', async () => {
    await artifactsIn(root).write('gather:us-gov:x', [1])
    expect(readdirSync(root).toSorted()).toEqual(['gather.us-gov.x.ndjson.zst', 'gather.us-gov.x.summary.json'])
  })

  it('of an earlier zds, which did not compress it, is read, and replaced by one that is', async () => {
    const artifacts = artifactsIn(root)
    writeFileSync(join(root, 'gather.x.ndjson'), '{"a":1}\n{"a":2}\n')
    expect(await collect(artifacts.read('gather:x'))).toEqual([{ a: 1 }, { a: 2 }])
    await artifacts.write('gather:x', [{ a: 3 }])
    expect(await collect(artifacts.read('gather:x'))).toEqual([{ a: 3 }])
    expect(readdirSync(root).toSorted()).toEqual(['gather.x.ndjson.zst', 'gather.x.summary.json'])
  })

  it('takes a small part of the room that its rows take', async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => ({ key: `001${index}`, name: `Company ${index}` }))
    await artifactsIn(root).write('gather:x', rows)
    expect(statSync(join(root, 'gather.x.ndjson.zst')).size * 5).toBeLessThan(JSON.stringify(rows).length)
  })

  it('keeps what its summary says', async () => {
    const artifacts = artifactsIn(root)
    await artifacts.write('gather:x', [1, 2, 3], (rows) => ({ rows, complete: false }))
    expect(await artifacts.summary('gather:x')).toEqual({ rows: 3, complete: false })
  })

  it('OPS-08: is readable by nobody else, its directory neither', async () => {
    const directory = join(root, 'runs', 'r1')
    await artifactsIn(directory).write('gather:us-gov', [{ name: 'Agency' }])
    expect(modeOf(directory)).toBe(0o700)
    expect(modeOf(join(root, 'runs'))).toBe(0o700)
    for (const file of readdirSync(directory)) expect([file, modeOf(join(directory, file))]).toEqual([file, 0o600])
  })

  it('is not there at all when its source fails, and the error is the source’s own', async () => {
    const artifacts = artifactsIn(root)
    const cause = new Error('cut off')
    const broken = async function* (): AsyncGenerator<Json> {
      yield { at: 1 }
      throw cause
    }
    await expect(artifacts.write('gather:x', broken())).rejects.toBe(cause)
    expect(readdirSync(root)).toEqual([])
    await expect(collect(artifacts.read('gather:x'))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    await expect(artifacts.summary('gather:x')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })

  it('is not there at all when its summary refuses it, and an earlier one stays whole', async () => {
    const artifacts = artifactsIn(root)
    await artifacts.write('gather:x', ['old'])
    const refusing = artifacts.write('gather:x', ['new', 'newer'], () => {
      throw new Error('short')
    })
    await expect(refusing).rejects.toThrow('short')
    expect(readdirSync(root).filter((file) => file.includes('partial'))).toEqual([])
    expect(await collect(artifacts.read('gather:x'))).toEqual(['old'])
    expect(await artifacts.summary('gather:x')).toEqual({ rows: 1, complete: true })
  })

  it('is invisible until it is whole', async () => {
    const artifacts = artifactsIn(root)
    const watching = async function* (): AsyncGenerator<Json> {
      yield 1
      await expect(collect(artifacts.read('gather:x'))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
      yield 2
    }
    await artifacts.write('gather:x', watching())
    expect(await collect(artifacts.read('gather:x'))).toEqual([1, 2])
  })

  it('that is missing says which stage to run', async () => {
    const artifacts = artifactsIn(root)
    const rows = () => collect(artifacts.read('gather:accounts'))
    for (const ask of [rows, () => artifacts.summary('gather:accounts')])
      await expect(ask()).rejects.toMatchObject({
        code: 'ARTIFACT_MISSING',
        message: 'There is no artifact gather:accounts',
        hint: 'Run its stage first.',
      })
  })

  it('SAFE-02: that breaks while it is read is an error, never a shorter artifact', async () => {
    mkdirSync(join(root, 'gather.x.ndjson.zst'))
    await expect(collect(artifactsIn(root).read('gather:x'))).rejects.toThrow('EISDIR')
    writeFileSync(join(root, 'gather.y.ndjson'), '{"a":1}\n{"a":')
    await artifactsIn(root).write('gather:z', ['one', 'two'])
    truncateSync(join(root, 'gather.z.ndjson.zst'), 20)
    writeFileSync(join(root, 'gather.text.ndjson.zst'), '{"a":1}\n')
    for (const name of ['gather:y', 'gather:z', 'gather:text'])
      await expect(collect(artifactsIn(root).read(name))).rejects.toMatchObject({
        code: 'ARTIFACT_MISSING',
        message: `The artifact ${name} breaks off, or is not what was written`,
        hint: 'Run its stage again.',
      })
  })

  it('is closed when its reader stops early', async () => {
    const artifacts = artifactsIn(root)
    await artifacts.write(
      'gather:x',
      Array.from({ length: 20_000 }, (_, index) => ({ index })),
    )
    for (let time = 0; time < 20; time += 1) for await (const _ of artifacts.read('gather:x')) break
    await expect.poll(() => openBelow(root), { timeout: 2000 }).toBe(0)
  })
})

describe('what the system refuses to an artifact', () => {
  const many = Array.from({ length: 200_000 }, (_, index) => ({ index, text: `${index * 7919}` }))
  const full: readonly [string, readonly Json[]][] = [
    ['gather.x.ndjson.zst.partial', [1]],
    ['gather.x.ndjson.zst.partial', many],
    ['gather.x.summary.json.partial', [1]],
  ]
  it.runIf(existsSync('/dev/full')).each(full)(
    'is told with its file and what to do: a full disk under %s',
    async (file, rows) => {
      symlinkSync('/dev/full', join(root, file))
      await expect(artifactsIn(root).write('gather:x', rows)).rejects.toMatchObject({
        code: 'STATE_UNAVAILABLE',
        message: expect.stringMatching(/gather\.x\.ndjson\.zst cannot be used: ENOSPC/) as string,
        hint: expect.stringMatching(/^Make room on its disk; then the same command goes on\.$/) as string,
      })
      expect(readdirSync(root)).toEqual([])
    },
  )

  it.runIf(existsSync('/dev/full'))('ends what the rows come from, too', async () => {
    symlinkSync('/dev/full', join(root, 'gather.x.ndjson.zst.partial'))
    const ended: string[] = []
    const giving = async function* (): AsyncGenerator<Json> {
      try {
        yield* many
      } finally {
        ended.push('source')
      }
    }
    await expect(artifactsIn(root).write('gather:x', giving())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' })
    expect(ended).toEqual(['source'])
  })

  it('is not what a source throws while it is read', async () => {
    const full = Object.assign(new Error('ENOSPC: of the source'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
    const failing = async function* (): AsyncGenerator<Json> {
      yield 1
      throw full
    }
    await expect(artifactsIn(root).write('gather:x', failing())).rejects.toBe(full)
  })
})

describe('SAFE-02: what is no JSON any more, after a full disk or by hand, is said to be broken', () => {
  it.each(['', '{"rows":1,"compl'])('a summary: %j', async (text) => {
    const artifacts = artifactsIn(root)
    await artifacts.write('gather:x', [1])
    writeFileSync(join(root, 'gather.x.summary.json'), text)
    await expect(artifacts.summary('gather:x')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })

  it('a row in the middle', async () => {
    writeFileSync(join(root, 'gather.x.ndjson'), '{"a":1}\n{"b":\n{"c":3}\n')
    await expect(collect(artifactsIn(root).read('gather:x'))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })
})
