import assert from 'node:assert/strict'
import { completedPlan } from '../core/compare/prepare.ts'
import { normalise } from '../core/field-types.ts'
import { collect } from '../core/streams.ts'
import { law, type WorldLaw } from './laws.ts'
import { byId, changesOf, planOf, type TargetWorld } from './target-world.ts'

/** What holds of a target before anything is written. */
export const readingLaws: readonly WorldLaw<TargetWorld>[] = [
  law('says where it is, in one spelling', async ({ target }) => {
    assert.match(target.address(), /\S/)
    assert.equal(target.address(), target.address())
    assert.doesNotMatch(target.address(), /\/$|@/)
  }),

  law('reads every record once, with the declared fields and no others, normalised', async (world) => {
    const { target } = world
    const records = await collect(target.read(world.run()))
    assert.equal(records.length, world.size())
    assert.equal(new Set(records.map(({ id }) => id)).size, records.length)
    for (const { fields } of records) {
      assert.deepEqual(Object.keys(fields).toSorted(), Object.keys(target.types).toSorted())
      for (const [field, type] of Object.entries(target.types))
        assert.deepEqual(fields[field], normalise(type, fields[field]))
    }
  }),

  law('a reading that is aborted ends with the reason of the abort', async ({ target, run }) => {
    const stopped = run()
    const reason = new Error('enough')
    stopped.abort(reason)
    await assert.rejects(collect(target.read(stopped)), reason)
  }),

  law('refetches records as it reads them, only those it is asked for, and leaves out what is gone', async (world) => {
    const refetched = (ids: readonly string[]) => collect(world.target.refetch(ids, world.run()))
    const records = await collect(world.target.read(world.run()))
    assert.deepEqual(byId(await refetched([...records.map(({ id }) => id), world.gone])), byId(records))
    const one = records.slice(2, 3)
    assert.deepEqual(await refetched(one.map(({ id }) => id)), one)
    assert.deepEqual(await refetched([]), [])
  }),

  law('prepare completes changes or skips them, and makes no other plan of them', async (world) => {
    for (const op of world.target.ops) {
      const changes = changesOf(world, op, 2)
      const prepared = await world.target.prepare?.(changes, { ...world.run(), held: [] })
      if (prepared !== undefined) completedPlan(planOf(changes), prepared, world.target)
    }
    assert.equal(world.writes(), 0)
  }),
]
