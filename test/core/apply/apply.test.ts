import { describe, expect, it } from 'vitest'
import { collect, conceal, text, type Change, type Outcome, type Step, type Target } from 'zds'
import { apply } from '../../../src/core/apply/apply.ts'
import { ref } from '../../../src/core/refs.ts'
import { applying, create, outcomesIn, planOf, retire, untouched, update } from '../../support/applying.ts'
import { done, held, stream, targetOf } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

describe('carrying out a plan', () => {
  it('SYN-01: creates, then updates, then retires, each once, whatever their order in the plan', async () => {
    const calls: [string[], string[]][] = []
    const target = untouched({
      send: (changes) => {
        calls.push([changes.map(({ op }) => op), changes.map(({ key }) => key)])
        return changes.map(done)
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

  it('SYN-01: all at once where the target can tell which must wait', async () => {
    const calls: string[][] = []
    const target: Target = {
      ...untouched({
        apply: async function* (changes, run) {
          const fresh = await run.fresh(changes)
          calls.push(fresh.map(({ key }) => key))
          yield { status: 'sending', keys: fresh.map(({ key }) => key) }
          yield* fresh.map(done)
        },
      }),
      together: true,
    }
    await collect(applying(planOf(create('C'), update('U')), target))
    expect(calls).toEqual([['C', 'U']])
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
      apply: async function* (changes, run) {
        for (const change of await run.fresh(changes)) {
          yield { status: 'sending', keys: [change.key] }
          expect(journal).toContainEqual({ status: 'sending', keys: [change.key] })
          yield done(change)
        }
      },
    })
    const outcomes = await collect(applying(planOf(create('A'), create('B'), update('C')), target, {}, journal))
    expect(outcomes.map(({ key, status }) => `${status} ${key}`)).toEqual(['done A', 'done B', 'done C'])
    expect(
      journal.map((step) => ('key' in step ? `${step.status} ${step.key}` : `${step.status} ${step.keys.join()}`)),
    ).toEqual(['sending A', 'done A', 'sending B', 'done B', 'sending C', 'done C'])
  })

  it('SAFE-06: the job that took changes over is written down before the target waits for it', async () => {
    const journal: Step[] = []
    const accepted: Step = { status: 'accepted', keys: ['A', 'B'], job: 'j1' }
    const target = untouched({
      apply: async function* (changes, run) {
        await run.fresh(changes)
        yield { status: 'sending', keys: ['A', 'B'] }
        yield accepted
        expect(journal).toContainEqual(accepted)
        yield* changes.values().map(done)
      },
    })
    const outcomes = await collect(applying(planOf(update('A'), update('B')), target, {}, journal))
    expect(outcomes.map(({ key, status }) => `${status} ${key}`)).toEqual(['done A', 'done B'])
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

  it('outcomes are written down a hundred at a time: each time waits for the disk', async () => {
    const sizes: number[] = []
    const record = async (steps: readonly Step[]): Promise<void> => void sizes.push(steps.length)
    const changes = Array.from({ length: 250 }, (_, index) => create(`K${index}`))
    expect(await collect(applying(planOf(...changes), targetOf(), { record }))).toHaveLength(250)
    // What is about to be sent is written down by itself.
    expect(sizes).toEqual([1, 100, 100, 50])
  })

  it('what is missing of a change that is done is told without the secrets in it', async () => {
    const secret = conceal('t0ken-of-the-service')
    const partly = [{ code: 'people-not-added', message: `${secret} is not valid` }]
    const target = untouched({ send: () => [{ key: 'A', status: 'done', id: '1', partly }] })
    const journal: Step[] = []
    const outcomes = await collect(applying(planOf(create('A')), target, {}, journal))
    expect(outcomes).toMatchObject([{ partly: [{ code: 'people-not-added', message: '*** is not valid' }] }])
    expect(journal.slice(1)).toEqual(outcomes)
  })

  it('the words of a service are written down and told without the secrets in them', async () => {
    const secret = conceal('t0ken-of-the-service')
    const journal: Step[] = []
    const target = untouched({
      send: (changes) =>
        changes.map(({ key }) => ({
          key,
          status: 'failed',
          code: `bad-${secret}`,
          message: `${secret} is not valid`,
        })),
    })
    const refused = { key: 'A', status: 'failed', code: 'bad-***', message: '*** is not valid' }
    expect(await collect(applying(planOf(create('A')), target, {}, journal))).toEqual([refused])
    expect(outcomesIn(journal)).toEqual([refused])
  })

  it('nothing is sent that cannot be written down', async () => {
    let sent = 0
    const target = untouched({
      apply: async function* (changes, run) {
        await run.fresh(changes)
        yield { status: 'sending', keys: Array.from(changes, ({ key }) => key) }
        sent += 1
        yield* changes.values().map(done)
      },
    })
    const record = async (): Promise<void> => {
      throw new Error('disk full')
    }
    await expect(collect(applying(planOf(update('A')), target, { record }))).rejects.toThrow('disk full')
    expect(sent).toBe(0)
  })

  it('writes down what was answered before the target failed, and fails with its error', async () => {
    const journal: Step[] = []
    const target = untouched({
      apply: async function* (changes, run) {
        await run.fresh(changes)
        yield { status: 'sending', keys: ['A', 'B'] }
        yield* changes.values().take(1).map(done)
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
      apply: async function* (changes, run) {
        try {
          for (const change of await run.fresh(changes)) {
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
  const records = [
    held('id-A', 'A', { aar: 1 }),
    held('id-B', 'B', { aar: 9 }),
    held('id-R', 'R', { mark_for_deletion: true }),
  ]
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
    expect(outcomesIn(journal)).toEqual(outcomes)
  })

  it('is neither a field that the plan does not touch, nor another spelling of the same value', async () => {
    const touched = [held('id-A', 'A', { aar: '1.0', name: 'Renamed by hand' })]
    const outcomes = await collect(applying(planOf(update('A')), targetOf({ records: touched })))
    expect(outcomes.map(({ status }) => status)).toEqual(['done'])
  })

  it('is told with all its fields; one whose type the target does not tell is text', async () => {
    const fields = { aar: { from: 1, to: 2 }, note: { from: null, to: 'new' }, motto: { from: 'old', to: 'new' } }
    const plan = planOf({ op: 'update', key: 'A', id: 'id-A', fields })
    const now = (more: { note: string; motto: string; aar: number }) =>
      targetOf({ types: { name: text() }, records: [held('id-A', 'A', more)] })
    expect(await collect(applying(plan, now({ aar: 1, note: '', motto: 'old' })))).toMatchObject([{ status: 'done' }])
    expect(await collect(applying(plan, now({ aar: 9, note: '', motto: 'by hand' })))).toMatchObject([
      { status: 'stale', message: 'Changed since the plan was made: aar, motto' },
    ])
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
      send: (changes) => {
        sent.push(...changes)
        return changes.map(done)
      },
    })
    const created = (sync: string, key: string): string | undefined =>
      sync === 'us-gov' && key === 'A' ? '77' : undefined
    const journal: Step[] = []
    const update: Change = { ...referring('W', 'B'), op: 'update', id: 'id-W' }
    const outcomes = await collect(
      applying(planOf(referring('U', 'A'), referring('V', 'B'), update), target, { created }, journal),
    )
    expect(sent).toEqual([{ op: 'create', key: 'U', fields: { organization_id: { from: null, to: '77' } } }])
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['V', 'unresolved'],
      ['U', 'done'],
      ['W', 'unresolved'],
    ])
    expect(outcomesIn(journal)).toEqual(outcomes)
  })
})

describe('SYN-12: changes that wait for those of another sync', () => {
  const waiting = (created: (() => string) | undefined) => ({
    keys: new Set(['U', 'W']),
    over: async () => created,
  })
  const referring: Change = {
    op: 'create',
    key: 'U',
    fields: { organization_id: { from: null, to: ref('us-gov', 'A') } },
  }
  const plan = planOf(referring, create('V'), update('W'))

  it('are sent after the others, with what has been created by then, and read back as that', async () => {
    const sent: unknown[] = []
    const target = untouched({
      send: (changes) => {
        sent.push(...changes.map(({ key, fields }) => [key, fields['organization_id']?.to]))
        return changes.map(done)
      },
    })
    const outcomes = await collect(applying(plan, target, { waiting: waiting(() => '77') }))
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['V', 'done'],
      ['U', 'done'],
      ['W', 'done'],
    ])
    expect(sent).toEqual([
      ['V', undefined],
      ['U', '77'],
      ['W', undefined],
    ])
  })

  it('are bound as what they became where they are read back, and keep no others waiting', async () => {
    const sent: string[] = []
    const target = untouched({
      send: (changes) => {
        sent.push(...changes.map(({ key }) => key))
        return changes.map(done)
      },
      refetch: (ids) => stream(ids.map((id) => held(id, 'U', { aar: 1, organization_id: '78' }))),
    })
    const over = async () => {
      expect(sent).toEqual(['U'])
      return () => '77'
    }
    const waiting = { keys: new Set(['W']), over }
    const attempt = { created: () => '77', known: new Map(), record: async () => undefined, waiting }
    const own = apply(planOf(referring, update('W')), { target, readBack: 0 }, attempt, testRun())
    expect((await collect(own)).map(({ key }) => key)).toEqual(['U', 'W'])

    const late = {
      created: () => undefined,
      known: new Map(),
      record: async () => undefined,
      waiting: { keys: new Set(['U']), over: async () => () => '77' },
    }
    const read = await collect(apply(planOf(referring), { target, readBack: 1 }, late, testRun()))
    expect(read).toMatchObject([
      done(referring),
      { key: 'U', code: 'read-back-differs', message: expect.stringMatching(/organization_id$/) },
    ])
  })

  it('are left where those never came to be, which ends the apply once the others are done', async () => {
    const sent: string[] = []
    const target = untouched({
      send: (changes) => {
        sent.push(...changes.map(({ key }) => key))
        return changes.map(done)
      },
    })
    const told: string[] = []
    const carried = async (): Promise<void> => {
      for await (const { key } of applying(plan, target, { waiting: waiting(undefined) })) told.push(key)
    }
    await expect(carried()).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'global: changes of organizations wait for others that were not carried out, and were left: 1',
      hint: 'The same command goes on with them.',
    })
    expect([sent, told]).toEqual([['V'], ['V']])
  })
})
