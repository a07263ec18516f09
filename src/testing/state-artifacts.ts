import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Json } from '../core/json.ts'
import { collect } from '../core/streams.ts'
import { fails, law, type StateLaw } from './state-world.ts'

/** Rows by name, whole or not there. */
export const artifactLaws: readonly StateLaw[] = [
  law('keeps the rows of a stage as they were, and what is known of them, for every process', async (here, there) => {
    const rows: Json[] = [null, 1, 'a\u2028b\r\n\u0000"', { ключ: ['€', {}] }, [], '', '\ud83d\ude00'.repeat(10)]
    assert.deepEqual(await here.artifacts('run-1').write('gather:us-gov:x', rows), { rows: 7, complete: true })
    assert.deepEqual(await collect(there.artifacts('run-1').read('gather:us-gov:x')), rows)
    await here.artifacts('run-1').write('gather:y', [], (count) => ({ rows: count, complete: false }))
    assert.deepEqual(await there.artifacts('run-1').summary('gather:y'), { rows: 0, complete: false })
    assert.deepEqual(await collect(there.artifacts('run-1').read('gather:y')), [])
  }),

  law('keeps many rows, and large ones, in order', async (here, there) => {
    const rows = Array.from({ length: 20_000 }, (_, n) => ({
      n,
      text: n % 5_000 === 0 ? '€'.repeat(500_000) : `row ${n}`,
    }))
    await here.artifacts('run-1').write('gather:x', rows)
    let n = 0
    for await (const row of there.artifacts('run-1').read('gather:x')) assert.deepEqual(row, rows[n++])
    assert.equal(n, rows.length)
  }),

  law('has the digest of its rows as NDJSON, of few and of many', async (here) => {
    for (const count of [0, 3, 30_000]) {
      const rows = Array.from({ length: count }, (_, n) => ({ n, text: '€\n' }))
      let told = ''
      await here.artifacts('run-1').write('gather:x', rows, (wrote, digest) => {
        told = digest
        return { rows: wrote, complete: true }
      })
      const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      assert.equal(told, createHash('sha256').update(text).digest('hex'))
    }
  }),

  law('can be left after the first row', async (here) => {
    await here.artifacts('run-1').write('gather:x', [1, 2, 3])
    for await (const _ of here.artifacts('run-1').read('gather:x')) break
    assert.deepEqual(await collect(here.artifacts('run-1').read('gather:x')), [1, 2, 3])
  }),

  law('has none that was not written, or only in another run', async (here, there) => {
    await here.artifacts('run-1').write('gather:x', [1])
    for (const [run, name] of [
      ['run-1', 'gather:y'],
      ['run-2', 'gather:x'],
    ] as const) {
      await fails(collect(there.artifacts(run).read(name)), 'ARTIFACT_MISSING')
      await fails(there.artifacts(run).summary(name), 'ARTIFACT_MISSING')
    }
  }),

  law('names the runs that have left artifacts, the newest first', async (here, there) => {
    assert.deepEqual(await here.runs(), [])
    for (const run of ['20260316T100000-b', '20260317T090000-a', '20260316T100001-a'])
      await here.artifacts(run).write('gather:x', [1])
    await here.artifacts('20260316T100000-b').write('gather:y', [1])
    assert.deepEqual(await there.runs(), ['20260317T090000-a', '20260316T100001-a', '20260316T100000-b'])
  }),

  law('has nothing of what broke off or was refused, and what was there before stays whole', async (here, there) => {
    const [mine, theirs] = [here.artifacts('run-1'), there.artifacts('run-1')]
    const cause = new Error('cut off')
    const broken = async function* (): AsyncGenerator<Json> {
      yield 'new'
      throw cause
    }
    await assert.rejects(mine.write('gather:x', broken()), cause)
    await fails(theirs.summary('gather:x'), 'ARTIFACT_MISSING')
    await mine.write('gather:x', ['old'])
    await assert.rejects(mine.write('gather:x', broken()), cause)
    const refused = mine.write('gather:x', ['new', 'newer'], () => {
      throw cause
    })
    await assert.rejects(refused, cause)
    assert.deepEqual(await collect(theirs.read('gather:x')), ['old'])
    assert.deepEqual(await theirs.summary('gather:x'), { rows: 1, complete: true })
  }),

  law('shows an artifact once it is whole, in the place of an earlier one', async (here, there) => {
    const [mine, theirs] = [here.artifacts('run-1'), there.artifacts('run-1')]
    const watched = async function* (): AsyncGenerator<Json> {
      yield 1
      await fails(collect(theirs.read('gather:x')), 'ARTIFACT_MISSING')
      yield 2
    }
    await mine.write('gather:x', watched())
    await theirs.write('gather:x', [3])
    assert.deepEqual(await collect(mine.read('gather:x')), [3])
    assert.deepEqual(await mine.summary('gather:x'), { rows: 1, complete: true })
  }),
]
