import { describe, expect, it, onTestFinished } from 'vitest'
import { collect, sync, type Change, type Desired } from 'zds'
import { compareStage } from '../../../src/core/run/compare-stage.ts'
import { describeTarget } from '../../conformance/target.ts'
import { applyingStage } from '../../support/applying.ts'
import { membership, startDesk } from '../../support/desk.ts'
import { gathered } from '../../support/engine.ts'
import { sourceOf } from '../../support/syncs.ts'
import { testRun } from '../../support/time.ts'

const seeds = Array.from({ length: 6 }, (_, n) => ({ pair: `p${n}/g`, role: 'member' }))

describeTarget('a target of requests as data', async () => {
  const { target, rows, trouble, writes, close } = await startDesk(seeds)
  const held = [...rows.values()]
  const run = () => {
    const lent = testRun()
    return { run: lent, abort: lent.abort }
  }
  const change = (n: number, role: string): Change => ({
    op: 'update',
    key: `p${n}/g`,
    id: held[n]?.id ?? '',
    fields: { role: { from: 'member', to: role } },
  })
  const creating = (pair: string): Change => ({
    op: 'create',
    key: pair,
    fields: { pair: { from: null, to: pair }, role: { from: null, to: 'member' } },
  })
  const many = (count: number, make: (n: number) => Change) => Array.from({ length: count }, (_, n) => make(n))
  return {
    target,
    run,
    gone: 'no-such-row',
    create: (count) => many(count, (n) => creating(`new${n}/g`)),
    update: (count) => many(count, (n) => change(n, 'lead')),
    remove: (count) =>
      many(count, (n) => ({
        ...change(n, ''),
        op: 'remove',
        fields: { pair: { from: `p${n}/g`, to: null }, role: { from: 'member', to: null } },
      })),
    refused: (op) => (op === 'create' ? creating('p5/g') : change(4, 'refused')),
    untouched: ({ id = '', fields }) => {
      const { version: _, ...row } = rows.get(id) ?? { version: 0 }
      return Object.fromEntries(Object.entries(row).filter(([field]) => !(field in fields)))
    },
    edit: async ({ id = '' }) => {
      const row = rows.get(id)
      if (row !== undefined) rows.set(id, { ...row, role: 'by hand', version: row.version + 1 })
    },
    lose: () => void (trouble.lost = 1),
    answer: (status) => void (trouble.status = status),
    writes,
    close,
  }
})

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
    expect(plan.changes.map(({ op, key }) => `${op} ${key}`)).toEqual([
      'create new/g',
      'update p1/g',
      ...['p2/g', 'p3/g', 'p4/g', 'p5/g'].map((key) => `remove ${key}`),
    ])
    expect(plan.changes.at(-1)).toMatchObject({
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
