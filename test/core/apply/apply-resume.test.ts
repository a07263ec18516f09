import { describe, expect, it } from 'vitest'
import { settle } from '../../../src/core/apply/apply.ts'
import { collect, type Change, type Outcome, type Step, type Target } from 'zds'
import type { Known } from '../../../src/core/outcome.ts'
import { ref } from '../../../src/core/refs.ts'
import type { SentChange } from '../../../src/core/types.ts'
import { applying, create, outcomesIn, planOf, retire, untouched, update } from '../../support/applying.ts'
import { done, stream, targetOf } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

const did = (key: string, id: string): [string, Known] => [
  key,
  { kind: 'outcome', outcome: { key, status: 'done', id } },
]
const sending = (key: string): [string, Known] => [key, { kind: 'sending' }]
const accepted = (key: string, job: string): [string, Known] => [key, { kind: 'accepted', job }]
const shown = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ key, status }) => `${status} ${key}`)

type Asked = { readonly sent: string[][]; readonly settled: SentChange[][] }

/**
 * A target that can tell what became of changes that were sent, and what it was asked to send and
 * to settle.
 */
function settling(tell: (sent: readonly SentChange[]) => readonly Outcome[]): Asked & { readonly target: Target } {
  const sent: string[][] = []
  const settled: SentChange[][] = []
  const target: Target = {
    ...untouched({
      send: (changes) => {
        sent.push(changes.map(({ key }) => key))
        return changes.map(done)
      },
    }),
    settle: (before) => {
      settled.push([...before])
      return stream(tell(before))
    },
  }
  return { sent, settled, target }
}

const nothing = (): never[] => []

describe('SAFE-06: going on with a plan that was begun', () => {
  it('what was done is told with what is known of it, and neither done nor written down again', async () => {
    const { target, sent, settled } = settling(nothing)
    const before: Outcome = { key: 'A', status: 'done', id: '41', facts: { users: 2 } }
    const known = new Map<string, Known>([['A', { kind: 'outcome', outcome: before }], did('U', 'id-U')])
    const journal: Step[] = []
    const outcomes = await collect(
      applying(planOf(create('A'), create('B'), update('U'), update('V')), target, { known }, journal),
    )
    expect(outcomes).toEqual([before, done(create('B')), done(update('U')), done(update('V'))])
    expect(sent).toEqual([['B'], ['V']])
    expect(outcomesIn(journal)).toEqual([done(create('B')), done(update('V'))])
    expect(settled).toEqual([])
  })

  it('what was refused, was stale or unresolved is tried once more: the reason may be gone', async () => {
    const { target, sent, settled } = settling(nothing)
    const refusal = (key: string, status: 'failed' | 'stale' | 'unresolved'): [string, Known] => [
      key,
      { kind: 'outcome', outcome: { key, status, code: 'x', message: 'no' } },
    ]
    const known = new Map([refusal('A', 'failed'), refusal('B', 'stale'), refusal('C', 'unresolved')])
    const outcomes = await collect(applying(planOf(update('A'), update('B'), update('C')), target, { known }))
    expect(shown(outcomes)).toEqual(['done A', 'done B', 'done C'])
    expect(sent).toEqual([['A', 'B', 'C']])
    expect(settled).toEqual([])
  })

  it('what failed and yet was, or may have been, carried out is told and not sent again: a create would make a second record', async () => {
    const { target, sent } = settling(nothing)
    const differs: Outcome = {
      key: 'A',
      status: 'failed',
      code: 'read-back-differs',
      message: 'Read back, the record is gone',
      id: '9',
    }
    const unknown: Outcome = {
      key: 'B',
      status: 'failed',
      code: 'fate-unknown',
      message: 'It was sent when the run stopped',
    }
    const known = new Map<string, Known>(
      [differs, unknown].map((outcome) => [outcome.key, { kind: 'outcome', outcome }]),
    )
    const outcomes = await collect(applying(planOf(create('A'), create('B'), create('C')), target, { known }))
    expect(outcomes).toEqual([differs, unknown, done(create('C'))])
    expect(sent).toEqual([['C']])
  })

  it('nothing is asked of the target where all was done', async () => {
    const asked = (): never => {
      throw new Error('asked')
    }
    const target: Target = { ...targetOf({ apply: asked, refetch: asked }), settle: asked }
    const known = new Map([did('A', '41'), did('U', 'id-U')])
    expect(shown(await collect(applying(planOf(create('A'), update('U')), target, { known })))).toEqual([
      'done A',
      'done U',
    ])
  })
})

describe('SAFE-06: what was sent when the run died', () => {
  it('is settled, each operation for itself, in the order in which it was sent, with its jobs', async () => {
    const { target, settled } = settling(nothing)
    const known = new Map([
      accepted('V', 'j2'),
      accepted('U', 'j1'),
      sending('A'),
      did('W', 'id-W'),
      sending('R'),
      sending('gone'),
    ])
    await collect(
      applying(planOf(create('A'), update('U'), update('V'), update('W'), update('X'), retire('R')), target, { known }),
    )
    expect(settled).toStrictEqual([
      [{ change: create('A') }],
      [
        { change: update('V'), job: 'j2' },
        { change: update('U'), job: 'j1' },
      ],
      [{ change: retire('R') }],
    ])
  })

  it('is not sent again where it was carried out or refused, and is where it certainly was not', async () => {
    const settledAs: Outcome[] = [
      { key: 'A', status: 'done', id: '41' },
      { key: 'B', status: 'failed', code: 'name-taken', message: 'Name has already been taken' },
    ]
    const { target, sent } = settling(() => settledAs)
    const journal: Step[] = []
    const known = new Map(['A', 'B', 'C'].map(sending))
    const told: Outcome[] = []
    for await (const outcome of applying(
      planOf(create('A'), create('B'), create('C'), create('D')),
      target,
      { known },
      journal,
    )) {
      expect(journal).toContainEqual(outcome)
      told.push(outcome)
    }
    expect(told).toEqual([...settledAs, done(create('C')), done(create('D'))])
    expect(sent).toEqual([['C', 'D']])
    expect(outcomesIn(journal)).toEqual(told)
  })

  it('has failed, its fate unknown, with a target that cannot tell, and is not sent again', async () => {
    const sent: string[] = []
    const target = untouched({
      send: (changes) => {
        sent.push(...changes.map(({ key }) => key))
        return changes.map(done)
      },
    })
    const journal: Step[] = []
    const known = new Map([sending('A'), accepted('B', 'j1')])
    const outcomes = await collect(applying(planOf(update('A'), update('B'), update('C')), target, { known }, journal))
    const unknown = {
      status: 'failed',
      code: 'fate-unknown',
      message: expect.stringContaining('the next plan shows it'),
    }
    expect(outcomes).toEqual([{ key: 'A', ...unknown }, { key: 'B', ...unknown }, done(update('C'))])
    expect(sent).toEqual(['C'])
    expect(outcomesIn(journal)).toEqual(outcomes)
  })

  it('SAFE-08: is settled with the ids that its refs have become; one whose ref leads nowhere now is unresolved', async () => {
    const referring = (key: string, to: string): Change => ({
      op: 'create',
      key,
      fields: { org: { from: null, to: ref('us-gov', to) } },
    })
    const created = (_sync: string, key: string): string | undefined => (key === 'A' ? '77' : undefined)
    const { target, sent, settled } = settling((all) => all.map(({ change }) => done(change)))
    const known = new Map([sending('U'), sending('V')])
    const outcomes = await collect(
      applying(planOf(referring('U', 'A'), referring('V', 'B')), target, { known, created }),
    )
    expect(settled).toStrictEqual([[{ change: { op: 'create', key: 'U', fields: { org: { from: null, to: '77' } } } }]])
    expect(shown(outcomes)).toEqual(['done U', 'unresolved V'])
    expect(shown(await collect(applying(planOf(referring('V', 'B')), target, { known, created })))).toEqual([
      'unresolved V',
    ])
    expect(settled).toHaveLength(1)
    expect(sent).toEqual([])
  })
})

describe('SAFE-06: a plan that is given up', () => {
  it('has what it had sent settled, with what refs have become, and nothing else is sent', async () => {
    const refers: Change = { op: 'create', key: 'U', fields: { org: { from: null, to: ref('us-gov', 'A') } } }
    const { target, sent, settled } = settling((all) => all.map(({ change }) => done(change)))
    const refused: Outcome = { key: 'R', status: 'failed', code: 'x', message: 'no' }
    const known = new Map<string, Known>([
      did('W', 'id-W'),
      accepted('U', 'j1'),
      ['R', { kind: 'outcome', outcome: refused }],
    ])
    const journal: Step[] = []
    const attempt = {
      record: async (steps: readonly Step[]) => void journal.push(...steps),
      created: () => '77',
      known,
    }
    const plan = planOf(refers, create('N'), update('W'), retire('R'))
    const told = await collect(settle(plan, { target }, attempt, testRun()))
    expect(told).toEqual([{ key: 'W', status: 'done', id: 'id-W' }, refused, done(refers)])
    expect(settled).toStrictEqual([[{ change: { ...refers, fields: { org: { from: null, to: '77' } } }, job: 'j1' }]])
    expect(sent).toEqual([])
    expect(outcomesIn(journal)).toEqual([done(refers)])
  })

  it('asks nothing of the target where nothing was sent', async () => {
    const { target, settled } = settling(nothing)
    const attempt = { record: async () => undefined, created: () => undefined, known: new Map() }
    expect(await collect(settle(planOf(create('N')), { target }, attempt, testRun()))).toEqual([])
    expect(settled).toEqual([])
  })
})
