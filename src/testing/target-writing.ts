import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { checkedSteps } from '../core/apply/checked.ts'
import { OPS } from '../core/plan/plan.ts'
import { collect } from '../core/streams.ts'
import { law, type WorldLaw } from './laws.ts'
import { asHeld, changesOf, forEach, holds, idOf, keysOf, outcomesOf, steps, type TargetWorld } from './target-world.ts'

/** What holds while changes are carried out. */
export const writingLaws: readonly WorldLaw<TargetWorld>[] = [
  law('does nothing for no changes', async (world) => {
    assert.deepEqual(await steps(world, []), [])
    assert.equal(world.writes(), 0)
  }),

  ...forEach(OPS, 'one outcome per change, and what was applied is what is read', async (world, op) => {
    const changes = changesOf(world, op, 2)
    const outcomes = outcomesOf(await steps(world, changes))
    assert.deepEqual(keysOf(outcomes), keysOf(changes))
    for (const change of changes) {
      const id = idOf(outcomes.find(({ key }) => key === change.key))
      if (change.id !== undefined) assert.equal(id, change.id)
      await holds(world, change, id)
    }
  }),

  ...forEach(['update', 'retire'], 'writes the fields that it names and nothing else', async (world, op) => {
    const changes = changesOf(world, op, 3)
    const before = changes.map((change) => world.untouched(change))
    await steps(world, changes)
    assert.deepEqual(
      changes.map((change) => world.untouched(change)),
      before,
    )
  }),

  law('an empty value empties its field, or is refused', async (world) => {
    for (const [index, change] of world.update(3).entries()) {
      const named = Object.keys(change.fields)
      const field = named[index % named.length] ?? ''
      const emptying = { ...change, fields: { [field]: { from: null, to: null } } }
      const [outcome] = outcomesOf(await steps(world, [emptying]))
      if (outcome?.status === 'done') await holds(world, emptying, outcome.id)
    }
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
    for await (const step of checkedSteps(world.target, changes, world.run())) {
      if (step.status !== 'sending') continue
      await wait(20)
      assert.ok(world.writes() <= sendings)
      sendings += 1
      told.push(...step.keys)
    }
    assert.ok(world.writes() > 0)
    assert.deepEqual([...new Set(told)].toSorted(), keysOf(changes))
  }),

  ...forEach(
    ['create', 'update'],
    'what is refused is reported by its key, the others go through (SAFE-03)',
    async (world, op) => {
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
    },
  ),

  ...forEach(OPS, 'an aborted run writes nothing and ends with the reason of the abort', async (world, op) => {
    const run = world.run()
    const changes = await asHeld(world, changesOf(world, op, 2))
    const reason = new Error('enough')
    run.abort(reason)
    await assert.rejects(collect(checkedSteps(world.target, changes, run)), reason)
    assert.equal(world.writes(), 0)
  }),

  ...forEach(OPS, 'a run that is aborted on its way sends no more and ends with the reason', async (world, op) => {
    const run = world.run()
    const changes = await asHeld(world, changesOf(world, op, 2))
    const reason = new Error('enough')
    const carryingOut = async (): Promise<void> => {
      for await (const { status } of checkedSteps(world.target, changes, run))
        if (status === 'sending') run.abort(reason)
    }
    await assert.rejects(carryingOut(), reason)
    assert.equal(world.writes(), 0)
  }),
]
