import { afterEach, describe, expect, it, vi } from 'vitest'
import { cannotTell, collect, HttpError, type Change, type Outcome, type Step, type Target } from 'zds'
import type { SentChange } from '../../../src/core/types.ts'
import { applying, create, planOf, untouched, update } from '../../support/applying.ts'
import { done, stream } from '../../support/syncs.ts'

const lost = new HttpError('HTTP_UNAVAILABLE', 'desk answered 502', { status: 502, arrived: 'maybe' })
const refused = (status: number) => new HttpError('HTTP_REFUSED', `desk answered ${status}`, { status, arrived: 'no' })

type Answer = readonly Outcome[] | Error

/** A target of requests as data that answers one after the other, and what it was asked. */
function answering(
  answers: readonly Answer[],
  parts: { batch?: number; parallel?: number; staleness?: Target['staleness']; settle?: Target['settle'] } = {},
) {
  const sent: string[][] = []
  const settled: string[][] = []
  const settle = parts.settle ?? (() => stream([]))
  const target: Target = {
    ...untouched({ staleness: parts.staleness ?? 'batch' }),
    settle: (some: readonly SentChange[], run) => {
      settled.push(some.map(({ change }) => change.key))
      return settle(some, run)
    },
    write: {
      batch: parts.batch ?? 10,
      parallel: parts.parallel ?? 1,
      send: async (changes) => {
        const answer = answers[sent.length] ?? changes.map(done)
        sent.push(changes.map(({ key }) => key))
        if (answer instanceof Error) throw answer
        return answer
      },
    },
  }
  return { target, sent, settled }
}

const shown = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((outcome) => (outcome.status === 'done' ? `done ${outcome.key}` : `${outcome.code} ${outcome.key}`))
const told = async (target: Target, ...changes: Change[]) => shown(await collect(applying(planOf(...changes), target)))

afterEach(() => vi.unstubAllEnvs())

describe('requests as data', () => {
  it('take as many changes as said, and are written down before they are sent', async () => {
    const journal: Step[] = []
    const { target, sent } = answering([], { batch: 2 })
    if (!('write' in target)) throw new Error('it writes')
    const write = {
      ...target.write,
      send: async (changes: readonly Change[]) => {
        sent.push(changes.map(({ key }) => key))
        expect(journal).toContainEqual({ status: 'sending', keys: changes.map(({ key }) => key) })
        return changes.map(done)
      },
    }
    await collect(applying(planOf(create('A'), create('B'), create('C')), { ...target, write }, {}, journal))
    expect(sent).toEqual([['A', 'B'], ['C']])
  })

  it('are under way as many at a time as said', async () => {
    let most = 0
    let now = 0
    const send = async (changes: readonly Change[]) => {
      most = Math.max(most, (now += 1))
      await new Promise((resolve) => setTimeout(resolve, 5))
      now -= 1
      return changes.map(done)
    }
    const target = { ...untouched(), write: { batch: 1, parallel: 3, send } }
    const changes = Array.from({ length: 9 }, (_, n) => create(`K${n}`))
    expect(await told(target, ...changes)).toHaveLength(9)
    expect(most).toBe(3)
  })

  it('SAFE-05: after a lost answer only what certainly was not carried out is sent again', async () => {
    const { target, sent, settled } = answering([lost], { settle: () => stream([done(create('A'))]) })
    expect(await told(target, create('A'), create('B'))).toEqual(['done A', 'done B'])
    expect([sent, settled]).toEqual([[['A', 'B'], ['B']], [['A', 'B']]])
  })

  it('SAFE-05: what comes about late, after its answer was lost and it was looked up, is done and no stale record', async () => {
    const { target, sent } = answering([lost])
    const change = update('A')
    const fields = (side: 'from' | 'to') =>
      Object.fromEntries(Object.entries(change.fields).map(([field, one]) => [field, one[side]]))
    const refetch: Target['refetch'] = (ids) =>
      stream(ids.map((id) => ({ id, fields: fields(sent.length === 0 ? 'from' : 'to') })))
    expect(await told({ ...target, refetch }, change)).toEqual(['done A'])
    expect(sent).toEqual([['A']])
  })

  it('SAFE-05: a change that an answer does not speak of was lost, and the others were not', async () => {
    const { target, sent, settled } = answering([[done(create('A'))]])
    expect(await told(target, create('A'), create('B'))).toEqual(['done A', 'done B'])
    expect([sent, settled]).toEqual([[['A', 'B'], ['B']], [['B']]])
  })

  it('are given up after as many lost answers as the policy of the environment allows', async () => {
    vi.stubEnv('ZDS_HTTP_ATTEMPTS', '2')
    const { target, sent } = answering([lost, lost, lost])
    expect(await collect(applying(planOf(create('A')), target))).toEqual([
      {
        key: 'A',
        status: 'failed',
        code: 'no-answer',
        message: 'global: 2 answers were lost, and it was not carried out',
      },
    ])
    expect(sent).toHaveLength(2)
  })

  it('end the run where the service is away all that time, rather than being failures of single changes', async () => {
    vi.stubEnv('ZDS_HTTP_ATTEMPTS', '2')
    const away = new HttpError('HTTP_UNAVAILABLE', 'desk answered 503', { status: 503, arrived: 'maybe' })
    const { target, sent } = answering([away, away, away])
    await expect(told(target, create('A'))).rejects.toBe(away)
    expect(sent).toHaveLength(2)
    expect(await told(answering([away]).target, create('A'))).toEqual(['done A'])
  })

  it('are never sent twice to a service that cannot be asked what became of them', async () => {
    const { target, sent } = answering([lost], { settle: cannotTell })
    expect(await told(target, create('A'))).toEqual(['fate-unknown A'])
    expect(sent).toHaveLength(1)
  })

  it('that are refused fail with the status, and the others go on', async () => {
    const { target } = answering([refused(422)], { batch: 1 })
    expect(await told(target, create('A'), create('B'))).toEqual(['http-422 A', 'done B'])
  })

  it.each([
    new HttpError('AUTH_FAILED', 'desk answered 401', { status: 401, arrived: 'no' }),
    new HttpError('HTTP_UNAVAILABLE', 'desk answered 503', { status: 503, arrived: 'no' }),
    new Error('a defect'),
  ])('end the run with what concerns more than them: $message', async (error) => {
    const { target, sent } = answering([error], { batch: 1 })
    await expect(told(target, create('A'), create('B'))).rejects.toBe(error)
    expect(sent).toHaveLength(1)
  })

  it('whose condition does not hold any more were of a stale record; without a condition 412 is a refusal', async () => {
    const conditional = answering([refused(412)], { staleness: 'condition' })
    expect(await told(conditional.target, update('A'))).toEqual(['changed-since-plan A'])
    expect(await told(answering([refused(412)]).target, update('A'))).toEqual(['http-412 A'])
  })
})
