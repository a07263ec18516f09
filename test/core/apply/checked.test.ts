import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, ZdsError, type Change, type Outcome, type Step, type Target } from 'zds'
import type { SentChange } from '../../../src/core/types.ts'
import { applying, create, outcomesIn, planOf, retire, untouched, update } from '../../support/applying.ts'
import { done, stream, targetOf } from '../../support/syncs.ts'

const sending = (...keys: string[]): Step => ({ status: 'sending', keys })
const accepted = (job: string, ...keys: string[]): Step => ({ status: 'accepted', keys, job })
const failed: Outcome = { key: 'A', status: 'failed', code: 'x', message: 'no' }

/** A target that tells these steps, whatever it is asked for. */
const telling = (steps: readonly Step[], settle: Target['settle'] = () => stream([])): Target =>
  untouched({ settle, apply: () => stream(steps) })

/** What is told and written down of creates of A and B, and the failure. */
async function told(target: Target, ...changes: Change[]) {
  const journal: Step[] = []
  const outcomes: Outcome[] = []
  try {
    for await (const outcome of applying(planOf(...changes), target, {}, journal)) outcomes.push(outcome)
  } catch (error) {
    return { outcomes, journal, error }
  }
  return { outcomes, journal, error: undefined }
}

describe('SAFE-06: a target is held to its word', () => {
  it('one that never says what it sends is refused by name, before any of its outcomes counts', async () => {
    const { outcomes, journal, error } = await told(
      telling([done(create('A')), done(create('B'))]),
      create('A'),
      create('B'),
    )
    expect(error).toMatchObject({
      code: 'TARGET_INVALID',
      message: 'The target of global organizations tells of A, without having said that it sends it',
      hint: expect.stringContaining('write-a-plugin.md') as string,
    })
    expect([outcomes, journal]).toEqual([[], []])
  })

  it.each<[string, readonly Step[], string]>([
    ['an outcome of what is not planned', [sending('A', 'B'), done(create('Z'))], 'tells of Z, which is not planned'],
    [
      'an outcome of what it did not send',
      [sending('A'), done(create('A')), done(create('B'))],
      'tells of B, without having said that it sends it',
    ],
    ['a second outcome', [sending('A'), done(create('A')), failed], 'tells of A, which has its outcome already'],
    ['a job for what it did not send', [sending('A'), accepted('j', 'A', 'B')], 'tells of B, without'],
    ['a request for what is not planned', [sending('A', 'Z')], 'would send Z, which is not planned'],
    [
      'a request for what has an outcome',
      [sending('A'), failed, sending('A')],
      'would send A, which has its outcome already',
    ],
  ])('%s is a fault of the target', async (_, steps, words) => {
    const { outcomes, journal, error } = await told(telling(steps), create('A'), create('B'))
    expect(error).toMatchObject({ code: 'TARGET_INVALID', message: expect.stringContaining(words) as string })
    expect(outcomesIn(journal)).toEqual(outcomes)
    expect(outcomes.length).toBeLessThanOrEqual(1)
  })

  it('a request for a record that it did not ask about, or that is stale, is not journaled as sent', async () => {
    const blind = telling([sending('A'), done(update('A'))])
    expect(await told(blind, update('A'))).toMatchObject({
      journal: [],
      error: {
        message:
          'The target of global organizations would send A, without having asked whether its record is as the plan says',
      },
    })
    const deaf = targetOf({
      apply: async function* (changes, run) {
        await run.fresh(changes)
        yield sending('A')
      },
    })
    const { error, outcomes } = await told(deaf, update('A'))
    expect(outcomes).toMatchObject([{ key: 'A', status: 'stale', message: 'The record is gone' }])
    expect(error).toMatchObject({
      message: expect.stringContaining('would send A, which has its outcome already') as string,
    })
  })

  it('one that asks once more about a change that has its outcome is not given it again', async () => {
    const asked: string[][] = []
    const target = untouched({
      apply: async function* (changes, run) {
        for (let time = 0; time < 2; time += 1) {
          const fresh = await run.fresh(changes)
          asked.push(fresh.map(({ key }) => key))
          if (fresh.length > 0) yield* [sending('A'), done(update('A'))]
        }
      },
    })
    expect(await told(target, update('A'))).toMatchObject({ outcomes: [done(update('A'))], error: undefined })
    expect(asked).toEqual([['A'], []])
  })

  it.each(['none', 'condition'] as const)('one whose staleness is %s need not ask', async (staleness) => {
    const target = targetOf({ staleness, apply: (changes) => stream([sending('A'), ...changes.values().map(done)]) })
    expect((await told(target, update('A'))).outcomes).toEqual([done(update('A'))])
  })

  it('a change that is left without an outcome has failed, unless it was sent and is settled', async () => {
    const asked: SentChange[][] = []
    const target = telling([sending('A', 'B'), accepted('j1', 'B'), sending('C'), done(create('C'))], (sent) => {
      asked.push([...sent])
      return stream([done(create('A'))])
    })
    const { outcomes, error } = await told(target, create('A'), create('B'), create('C'), create('D'))
    expect(error).toBeUndefined()
    expect(asked).toEqual([[{ change: create('A') }, { change: create('B'), job: 'j1' }]])
    const missing = {
      status: 'failed',
      code: 'no-outcome',
      message: 'The target of global organizations has not told what became of it',
    }
    expect(outcomes).toEqual([done(create('C')), done(create('A')), { key: 'B', ...missing }, { key: 'D', ...missing }])
  })

  it.each<[string, readonly Outcome[]]>([
    ['of another change', [done(create('Z'))]],
    ['twice', [done(create('A')), failed]],
  ])('settling tells of what it was asked for, and not %s', async (_, outcomes) => {
    const target = telling([], () => stream(outcomes))
    const known = new Map([['A', { kind: 'sending' as const }]])
    await expect(collect(applying(planOf(create('A')), target, { known }))).rejects.toMatchObject({
      code: 'TARGET_INVALID',
    })
  })

  const keys = fc.constantFrom('A', 'B', 'C', 'D')
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    fc.array(keys, { minLength: 1, maxLength: 3 }).map((some) => sending(...some)),
    keys.map((key) => accepted('j', key)),
    keys.map((key) => done(create(key))),
    keys.map((key) => ({ ...failed, key })),
  )
  it('whatever it tells, each planned change has one outcome, after it was sent or as no-outcome, or the run ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async (steps) => {
        const { outcomes, journal, error } = await told(telling(steps), create('A'), create('B'), create('C'))
        expect(outcomesIn(journal)).toEqual(outcomes)
        expect(new Set(outcomes.map(({ key }) => key)).size).toBe(outcomes.length)
        const whole =
          outcomes
            .map(({ key }) => key)
            .toSorted()
            .join() === 'A,B,C'
        expect(error === undefined ? whole : error instanceof ZdsError && error.code === 'TARGET_INVALID').toBe(true)
        for (const outcome of outcomes) {
          if (outcome.status === 'failed' && outcome.code === 'no-outcome') continue
          const before = journal.slice(0, journal.indexOf(outcome))
          expect(before.some((step) => step.status === 'sending' && step.keys.includes(outcome.key))).toBe(true)
        }
      }),
    )
  })
})

describe('records are looked at right before they are written', () => {
  /** What happens to a target of requests as data, in order; `aar` is what its records hold. */
  function watched(aar: (id: string) => number, staleness: Target['staleness'] = 'batch') {
    const events: string[] = []
    const target = untouched({
      staleness,
      refetch: (ids) => {
        events.push(`look ${ids.join()}`)
        return stream(ids.map((id) => ({ id, fields: { aar: aar(id) } })))
      },
    })
    const send = async (changes: readonly Change[]) => {
      events.push(`write ${changes.map(({ id = 'new' }) => id).join()}`)
      return changes.map(done)
    }
    return { events, target: { ...target, write: { batch: 2, parallel: 1, send } } satisfies Target }
  }

  it('one batch after the other, not all before the first write; creates have nothing to look at', async () => {
    const { events, target } = watched(() => 1)
    await collect(applying(planOf(create('N'), update('A'), update('B'), update('C')), target))
    expect(events).toEqual(['write new', 'look id-A,id-B', 'write id-A,id-B', 'look id-C', 'write id-C'])
  })

  it('so that an edit while earlier batches were written is seen', async () => {
    // Somebody edits C once the first batch is written.
    const { events, target } = watched((id) => (id === 'id-C' && events.includes('write id-A,id-B') ? 9 : 1))
    const outcomes = await collect(applying(planOf(update('A'), update('B'), update('C'), update('D')), target))
    expect(outcomes.map(({ key, status }) => `${status} ${key}`)).toEqual(['done A', 'done B', 'stale C', 'done D'])
    expect(events.at(-1)).toBe('write id-D')
  })

  it.each(['none', 'condition'] as const)(
    'or not at all, where the target says %s: no request for each record, in silence',
    async (staleness) => {
      const { events, target } = watched(() => 9, staleness)
      const outcomes = await collect(applying(planOf(update('A'), retire('B')), target))
      expect(outcomes.map(({ status }) => status)).toEqual(['done', 'done'])
      expect(events).toEqual(['write id-A', 'write id-B'])
    },
  )
})
