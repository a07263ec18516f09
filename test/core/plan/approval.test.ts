import { describe, expect, it } from 'vitest'
import { ZdsError, type Excess, type Plan, type SyncPlan } from 'zds'
import { checkPermit, permitOf, releaseHeld, unapprovedExcesses, type Permit } from '../../../src/core/plan/approval.ts'
import { assemble, heldBack } from '../../../src/core/plan/plan.ts'
import { compared, held, syncOf, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const excess = (id: string): Excess => ({
  id,
  op: 'update',
  count: 9,
  existing: 10,
  limit: 0.3,
  message: 'too many',
  examples: [],
})
const found = [excess('global.update'), excess('global.field.support_level')]

const sync: SyncPlan = { ...(await compared({ desired: [wanted('A')] })), excesses: found }
const plan = assemble([sync], 'fingerprint', fakeClock())

describe('what --approve says', () => {
  it.each([
    ['abc', { digest: 'abc' }],
    ['abc:global.update', { digest: 'abc', names: ['global.update'] }],
    ['abc:global.update, partners.create', { digest: 'abc', names: ['global.update', 'partners.create'] }],
    ['abc:', { digest: 'abc', names: [''] }],
  ])('%s is %j', (text, permit) => {
    expect(permitOf(text)).toEqual(permit)
  })

  it('lets pass every excess, or those that are named', () => {
    expect(unapprovedExcesses(found, undefined)).toEqual(found)
    expect(unapprovedExcesses(found, permitOf('abc'))).toEqual([])
    expect(unapprovedExcesses(found, permitOf('abc:global.update')).map(({ id }) => id)).toEqual([
      'global.field.support_level',
    ])
    expect(unapprovedExcesses(found, permitOf('abc:global.update,global.field.support_level'))).toEqual([])
  })
})

describe('SAFE-12: an approval is for one plan, and for what is in it', () => {
  const refusal = (permit: Permit, of: Plan = plan): ZdsError | undefined => {
    try {
      checkPermit(of, permit)
    } catch (error) {
      if (error instanceof ZdsError) return error
      throw error
    }
    return undefined
  }

  it('of its digest, with names of what is or may come beyond a limit', () => {
    const names = ['global.update', 'global.field.support_level', 'global.retire', 'global.drop', 'global.empty']
    expect(refusal({ digest: plan.digest })).toBeUndefined()
    expect(refusal({ digest: plan.digest, names })).toBeUndefined()
  })

  it('another digest is refused, and less than eight digits of one', () => {
    for (const digest of ['f'.repeat(64), plan.digest.slice(0, 7), `${plan.digest}0`, '']) {
      expect(refusal({ digest })).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: `The approval is for the plan ${digest.slice(0, 12)}…, and this one is ${plan.digest}`,
        hint: 'Look at this plan; what was approved is another one, or named by fewer than eight digits.',
      })
    }
  })

  it('its first digits are enough, eight at least, in whatever case', () => {
    for (const digits of [8, 12, 63]) {
      const digest = plan.digest.slice(0, digits)
      expect(refusal({ digest })).toBeUndefined()
      expect(refusal({ digest: digest.toUpperCase() })).toBeUndefined()
    }
  })

  it('every name that means nothing is named, with the one it is near to', () => {
    const names = ['global.updat', 'global.retir', 'partners.create', 'global.update', '']
    expect(refusal({ digest: plan.digest, names })).toMatchObject({
      code: 'USAGE',
      message: '--approve names what is not in the plan',
      hint: 'It goes beyond: global.update, global.field.support_level.',
    })
    const within = assemble([{ ...sync, excesses: [] }], 'fingerprint', fakeClock())
    expect(refusal({ digest: within.digest, names }, within)?.hint).toBeUndefined()
    expect(refusal({ digest: plan.digest, names })?.issues).toEqual([
      { code: 'USAGE', where: 'global.updat', message: 'is no excess of this plan; did you mean global.update?' },
      { code: 'USAGE', where: 'global.retir', message: 'is no excess of this plan; did you mean global.retire?' },
      { code: 'USAGE', where: 'partners.create', message: expect.stringMatching(/^is no excess of this plan/) },
      { code: 'USAGE', where: '', message: 'is no excess of this plan' },
    ])
  })
})

describe('SAFE-13: what an empty source holds back', () => {
  const existing = ['1', '2', '3'].map((id) => held(id, `K${id}`, { name: `Name ${id}` }))
  const empty = { existing, complete: { desired: false }, empty: true }

  it('is counted, and let through by the name of its sync', async () => {
    const plan = await compared(empty)
    expect(plan).toMatchObject({ complete: { desired: false, existing: true }, changes: [] })
    expect(heldBack(plan)).toBe(3)
    const through = releaseHeld(plan, permitOf('abc:global.empty'))
    expect(through.changes).toEqual((await compared({ existing })).changes)
    expect([...through.changes].map(({ op, id, reason }) => [op, id, reason])).toEqual(
      existing.map(({ id }) => ['retire', id, 'gone']),
    )
    expect(heldBack(through)).toBe(0)
  })

  it('leaves what was skipped for another reason where it was', async () => {
    const plan = await compared({ ...empty, existing: [...existing, held('9', null)] })
    const { skipped } = releaseHeld(plan, permitOf('abc:global.empty'))
    expect(skipped).toEqual([{ key: '', reason: 'no-key', id: '9' }])
  })

  it('by no other name, and not by a digest alone', async () => {
    const plan = await compared(empty)
    for (const permit of ['abc', 'abc:global.retire', 'abc:partners.empty'])
      expect(releaseHeld(plan, permitOf(permit))).toBe(plan)
  })

  it('never where what was read is not whole: records may only be missing from it', async () => {
    const { changes } = releaseHeld(await compared({ ...empty, empty: false }), permitOf('abc:global.empty'))
    expect(changes).toEqual([])
    const short = await compared({ ...empty, complete: { desired: false, existing: false } })
    expect(heldBack(short)).toBe(3)
    expect(releaseHeld(short, permitOf('abc:global.empty')).changes).toEqual([])
  })

  it('a protected record, and one that a rule keeps, are not among it', async () => {
    const plan = await compared(empty, syncOf({ protects: () => true }))
    expect(heldBack(plan)).toBe(0)
    expect(releaseHeld(plan, permitOf('abc:global.empty')).changes).toEqual([])
  })
})

it('SAFE-13: creates that a short listing holds back are counted too', async () => {
  const plan = await compared({ desired: [wanted('A'), wanted('B')], complete: { existing: false } })
  expect(plan.complete).toEqual({ desired: true, existing: false })
  expect(heldBack(plan)).toBe(2)
})
