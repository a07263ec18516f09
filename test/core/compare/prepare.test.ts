import { describe, expect, it } from 'vitest'
import type { Change, Preparation } from 'zds'
import { completedPlan, possiblePlan, prepare, type AskTarget } from '../../../src/core/compare/prepare.ts'
import { create, planOf, retire, update } from '../../support/applying.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'

const plan = planOf(create('A'), update('B'), retire('C'))

describe('what a target makes of a plan', () => {
  it('may complete changes, and skip them with a reason', () => {
    const more: Change = { ...create('A'), fields: { ...create('A').fields, name: { from: null, to: 'Ada' } } }
    const prepared: Preparation = { changes: [more, update('B')], skipped: [{ key: 'C', reason: 'second-address' }] }
    expect(completedPlan(plan, prepared, targetOf())).toEqual({ ...plan, ...prepared })
  })

  it('may say what a person should know of a change, and of nothing else', () => {
    const earlier = { code: 'name-circle', key: 'A', message: 'A waits for B; B waits for A' }
    const said = (key: string): Preparation => ({
      changes: plan.changes,
      skipped: [],
      notices: [{ code: 'external-id-left', key, message: 'another record has it' }],
    })
    const { notices } = completedPlan({ ...plan, notices: [earlier] }, said('B'), targetOf())
    expect(notices).toEqual([earlier, ...(said('B').notices ?? [])])
    expect(() => completedPlan(plan, said('Z'), targetOf())).toThrow(/what was planned: notice Z$/)
  })

  it.each<[string, readonly Change[], string]>([
    ['drop one', [create('A'), update('B')], 'retire C'],
    [
      'make another operation of one',
      [create('A'), update('B'), { ...retire('C'), op: 'update' }],
      'update C, retire C',
    ],
    ['change another record', [create('A'), { ...update('B'), id: '9' }, retire('C')], 'update B, update B'],
    ['bring one of its own', [...plan.changes, create('Z')], 'create Z'],
    ['bring one twice', [...plan.changes, create('A')], 'create A'],
  ])('may not %s', (_, changes, wrong) => {
    expect(() => completedPlan(plan, { changes, skipped: [] }, targetOf())).toThrow(
      expect.objectContaining({
        code: 'TARGET_INVALID',
        message: `The target of global organizations has changed or dropped what was planned: ${wrong}`,
        hint: expect.stringContaining('defect of its plugin') as string,
      }),
    )
  })

  it('is told of five that it may not, as they may be many', () => {
    const changes = ['P', 'Q', 'R', 'S', 'T', 'U'].map(create)
    expect(() => completedPlan(planOf(), { changes, skipped: [] }, targetOf())).toThrow(
      /planned: create P, create Q, create R, create S, create T$/,
    )
  })

  it('may not leave out what it completes', () => {
    const prepared = { changes: plan.changes, skipped: [{ key: 'C', reason: 'second-address' }] }
    expect(() => completedPlan(plan, prepared, targetOf())).toThrow('what was planned: skip C')
  })

  it('is without what it cannot do, which is listed', () => {
    const named = planOf({ ...create('A'), name: 'Acme' })
    expect(possiblePlan(named, targetOf({ ops: ['update'] })).skipped).toMatchObject([{ key: 'A', name: 'Acme' }])
    const { changes, skipped } = possiblePlan(plan, targetOf({ ops: ['update'] }))
    expect(changes).toEqual([update('B')])
    expect(skipped).toStrictEqual([
      { key: 'A', reason: 'not-possible' },
      { key: 'C', reason: 'not-possible', id: 'id-C' },
    ])
  })

  it('is the plan itself where it can do all of it', () => {
    expect(possiblePlan(plan, targetOf())).toBe(plan)
    const updates = planOf(update('B'))
    expect(possiblePlan(updates, targetOf({ ops: ['create', 'update'] }))).toBe(updates)
  })
})

describe('a target that is asked', () => {
  const along = { people: ['Ada'] }
  const coming = planOf({ ...create('A'), along })
  const nothing = async (): Promise<undefined> => undefined

  it('is asked for what there is to do, and not where there is nothing', async () => {
    const asked: string[][] = []
    const ask: AskTarget = async ({ changes }) => void asked.push([...changes].map(({ key }) => key))
    await prepare(planOf(), syncOf(), ask)
    await prepare(planOf(create('A'), update('B')), syncOf(), ask)
    expect(asked).toEqual([['A', 'B']])
  })

  it('ZD-10: is told what is desired beside them, and has no record, nor gets one', async () => {
    const asked: (readonly string[])[] = []
    const ask: AskTarget = async ({ held }) => void asked.push(held)
    const skipped = [
      { key: 'H', reason: 'name-taken' },
      { key: 'P', reason: 'protected', id: '7' },
    ]
    const ops = ['create'] as const
    await prepare({ ...planOf(create('A'), update('B')), skipped }, syncOf({}, { target: targetOf({ ops }) }), ask)
    await prepare(
      { ...planOf(create('A'), update('B')), skipped },
      syncOf({}, { target: targetOf({ ops: ['update'] }) }),
      ask,
    )
    expect(asked).toEqual([['H'], ['H', 'A']])
  })

  it('SYN-03: says what comes along with a record', async () => {
    const target = { ...targetOf(), describe: ({ key }: Change) => [{ code: 'people', message: `people of ${key}` }] }
    const { changes } = await prepare(coming, syncOf({}, { target }), nothing)
    expect(changes).toEqual([{ ...create('A'), along, remarks: [{ code: 'people', message: 'people of A' }] }])
  })

  it('SYN-03: and that takes nothing along is not given anything', async () => {
    await expect(prepare(coming, syncOf(), nothing)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('something comes along with A, and organizations takes nothing') as string,
      hint: expect.stringContaining('Leave it out where the record is made') as string,
    })
  })
})
