import { describe, expect, it } from 'vitest'
import { collect, type Change, type Outcome, type Step, type SyncPlan, type Target } from 'zds'
import { apply, type Applied } from '../../src/core/apply.ts'
import { ref } from '../../src/core/refs.ts'
import { done, held, stream, targetOf, type TargetParts } from '../support/syncs.ts'
import { testRun } from '../support/time.ts'

const create = (key: string): Change => ({ op: 'create', key, fields: { aar: { from: null, to: 1 } } })
const update = (key: string, from: number | null = 1): Change => ({ op: 'update', key, id: `id-${key}`, fields: { aar: { from, to: 2 } } })
const retire = (key: string): Change => ({
  op: 'retire',
  key,
  id: `id-${key}`,
  fields: { mark_for_deletion: { from: false, to: true } },
  reason: 'gone',
})

const planOf = (...changes: Change[]): SyncPlan => ({
  name: 'global',
  target: 'global',
  resource: 'organizations',
  existing: 0,
  desired: 0,
  changes,
  skipped: [],
  notices: [],
  excesses: [],
})

/** Carries out a plan; `journal` holds what is written down by now. */
function applying(plan: SyncPlan, target: Target, more: Partial<Applied> = {}, journal: Step[] = []): AsyncIterable<Outcome> {
  return apply(plan, target, { created: () => undefined, record: (steps) => void journal.push(...steps), ...more }, testRun())
}

/** A target that holds just what the updates and retires below speak of. */
const untouched = (parts: TargetParts): Target =>
  targetOf({ refetch: (ids) => stream(ids.map((id) => held(id, id.slice(3), { aar: 1 }))), ...parts })

describe('carrying out a plan', () => {
  it('SYN-01: creates, then updates, then retires, each once, whatever their order in the plan', async () => {
    const calls: [string[], string[]][] = []
    const target = untouched({
      apply: (changes) => {
        calls.push([changes.map(({ op }) => op), changes.map(({ key }) => key)])
        return stream(changes.map(done))
      },
    })
    const outcomes = await collect(applying(planOf(retire('R'), update('U'), create('C'), update('V')), target))
    expect(calls).toEqual([
      [['create'], ['C']],
      [
        ['update', 'update'],
        ['U', 'V'],
      ],
      [['retire'], ['R']],
    ])
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['C', 'done'],
      ['U', 'done'],
      ['V', 'done'],
      ['R', 'done'],
    ])
  })

  it('asks nothing of the target when there is nothing to do', async () => {
    const target = untouched({
      apply: () => {
        throw new Error('asked')
      },
    })
    expect(await collect(applying(planOf(), target))).toEqual([])
  })

  it('SAFE-06: what is about to be sent is written down before the target goes on to send it', async () => {
    const journal: Step[] = []
    const target = untouched({
      apply: async function* (changes) {
        for (const change of changes) {
          yield { status: 'sending', keys: [change.key] }
          expect(journal).toContainEqual({ status: 'sending', keys: [change.key] })
          yield done(change)
        }
      },
    })
    await collect(applying(planOf(create('A'), create('B'), update('C')), target, {}, journal))
    expect(journal.map((step) => ('key' in step ? `${step.status} ${step.key}` : `${step.status} ${step.keys.join()}`))).toEqual([
      'sending A',
      'done A',
      'sending B',
      'done B',
      'sending C',
      'done C',
    ])
  })

  it('SAFE-06: the job that took changes over is written down before the target waits for it', async () => {
    const journal: Step[] = []
    const accepted: Step = { status: 'accepted', keys: ['A', 'B'], job: 'j1' }
    const target = untouched({
      apply: async function* (changes) {
        yield { status: 'sending', keys: ['A', 'B'] }
        yield accepted
        expect(journal).toContainEqual(accepted)
        yield* changes.map(done)
      },
    })
    await collect(applying(planOf(update('A'), update('B')), target, {}, journal))
    expect(journal).toContainEqual(accepted)
  })

  it('SAFE-06: an outcome is written down before it is told', async () => {
    const journal: Step[] = []
    const changes = Array.from({ length: 250 }, (_, index) => update(`K${index}`))
    const told: Outcome[] = []
    for await (const outcome of applying(planOf(...changes), untouched({}), {}, journal)) {
      expect(journal).toContainEqual(outcome)
      told.push(outcome)
    }
    expect(told.map(({ key }) => key)).toEqual(changes.map(({ key }) => key))
  })

  it('nothing is sent that cannot be written down', async () => {
    let sent = 0
    const target = untouched({
      apply: async function* (changes) {
        yield { status: 'sending', keys: changes.map(({ key }) => key) }
        sent += 1
        yield* changes.map(done)
      },
    })
    const record = (): void => {
      throw new Error('disk full')
    }
    await expect(collect(applying(planOf(update('A')), target, { record }))).rejects.toThrow('disk full')
    expect(sent).toBe(0)
  })

  it('writes down what was answered before the target failed, and fails with its error', async () => {
    const journal: Step[] = []
    const target = untouched({
      apply: async function* (changes) {
        yield { status: 'sending', keys: ['A', 'B'] }
        for (const change of changes.slice(0, 1)) yield done(change)
        throw new Error('connection lost')
      },
    })
    const told: Outcome[] = []
    const run = async (): Promise<void> => {
      for await (const outcome of applying(planOf(update('A'), update('B')), target, {}, journal)) told.push(outcome)
    }
    await expect(run()).rejects.toThrow('connection lost')
    expect(journal).toEqual([
      { status: 'sending', keys: ['A', 'B'] },
      { key: 'A', status: 'done', id: 'id-A' },
    ])
    expect(told).toEqual([{ key: 'A', status: 'done', id: 'id-A' }])
  })

  it('writes down what was answered when nobody listens any more, and sends no more', async () => {
    const journal: Step[] = []
    let closed = false
    const target = untouched({
      apply: async function* (changes) {
        try {
          for (const change of changes) {
            yield { status: 'sending', keys: [change.key] }
            yield done(change)
          }
        } finally {
          closed = true
        }
      },
    })
    for await (const _ of applying(planOf(update('A'), update('B'), update('C')), target, {}, journal)) break
    expect(closed).toBe(true)
    expect(journal).toContainEqual({ key: 'A', status: 'done', id: 'id-A' })
    expect(journal).not.toContainEqual({ status: 'sending', keys: ['C'] })
  })
})

describe('what has changed since the plan was made', () => {
  const records = [held('id-A', 'A', { aar: 1 }), held('id-B', 'B', { aar: 9 }), held('id-R', 'R', { mark_for_deletion: true })]
  const plan = planOf(create('N'), update('A'), update('B'), update('G'), retire('R'))

  it('is left alone and told, and so is what is gone', async () => {
    const journal: Step[] = []
    const outcomes = await collect(applying(plan, targetOf({ records }), {}, journal))
    const stale = { status: 'stale', code: 'changed-since-plan' }
    expect(outcomes).toEqual([
      { key: 'N', status: 'done', id: 'new-N' },
      { key: 'B', ...stale, message: 'Changed since the plan was made: aar' },
      { key: 'G', ...stale, message: 'The record is gone' },
      { key: 'A', status: 'done', id: 'id-A' },
      { key: 'R', ...stale, message: 'Changed since the plan was made: mark_for_deletion' },
    ])
    expect(journal).toEqual(outcomes)
  })

  it('is neither a field that the plan does not touch, nor another spelling of the same value', async () => {
    const touched = [held('id-A', 'A', { aar: '1.0', name: 'Renamed by hand' })]
    const outcomes = await collect(applying(planOf(update('A')), targetOf({ records: touched })))
    expect(outcomes.map(({ status }) => status)).toEqual(['done'])
  })

  it('is found out with at most 100 records to a request', async () => {
    const asked: number[] = []
    const target = targetOf({
      refetch: (ids) => {
        asked.push(ids.length)
        return stream(ids.map((id) => held(id, id.slice(3), { aar: 1 })))
      },
    })
    const changes = Array.from({ length: 201 }, (_, index) => update(`K${index}`))
    expect(await collect(applying(planOf(...changes), target))).toHaveLength(201)
    expect(asked).toEqual([100, 100, 1])
  })
})

describe('SAFE-08: changes that refer to what an earlier sync creates', () => {
  const referring = (key: string, to: string): Change => ({
    op: 'create',
    key,
    fields: { organization_id: { from: null, to: ref('us-gov', to) } },
  })

  it('are sent with its id, or end unresolved without being sent', async () => {
    const sent: Change[] = []
    const target = targetOf({
      apply: (changes) => {
        sent.push(...changes)
        return stream(changes.map(done))
      },
    })
    const created = (sync: string, key: string): string | undefined => (sync === 'us-gov' && key === 'A' ? '77' : undefined)
    const journal: Step[] = []
    const outcomes = await collect(applying(planOf(referring('U', 'A'), referring('V', 'B')), target, { created }, journal))
    expect(sent).toEqual([{ op: 'create', key: 'U', fields: { organization_id: { from: null, to: 77 } } }])
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['V', 'unresolved'],
      ['U', 'done'],
    ])
    expect(journal).toEqual(outcomes)
  })
})
