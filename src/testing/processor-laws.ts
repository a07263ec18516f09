import assert from 'node:assert/strict'
import type { Desired } from '../core/desired.ts'
import { misfit, type FieldTypes } from '../core/field-types.ts'
import { REASONS } from '../core/plan/plan.ts'
import { collect } from '../core/streams.ts'
import type { Processor } from '../core/types.ts'
import { inWorldsOf, law, type Law, type Setup, type WorldLaw } from './laws.ts'
import { sourceLaws, type SourceWorld } from './source-laws.ts'

/** A processor over rows that are as they should be, of which it makes two rows at least. */
export type ProcessorWorld = Omit<SourceWorld, 'source'> & { readonly source: Processor }

const desiredOf = ({ source, run }: ProcessorWorld): Promise<Desired[]> => collect(source.read(run()))

const laws: readonly WorldLaw<ProcessorWorld>[] = [
  law('computes its records from what it needs', async ({ source }) => {
    assert.ok((source.needs ?? []).length > 0, 'It needs no source')
  }),

  law('says of each row whose it is', async (world) => {
    for (const row of await desiredOf(world)) assert.ok(row.key.length > 0, `A ${row.kind} has no key`)
  }),

  law('says one thing of a key: how its record is, or why there is none', async (world) => {
    const said = (await desiredOf(world)).filter(({ kind }) => kind === 'record' || kind === 'absent')
    const keys = said.map(({ key }) => key)
    const twice = keys.filter((key, at) => keys.indexOf(key) !== at)
    assert.deepEqual(twice, [])
  }),

  law('makes records of the fields that it declares, each with a value that fits its type', async (world) => {
    const { types } = world.source
    if (types === undefined) return
    for (const row of await desiredOf(world)) if (row.kind === 'record') fits(row, types)
  }),

  law('says of each record where every field comes from, where it says so at all', async (world) => {
    const { source, run } = world
    const records = (await desiredOf(world)).filter((row) => row.kind === 'record')
    for (const { key, fields } of source.explain === undefined ? [] : records.slice(0, ASKED)) {
      const [known, ...others] = (await source.explain?.(key, run())) ?? []
      assert.equal(known?.key, key)
      assert.equal(others.length, 0, `${key} is several`)
      for (const field of Object.keys(fields)) assert.match(known.fields[field]?.from ?? '', /\S/, `${field} of ${key}`)
    }
    assert.deepEqual((await source.explain?.('no such key', run())) ?? [], [])
  }),

  law('gives no reason that nobody explains', async (world) => {
    const words = { ...REASONS, ...world.source.words }
    for (const row of await desiredOf(world)) {
      if (row.kind === 'absent' || row.kind === 'skip') assert.ok(row.reason in words, `${row.reason} is not explained`)
      if (row.kind === 'notice') assert.match(row.message, /\S/)
    }
    for (const [word, means] of Object.entries(words)) {
      assert.match(word, /^[a-z\d]+(-[a-z\d]+)*$/)
      assert.match(means, /\S/)
    }
  }),
]

/** As many records as are asked why. */
const ASKED = 10

/** The laws of a `Processor`: those of a source, and what is more. */
export const processorLaws = (setup: Setup<ProcessorWorld>): Law[] => [...sourceLaws(setup), ...inWorldsOf(setup, laws)]

function fits({ key, fields }: Extract<Desired, { readonly kind: 'record' }>, types: FieldTypes): void {
  for (const [field, value] of Object.entries(fields)) {
    const type = types[field]
    assert.ok(type !== undefined, `${field} of ${key} is not declared`)
    assert.equal(misfit(type, value), undefined, `${field} of ${key}: ${JSON.stringify(value)}`)
  }
}
