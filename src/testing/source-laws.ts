import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { Json } from '../core/json.ts'
import { collect } from '../core/streams.ts'
import type { Run, Source } from '../core/types.ts'
import { inWorldsOf, law, type Law, type Setup, type WorldLaw } from './laws.ts'
import type { LentRun } from './run.ts'

/** A source over a fresh world in which everything is as it should be, with at least two rows. */
export type SourceWorld = {
  readonly source: Source
  /**
   * A run of its own, which lends the rows of everything that the source needs: `testRun(rows)`.
   */
  readonly run: () => LentRun
  /** How many requests the system has received; absent for a source that asks no system. */
  requests?(): number
  close?(): Promise<void> | void
}

/** An end is at once when it does not take longer than this. */
const AT_ONCE_MS = 3000

const rowsOf = ({ source, run }: SourceWorld): Promise<Json[]> => collect(source.read(run()))

const laws: readonly WorldLaw<SourceWorld>[] = [
  law('has a name that can be that of a stage and of a file', async ({ source }) => {
    assert.match(source.name, /^[a-z][a-z\d-]*$/)
  }),

  law('yields rows that survive an artifact: plain JSON, nothing undefined, no dates', async (world) => {
    const rows = await rowsOf(world)
    assert.ok(rows.length >= 2, `There should be two rows at least, not ${rows.length}`)
    assert.deepEqual(JSON.parse(JSON.stringify(rows)), rows)
  }),

  law('leaves a row as it is once it has yielded it', async ({ source, run }) => {
    const rows: Json[] = []
    const then: string[] = []
    for await (const row of source.read(run())) {
      rows.push(row)
      then.push(JSON.stringify(row))
    }
    assert.deepEqual(
      rows.map((row) => JSON.stringify(row)),
      then,
    )
  }),

  law('yields the same rows when it is read again, also side by side', async (world) => {
    const rows = await rowsOf(world)
    assert.deepEqual(await rowsOf(world), rows)
    assert.deepEqual(await Promise.all([rowsOf(world), rowsOf(world)]), [rows, rows])
  }),

  law('reads nothing before somebody asks for the first row', async (world) => {
    const before = world.requests?.()
    world.source.read(world.run())
    await wait(20)
    assert.equal(world.requests?.(), before)
  }),

  law('announces as many rows as come, or none (SAFE-02)', async (world) => {
    const announced: [number, number][] = []
    const expect: Run['expect'] = (count, slack = 0) => void announced.push([count, slack])
    const rows = await collect(world.source.read({ ...world.run(), expect }))
    const [count, slack] = announced.at(-1) ?? [rows.length, 0]
    assert.ok(Math.abs(count - rows.length) <= slack, `${count} rows were announced, ${rows.length} came`)
  }),

  law('asks for no input that it does not need', async ({ source, run }) => {
    const lent = run()
    const asked: Source[] = []
    const input: Run['input'] = (one) => {
      asked.push(one)
      return lent.input(one)
    }
    await collect(source.read({ ...lent, input }))
    await source.check?.({ ...lent, input })
    const needed = (one: Source): boolean =>
      source.needs?.some((need) => need === one || (need.planOf !== undefined && need.planOf === one.planOf)) ?? false
    for (const one of asked) assert.ok(needed(one), `${one.name} is not in needs`)
  }),

  law('has nothing to say against a good configuration (SAFE-07)', async ({ source, run }) => {
    assert.deepEqual((await source.check?.(run())) ?? [], [])
  }),

  law('asks its system nothing for a run that is aborted already, and ends with the reason', async (world) => {
    const run = world.run()
    const reason = new Error('enough')
    run.abort(reason)
    const before = world.requests?.()
    const end = await endOf(collect(world.source.read(run)))
    assert.equal(world.requests?.(), before)
    // A source that only computes may be done before it looks.
    assert.ok(end === reason || (end === undefined && before === undefined), `It ended with ${String(end)}`)
  }),

  law('ends at once when the run is aborted between two rows: with the reason, or with all read', async (world) => {
    const run = world.run()
    const reason = new Error('enough')
    const reading = async (): Promise<void> => {
      for await (const _ of world.source.read(run)) run.abort(reason)
    }
    const end = await endOf(reading())
    assert.ok(end === reason || end === undefined, `It ended with ${String(end)}`)
  }),

  law('can be left after the first row', async (world) => {
    for await (const _ of world.source.read(world.run())) break
    assert.ok((await rowsOf(world)).length >= 2)
  }),
]

/** The laws of a `Source`, over the worlds that `setup` makes. */
export const sourceLaws = (setup: Setup<SourceWorld>): Law[] => inWorldsOf(setup, laws)

/** What the work failed with, soon; undefined when it did not. */
export async function endOf(work: Promise<unknown>): Promise<unknown> {
  const outcome = work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const late = wait(AT_ONCE_MS, undefined, { ref: false }).then(() => {
    throw new assert.AssertionError({ message: `Still at work ${AT_ONCE_MS} ms after the run was aborted` })
  })
  return Promise.race([outcome, late])
}
