import { describe, expect, it, onTestFinished, test } from 'vitest'
import { collect, sync, type Desired } from 'zds'
import { compareStage } from '../../../src/core/run/compare-stage.ts'
import { applyingStage } from '../../support/applying.ts'
import { deskWorld, seeds } from '../../support/desk-world.ts'
import { membership, startDesk } from '../../support/desk.ts'
import { gathered } from '../../support/engine.ts'
import { sourceOf } from '../../support/syncs.ts'
import { targetLaws, testLaws } from 'zds/testing'

testLaws(test, 'a target of requests as data', targetLaws(deskWorld))

describe('a sync of rows that are removed', () => {
  it('SYN-01: creates, updates and removes, each under the id or the version that was read, and then there is nothing to do', async () => {
    const desk = await startDesk(seeds)
    onTestFinished(() => desk.close())
    const wanted: Desired[] = ['p0/g', 'p1/g', 'new/g'].map((pair) => ({
      kind: 'record',
      key: pair,
      fields: { pair, role: pair === 'p1/g' ? 'lead' : 'member' },
    }))
    const desired = sourceOf('wanted', wanted)
    const memberships = sync({
      fields: membership,
      desired,
      target: desk.target,
      rules: { key: 'pair', retire: 'remove' },
      readBack: 1,
    })
    const planned = async () => {
      const engine = await gathered({ sources: { desired }, targets: { memberships } }, ['desired', 'desk'])
      return { engine, plan: await compareStage(engine.stage('compare', 'memberships'), engine, engine.run, engine) }
    }
    const { engine, plan } = await planned()
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual([
      'create new/g',
      'update p1/g',
      ...['p2/g', 'p3/g', 'p4/g', 'p5/g'].map((key) => `remove ${key}`),
    ])
    expect([...plan.changes].at(-1)).toMatchObject({
      version: '1',
      fields: { pair: { from: 'p5/g', to: null }, role: { from: 'member', to: null } },
      reason: 'gone',
    })
    const outcomes = await collect((await applyingStage(engine, plan)).told)
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'done'))
    expect([...desk.rows.values()].map(({ pair, role }) => `${pair} ${role}`).toSorted()).toEqual([
      'new/g member',
      'p0/g member',
      'p1/g lead',
    ])
    expect((await planned()).plan.changes).toEqual([])
  })
})
