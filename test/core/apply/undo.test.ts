import { describe, expect, it } from 'vitest'
import { ref, type Change, type Existing, type Outcome, type SyncPlan, type Target } from 'zds'
import type { Known } from '../../../src/core/outcome.ts'
import { excesses } from '../../../src/core/plan/limits.ts'
import { undo } from '../../../src/core/apply/undo.ts'
import { OPS } from '../../../src/core/plan/plan.ts'
import { planOf } from '../../support/applying.ts'
import { held, stream, syncOf, targetOf } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

const update = (key: string, id: string, from: number, to: number): Change => ({
  op: 'update',
  key,
  id,
  fields: { aar: { from, to } },
})
const create = (key: string): Change => ({
  op: 'create',
  key,
  fields: { name: { from: null, to: key }, aar: { from: null, to: 5 } },
})
const retire = (key: string, id: string): Change => ({
  op: 'retire',
  key,
  id,
  fields: { mark_for_deletion: { from: false, to: true } },
  reason: 'gone',
})

const did = (key: string, id: string): [string, Known] => [
  key,
  { kind: 'outcome', outcome: { key, status: 'done', id } },
]

/** What undoing `changes` plans, when the target holds `records`. */
async function undone(
  changes: readonly Change[],
  known: readonly [string, Known][],
  records: readonly Existing[],
  rules: Parameters<typeof syncOf>[0] = {},
): Promise<SyncPlan> {
  const asked: string[] = []
  const target = targetOf({
    refetch: (ids) => {
      asked.push(...ids)
      return stream(records.filter(({ id }) => ids.includes(id)))
    },
  })
  const plan = {
    name: 'global',
    instance: 'global',
    resource: 'organizations',
    existing: 20,
    desired: 20,
    changes,
    skipped: [{ key: 'Z', reason: 'no-key' }],
    words: {},
    notices: [{ code: 'x', key: 'Z', message: 'said then' }],
    excesses: [],
    complete: { desired: true, existing: true },
  }
  const state = {
    known: new Map(known),
    created: (sync: string, key: string) => (`${sync}/${key}` === 'first/A' ? '77' : undefined),
  }
  const made = await undo(plan, syncOf({ limits: { update: 0.05 }, ...rules }, { target }), state, testRun())
  expect(asked).toEqual(known.filter(([, { kind }]) => kind === 'outcome').flatMap(([, state]) => idsIn(state)))
  return made
}

const idsIn = (state: Known): string[] =>
  state.kind === 'outcome' && state.outcome.id !== undefined ? [state.outcome.id] : []

describe('the plan that undoes a run', () => {
  it('sets back what was updated and retired, to the values of before', async () => {
    const changes = [{ ...update('A', '1', 3, 4), name: 'Acme' }, retire('B', '2')]
    const plan = await undone(
      changes,
      [did('A', '1'), did('B', '2')],
      [held('1', 'A', { aar: 4 }), held('2', 'B', { mark_for_deletion: true })],
    )
    expect(plan.changes).toStrictEqual([
      { op: 'update', key: 'A', id: '1', name: 'Acme', fields: { aar: { from: 4, to: 3 } }, reason: 'undo' },
      { op: 'update', key: 'B', id: '2', fields: { mark_for_deletion: { from: true, to: false } }, reason: 'undo' },
    ])
    expect([plan.skipped, plan.notices]).toEqual([[], []])
  })

  it('retires what was created, under the id that it got, and deletes nothing', async () => {
    const plan = await undone([create('N')], [did('N', '9')], [held('9', 'N', { name: 'N', aar: 5 })])
    expect(plan.changes).toEqual([
      { op: 'retire', key: 'N', id: '9', fields: { mark_for_deletion: { from: false, to: true } }, reason: 'undo' },
    ])
  })

  it('CMP-05: leaves and lists what is protected, and would be retired or marked again', async () => {
    const unmarked: Change = {
      ...update('A', '1', 1, 2),
      fields: { aar: { from: 1, to: 2 }, mark_for_deletion: { from: true, to: false } },
    }
    const changes = [unmarked, update('B', '2', 1, 2), create('C')]
    const known = [did('A', '1'), did('B', '2'), did('C', '3')]
    const records = [held('1', 'A', { aar: 2 }), held('2', 'B', { aar: 2 }), held('3', 'C', { name: 'C', aar: 5 })]
    const plan = await undone(changes, known, records, { protects: () => true })
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['update B'])
    expect(plan.skipped).toEqual([
      { key: 'A', id: '1', reason: 'protected' },
      { key: 'C', id: '3', reason: 'protected' },
    ])
    expect(await undone(changes, known, records)).toMatchObject({ skipped: [] })
  })

  it('leaves out and lists what was changed since, or is gone', async () => {
    const changes = [update('A', '1', 3, 4), update('B', '2', 3, 4), create('N')]
    const known = [did('A', '1'), did('B', '2'), did('N', '9')]
    const plan = await undone(changes, known, [held('1', 'A', { aar: 7 }), held('9', 'N', { name: 'N', aar: 6 })])
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toEqual([
      { key: 'A', id: '1', reason: 'changed-since' },
      { key: 'B', id: '2', reason: 'changed-since' },
      { key: 'N', id: '9', reason: 'changed-since' },
    ])
  })

  it('is of what was done only: not of what failed, was sent, or was never attempted', async () => {
    const failed: Outcome = { key: 'B', status: 'failed', code: 'x', message: 'no' }
    const known: [string, Known][] = [
      ['B', { kind: 'outcome', outcome: failed }],
      ['C', { kind: 'sending' }],
      ['D', { kind: 'accepted', job: 'j' }],
    ]
    const plan = await undone(
      [update('B', '2', 3, 4), update('C', '3', 3, 4), update('D', '4', 3, 4), update('E', '5', 3, 4)],
      known,
      [],
    )
    expect([plan.changes, plan.skipped]).toEqual([[], []])
  })

  describe('of a change that failed when some of it was written', () => {
    const both = (key: string, id: string): Change => ({
      op: 'update',
      key,
      id,
      fields: { name: { from: 'Old', to: 'New' }, aar: { from: 3, to: 4 } },
    })
    const partly = (key: string, id: string): [string, Known] => [
      key,
      { kind: 'outcome', outcome: { key, status: 'failed', code: 'name-taken', message: 'Taken', id } },
    ]

    it('sets back what was written, and says nothing of what was not', async () => {
      const known = [partly('A', '1'), partly('B', '2')]
      const now = [held('1', 'A', { name: 'Old', aar: 4 }), held('2', 'B', { name: 'Old', aar: 3 })]
      const plan = await undone([both('A', '1'), both('B', '2')], known, now)
      expect(plan.changes).toEqual([
        { op: 'update', key: 'A', id: '1', fields: { aar: { from: 4, to: 3 } }, reason: 'undo' },
      ])
      expect([plan.skipped, plan.notices]).toEqual([[], []])
    })

    it('tells what is neither as before nor as it was meant, and lists what is gone or was created', async () => {
      const known = [partly('A', '1'), partly('B', '2'), partly('N', '9')]
      const now = [held('1', 'A', { name: 'Newer', aar: 4 }), held('9', 'N', { name: 'N', aar: null })]
      const plan = await undone([both('A', '1'), both('B', '2'), create('N')], known, now)
      expect(plan.changes).toMatchObject([{ key: 'A', fields: { aar: { from: 4, to: 3 } } }])
      const message = 'name of A is neither as before the run nor as the run wrote it, and stays'
      expect(plan.notices).toEqual([{ code: 'not-as-written', key: 'A', message }])
      expect(plan.skipped).toEqual([
        { key: 'B', id: '2', reason: 'changed-since' },
        { key: 'N', id: '9', reason: 'changed-since' },
      ])
    })
  })

  it('compares a field whose type the target does not tell as text, and one of a type by its type', async () => {
    const change = (key: string, id: string): Change => ({
      op: 'update',
      key,
      id,
      fields: { motto: { from: null, to: 'new' }, support_hold: { from: true, to: false } },
    })
    const plan = await undone(
      [change('A', '1'), change('B', '2')],
      [did('A', '1'), did('B', '2')],
      [held('1', 'A', { motto: 'by hand', support_hold: false }), held('2', 'B', { motto: 'new', support_hold: null })],
    )
    expect(plan.skipped).toEqual([{ key: 'A', id: '1', reason: 'changed-since' }])
    expect(plan.changes).toMatchObject([
      { key: 'B', fields: { motto: { from: 'new', to: null }, support_hold: { from: null, to: true } } },
    ])
  })

  it('is empty for a create that is retired already', async () => {
    const plan = await undone(
      [create('N')],
      [did('N', '9')],
      [held('9', 'N', { name: 'N', aar: 5, mark_for_deletion: true })],
    )
    expect([plan.changes, plan.skipped]).toEqual([[], []])
  })

  /** What undoing `changes` plans for a sync with these rules, when the target holds `records`. */
  async function undoneBy(
    rules: Parameters<typeof syncOf>[0],
    changes: readonly Change[],
    records: readonly Existing[],
    ops: Target['ops'] = OPS,
  ): Promise<SyncPlan> {
    const { retire: _, ...sync } = syncOf(rules, { target: targetOf({ records, ops }) }).rules
    const known = new Map(changes.map(({ key, id = `new-${key}` }) => did(key, id)))
    const whole = { ...syncOf(rules, { target: targetOf({ records, ops }) }), rules: { ...sync, ...rules } }
    return undo(planOf(...changes), whole, { known, created: () => undefined }, testRun())
  }

  it('says of each create that no rule can retire it, instead of having nothing to do', async () => {
    const plan = await undoneBy({}, [create('N')], [held('new-N', 'N', { name: 'N', aar: 5 })])
    expect([plan.changes, plan.skipped]).toEqual([[], [{ key: 'N', id: 'new-N', reason: 'no-retire' }]])
  })

  it('removes what was created where the sync removes, and creates anew what was removed', async () => {
    const removed: Change = {
      op: 'remove',
      key: 'R',
      id: '7',
      fields: { name: { from: 'R', to: null }, aar: { from: 2, to: null } },
    }
    const now: Existing = { ...held('new-N', 'N', { name: 'N', aar: 5 }), version: '3' }
    const plan = await undoneBy({ retire: 'remove' }, [create('N'), removed], [now])
    expect(plan.skipped).toEqual([])
    expect(plan.changes).toEqual([
      {
        op: 'remove',
        key: 'N',
        id: 'new-N',
        version: '3',
        fields: {
          salesforce_id: { from: 'N', to: null },
          mark_for_deletion: { from: false, to: null },
          name: { from: 'N', to: null },
          aar: { from: 5, to: null },
        },
        reason: 'undo',
      },
      {
        op: 'create',
        key: 'R',
        fields: { name: { from: null, to: 'R' }, aar: { from: null, to: 2 } },
        reason: 'undo',
      },
    ])
  })

  it.each([undefined, 'remove'] as const)(
    'sets back what was updated, and never removes it, where created records would be: %s',
    async (retire) => {
      const held2 = held('1', 'A', { aar: 4 })
      const plan = await undoneBy(retire === undefined ? {} : { retire }, [update('A', '1', 3, 4)], [held2])
      expect(plan.skipped).toEqual([])
      expect(plan.changes).toMatchObject([{ op: 'update', key: 'A', fields: { aar: { from: 4, to: 3 } } }])
    },
  )

  it('leaves a removed record that is there again, and what its target cannot do', async () => {
    const removed: Change = { op: 'remove', key: 'R', id: '7', fields: { aar: { from: 2, to: null } } }
    const again = await undoneBy({ retire: 'remove' }, [removed], [held('7', 'R', { aar: 2 })])
    expect([again.changes, again.skipped]).toEqual([[], [{ key: 'R', id: '7', reason: 'changed-since' }]])
    const unable = await undoneBy({ retire: 'remove' }, [removed], [], ['update', 'remove'])
    expect([unable.changes, unable.skipped]).toEqual([[], [{ key: 'R', reason: 'not-possible' }]])
  })

  it('knows the id that a ref has become', async () => {
    const change: Change = { op: 'update', key: 'U', id: '1', fields: { parent: { from: '1', to: ref('first', 'A') } } }
    const plan = await undone([change], [did('U', '1')], [held('1', 'U', { parent: '77' })])
    expect(plan.changes).toMatchObject([{ fields: { parent: { from: '77', to: '1' } } }])
  })

  it('is held against limits as any plan is, once it is whole', async () => {
    const changes = [update('A', '1', 3, 4), update('B', '2', 3, 4)]
    const plan = await undone(
      changes,
      [did('A', '1'), did('B', '2')],
      [held('1', 'A', { aar: 4 }), held('2', 'B', { aar: 4 })],
    )
    expect(plan.excesses).toEqual([])
    expect(excesses(plan, { update: 0.05 })).toMatchObject([{ op: 'update', count: 2, existing: 20, limit: 0.05 }])
  })

  it('asks for a hundred records at a time', async () => {
    const changes = Array.from({ length: 150 }, (_, index) => update(`K${index}`, `${index}`, 1, 2))
    const records = changes.map(({ key, id }) => held(id ?? '', key, { aar: 2 }))
    const plan = await undone(
      changes,
      changes.map(({ key, id }) => did(key, id ?? '')),
      records,
    )
    expect(plan.changes).toHaveLength(150)
  })
})
