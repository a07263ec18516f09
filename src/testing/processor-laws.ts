import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Desired } from '../core/desired.ts'
import { misfit, type FieldTypes } from '../core/field-types.ts'
import { REASONS } from '../core/plan/plan.ts'
import { collect } from '../core/streams.ts'
import type { Processor, Run } from '../core/types.ts'
import { inWorldsOf, law, type Law, type Setup, type WorldLaw } from './laws.ts'
import { sourceLaws, type SourceWorld } from './source-laws.ts'

/** A processor over rows that are as they should be, of which it makes two rows at least. */
export type ProcessorWorld = Omit<SourceWorld, 'source'> & { readonly source: Processor }

const desiredOf = ({ source, run }: ProcessorWorld): Promise<Desired[]> => collect(source.read(run()))

const laws: readonly WorldLaw<ProcessorWorld>[] = [
  law('computes its records from what it needs', async ({ source }) => {
    assert.ok((source.needs ?? []).length > 0, 'It needs no source')
  }),

  law('takes the time from the clock of its run, whatever that of this machine says', async (world) => {
    const rows = await desiredOf(world)
    for (const year of [1990, 2090]) assert.deepEqual(await inYear(year, () => desiredOf(world)), rows)
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
export const processorLaws = (setup: Setup<ProcessorWorld>): Law[] => [
  ...sourceLaws(setup),
  ...inWorldsOf(setup, laws),
  ...inWorldsOf(async () => pairOf(await setup(), await setup()), [forgetful]),
]

const pairOf = (used: ProcessorWorld, fresh: ProcessorWorld) => ({
  used,
  fresh,
  close: async () => {
    await used.close?.()
    await fresh.close?.()
  },
})

const forgetful = law<ReturnType<typeof pairOf>>(
  'keeps nothing of the rows of another run',
  async ({ used, fresh }) => {
    const empty: Run = { ...used.run(), input: async function* () {} }
    // It may refuse to make anything of nothing.
    await collect(used.source.read(empty)).catch(() => undefined)
    assert.deepEqual(await desiredOf(used), await desiredOf(fresh))
  },
)

/** Work for which, and for nothing beside it, the clock of this machine says another year. */
async function inYear<T>(year: number, work: () => Promise<T>): Promise<T> {
  const machine = Date
  const there = new AsyncLocalStorage<true>()
  const now = (): number => (there.getStore() ? machine.UTC(year, 5, 1) : machine.now())
  globalThis.Date = new Proxy(machine, {
    // Of `Date` comes a `Date`.
    construct: (of, given: unknown[]) => Reflect.construct(of, given.length === 0 ? [now()] : given) as Date,
    get: (of, name) => (name === 'now' ? now : (Reflect.get(of, name) as unknown)),
  })
  try {
    return await there.run(true, work)
  } finally {
    globalThis.Date = machine
  }
}

function fits({ key, fields }: Extract<Desired, { readonly kind: 'record' }>, types: FieldTypes): void {
  for (const [field, value] of Object.entries(fields)) {
    const type = types[field]
    assert.ok(type !== undefined, `${field} of ${key} is not declared`)
    assert.equal(misfit(type, value), undefined, `${field} of ${key}: ${JSON.stringify(value)}`)
  }
}
