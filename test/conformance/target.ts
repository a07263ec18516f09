import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, normalise, type Op } from 'zds'
import { checkedSteps } from '../../src/core/apply/checked.ts'
import { completedPlan } from '../../src/core/compare/prepare.ts'
import { OPS } from '../../src/core/plan/plan.ts'
import {
  asHeld,
  byId,
  carriedOut,
  changesOf,
  holds,
  idOf,
  keysOf,
  outcomesOf,
  planOf,
  recordOf,
  steps,
  unknown,
  type TargetCase,
} from './target-case.ts'

/** One thing that must hold of every target, whatever runs the check. */
type Law = { readonly name: string; check(world: TargetCase): Promise<void> }

const law = (name: string, check: Law['check']): Law => ({ name, check })
/** A law for each operation; of those that a target cannot do there is nothing to hold. */
const forEach = (ops: readonly Op[], name: string, check: (world: TargetCase, op: Op) => Promise<void>): Law[] =>
  ops.map((op) =>
    law(`${op}: ${name}`, async (world) => {
      if (world.target.ops.includes(op)) await check(world, op)
    }),
  )
const WRITES = ['create', 'update'] as const

/** The laws of core's `Target`. */
const targetLaws: readonly Law[] = [
  law('says where it is, in one spelling', async ({ target }) => {
    assert.match(target.address(), /\S/)
    assert.equal(target.address(), target.address())
    assert.doesNotMatch(target.address(), /\/$|@/)
  }),

  law('reads every record once, with the declared fields and no others, normalised', async (world) => {
    const { target } = world
    const records = await collect(target.read(world.run().run))
    assert.ok(records.length >= 4)
    assert.equal(new Set(records.map(({ id }) => id)).size, records.length)
    for (const { fields } of records) {
      assert.deepEqual(Object.keys(fields).toSorted(), Object.keys(target.types).toSorted())
      for (const [field, type] of Object.entries(target.types))
        assert.deepEqual(fields[field], normalise(type, fields[field]))
    }
  }),

  law('announces as many rows as it reads (SAFE-02)', async (world) => {
    const announced: [number, number][] = []
    const expect = (rows: number, slack = 0): void => void announced.push([rows, slack])
    const records = await collect(world.target.read({ ...world.run().run, expect }))
    assert.ok(announced.length <= 1)
    for (const [rows, slack] of announced) assert.ok(Math.abs(rows - records.length) <= slack)
  }),

  law('refetches records as it reads them, only those it is asked for, and leaves out what is gone', async (world) => {
    const records = await collect(world.target.read(world.run().run))
    const ids = [...records.map(({ id }) => id), world.gone]
    assert.deepEqual(byId(await collect(world.target.refetch(ids, world.run().run))), byId(records))
    const one = records.slice(2, 3)
    assert.deepEqual(
      await collect(
        world.target.refetch(
          one.map(({ id }) => id),
          world.run().run,
        ),
      ),
      one,
    )
  }),

  law('does nothing for no changes', async (world) => {
    assert.deepEqual(await steps(world, []), [])
    assert.equal(world.writes(), 0)
  }),

  ...forEach(OPS, 'one outcome per change, and what was applied is what is read', async (world, op) => {
    const changes = changesOf(world, op, 2)
    const outcomes = outcomesOf(await steps(world, changes))
    assert.deepEqual(keysOf(outcomes), keysOf(changes))
    for (const change of changes) await holds(world, change, idOf(outcomes.find(({ key }) => key === change.key)))
  }),

  law('an update writes the fields it names and nothing else', async (world) => {
    const changes = world.update(3)
    const before = changes.map((change) => world.untouched(change))
    await steps(world, changes)
    assert.deepEqual(
      changes.map((change) => world.untouched(change)),
      before,
    )
  }),

  law('an update that was applied can be applied again', async (world) => {
    await steps(world, world.update(2))
    assert.deepEqual(
      outcomesOf(await steps(world, world.update(2))).map(({ status }) => status),
      ['done', 'done'],
    )
  }),

  ...forEach(OPS, 'nothing is sent before its keys were told and taken (SAFE-06)', async (world, op) => {
    const changes = await asHeld(world, changesOf(world, op, 2))
    const told: string[] = []
    let sendings = 0
    for await (const step of checkedSteps(world.target, changes, world.run().run)) {
      if (step.status !== 'sending') continue
      await wait(20)
      assert.ok(world.writes() <= sendings)
      sendings += 1
      told.push(...step.keys)
    }
    assert.ok(world.writes() > 0)
    assert.deepEqual([...new Set(told)].toSorted(), keysOf(changes))
  }),

  ...forEach(WRITES, 'what is refused is reported by its key, the others go through (SAFE-03)', async (world, op) => {
    const refused = world.refused(op === 'create' ? op : 'update')
    const others = changesOf(world, op, 2)
    const outcomes = outcomesOf(await steps(world, [refused, ...others]))
    const outcome = outcomes.find(({ key }) => key === refused.key)
    assert.ok(outcome?.status === 'failed', `${refused.key} should have failed`)
    assert.match(outcome.code, /^[a-z\d]+(-[a-z\d]+)*$/)
    assert.ok(outcome.message.includes(world.target.instance))
    assert.deepEqual(
      outcomes.filter((one) => one !== outcome).map(({ status }) => status),
      ['done', 'done'],
    )
  }),

  ...forEach(OPS, 'an aborted run writes nothing and ends with the reason of the abort', async (world, op) => {
    const { run, abort } = world.run()
    const changes = await asHeld(world, changesOf(world, op, 2))
    const reason = new Error('enough')
    abort(reason)
    await assert.rejects(collect(checkedSteps(world.target, changes, run)), reason)
    assert.equal(world.writes(), 0)
  }),

  ...([401, 503] as const).map((status) =>
    law(`an answer ${status} ends the run: it is no failure of single records`, async (world) => {
      world.answer(status)
      await assert.rejects(steps(world, world.update(2)))
    }),
  ),

  law('a record that somebody has changed since the plan is left alone and told as stale', async (world) => {
    if (world.target.staleness === 'none') return
    const [edited, ...others] = await asHeld(world, world.update(3))
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

  ...forEach(OPS, 'what was carried out is settled as that, under its id (SAFE-05)', async (world, op) => {
    const changes = await asHeld(world, changesOf(world, op, 2))
    const ids = new Map(outcomesOf(await steps(world, changes)).map((outcome) => [outcome.key, idOf(outcome)]))
    const sent = changes.map((change) => ({ change }))
    const settled = await collect(world.target.settle(sent, world.run().run))
    assert.deepEqual(keysOf(settled), keysOf(changes))
    for (const outcome of settled) if (!unknown(outcome)) assert.equal(idOf(outcome), ids.get(outcome.key))
  }),

  ...forEach(OPS, 'what was not carried out is not settled, and settling writes nothing', async (world, op) => {
    const changes = await asHeld(world, changesOf(world, op, 2))
    const sent = changes.map((change) => ({ change }))
    const settled = await collect(world.target.settle(sent, world.run().run))
    assert.deepEqual(
      settled.filter((outcome) => !unknown(outcome)),
      [],
    )
    assert.equal(world.writes(), 0)
  }),

  ...forEach(OPS, 'a lost answer makes nothing twice and loses nothing (SAFE-05)', async (world, op) => {
    const before = (await collect(world.target.read(world.run().run))).length
    const changes = await asHeld(world, changesOf(world, op, 2))
    world.lose()
    const outcomes = await carriedOut(world, changes)
    assert.deepEqual([...outcomes.keys()].toSorted(), keysOf(changes))
    for (const outcome of outcomes.values()) if (!unknown(outcome)) assert.equal(outcome.status, 'done')
    const after = (await collect(world.target.read(world.run().run))).length
    assert.equal(after - before, op === 'create' ? 2 : op === 'remove' ? -2 : 0)
  }),

  law('prepare completes changes or skips them, and makes no other plan of them', async (world) => {
    for (const op of world.target.ops) {
      const changes = changesOf(world, op, 2)
      const prepared = await world.target.prepare?.(changes, world.run().run)
      if (prepared !== undefined) completedPlan(planOf(changes), prepared, world.target)
    }
    assert.equal(world.writes(), 0)
  }),
]

/** Every target states its world in `setup` and is held against the laws. */
export function describeTarget(name: string, setup: () => Promise<TargetCase>): void {
  describe(`${name} obeys the laws of a target`, () => {
    let world: TargetCase
    beforeEach(async () => {
      world = await setup()
    })
    afterEach(() => world.close())
    it.each(targetLaws)('$name', (one) => expect(one.check(world)).resolves.toBeUndefined())
  })
}
