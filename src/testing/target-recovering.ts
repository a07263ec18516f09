import assert from 'node:assert/strict'
import { OPS } from '../core/plan/plan.ts'
import { collect } from '../core/streams.ts'
import { law, type WorldLaw } from './laws.ts'
import {
  asHeld,
  carriedOut,
  changesOf,
  forEach,
  idOf,
  keysOf,
  outcomesOf,
  recordOf,
  steps,
  unknown,
  type TargetWorld,
} from './target-world.ts'

/** The operations on records that are there. */
const WRITING_OVER = OPS.filter((op) => op !== 'create')

/** What holds where something else happens than was meant. */
export const recoveringLaws: readonly WorldLaw<TargetWorld>[] = [
  ...([401, 429, 503] as const).flatMap((status) =>
    forEach(OPS, `an answer ${status} ends the run: it is no failure of single records`, async (world, op) => {
      world.answer(status)
      await assert.rejects(steps(world, changesOf(world, op, 2)))
    }),
  ),

  ...forEach(WRITING_OVER, 'a record that somebody has changed since the plan is left and stale', async (world, op) => {
    const { staleness } = world.target
    // With `batch` the engine looks itself, in the same way whatever is to be done.
    if (staleness === 'none' || (staleness === 'batch' && op !== 'update')) return
    const [edited, ...others] = await asHeld(world, changesOf(world, op, 3))
    assert.ok(edited !== undefined)
    await world.edit(edited)
    const before = await recordOf(world, edited.id)
    const outcomes = await carriedOut(world, [edited, ...others])
    assert.equal(outcomes.get(edited.key)?.status, 'stale')
    assert.deepEqual(
      others.map(({ key }) => outcomes.get(key)?.status),
      ['done', 'done'],
    )
    assert.deepEqual(await recordOf(world, edited.id), before)
  }),

  law('a record that is gone is not told as updated, and not made anew', async (world) => {
    const changes = world.update(1).map((change) => ({ ...change, id: world.gone }))
    const before = world.size()
    for (const outcome of outcomesOf(await steps(world, changes))) assert.notEqual(outcome.status, 'done')
    assert.equal(world.size(), before)
  }),

  ...forEach(OPS, 'what was carried out is settled as that, under its id (SAFE-05)', async (world, op) => {
    const changes = await asHeld(world, changesOf(world, op, 2))
    const ids = new Map(outcomesOf(await steps(world, changes)).map((outcome) => [outcome.key, idOf(outcome)]))
    const sent = changes.map((change) => ({ change }))
    const settled = await collect(world.target.settle(sent, world.run()))
    assert.deepEqual(keysOf(settled), keysOf(changes))
    for (const outcome of settled) if (!unknown(outcome)) assert.equal(idOf(outcome), ids.get(outcome.key))
  }),

  ...forEach(OPS, 'what was not carried out is not settled, and settling writes nothing', async (world, op) => {
    const changes = await asHeld(world, changesOf(world, op, 2))
    const sent = changes.map((change) => ({ change }))
    const settled = await collect(world.target.settle(sent, world.run()))
    assert.deepEqual(
      settled.filter((outcome) => !unknown(outcome)),
      [],
    )
    assert.equal(world.writes(), 0)
  }),

  ...forEach(OPS, 'a lost answer makes nothing twice and loses nothing (SAFE-05)', async (world, op) => {
    const before = (await collect(world.target.read(world.run()))).length
    const changes = await asHeld(world, changesOf(world, op, 2))
    world.lose()
    const outcomes = await carriedOut(world, changes)
    assert.deepEqual([...outcomes.keys()].toSorted(), keysOf(changes))
    for (const outcome of outcomes.values()) if (!unknown(outcome)) assert.equal(outcome.status, 'done')
    const after = (await collect(world.target.read(world.run()))).length
    assert.equal(after - before, op === 'create' ? 2 : op === 'remove' ? -2 : 0)
  }),
]
