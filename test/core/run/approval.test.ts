import { describe, expect, it } from 'vitest'
import type { Observer, Plan, SyncPlan } from 'zds'
import { passLimits, type Consent } from '../../../src/core/run/approval.ts'
import { planOf } from '../../../src/core/run/plan-run.ts'
import { userName } from '../../../src/core/state/process.ts'
import { planOf as changesOf, retire, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { compared, held, syncOf, targetOf } from '../../support/syncs.ts'

/** An engine whose observer is told of refusals, and a plan of one sync of it. */
async function scene(...parts: SyncPlan[]): Promise<{ engine: TestEngine; plan: Plan; refused: Plan[] }> {
  const refused: Plan[] = []
  const chat: Observer = { kind: 'observer', refused: async (plan) => void refused.push(plan) }
  const engine = engineOf({
    sources: {},
    targets: { global: syncOf(), other: OTHER },
    hooks: { chat, silent: { kind: 'observer' } },
  })
  return { engine, plan: await planOf(parts, engine), refused }
}

const OTHER = syncOf({}, { target: targetOf({ name: 'other-organizations' }) })
const many = (count: number, make = update) => Array.from({ length: count }, (_, at) => make(`K${at}`))
const beyond: SyncPlan = { ...changesOf(...many(40), ...many(6, (key) => retire(`R${key}`))), existing: 100 }

describe('SAFE-01: what a plan needs to be carried out', () => {
  it('is nothing within its limits', async () => {
    const { engine, plan, refused } = await scene({ ...changesOf(...many(9)), existing: 100 })
    const passed = await passLimits(plan, {}, engine)
    expect(passed.plan).toBe(plan)
    expect([passed.approval, refused]).toEqual([undefined, []])
  })

  it('is somebody who has seen it: else it is refused with what is beyond them, and observers hear of it', async () => {
    const { engine, plan, refused } = await scene(beyond)
    await expect(passLimits({ ...plan, syncs: [{ ...beyond, excesses: [] }] }, {}, engine)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The plan goes beyond its limits, so nothing was changed',
      issues: [
        {
          code: 'LIMIT_EXCEEDED',
          where: 'global',
          message: expect.stringMatching(/^40 of 100 .*: K0, K1, K2, K3, K4, …$/),
        },
        { where: 'global', message: expect.stringMatching(/^6 of 100 .*: RK0, RK1, RK2, RK3, RK4, …$/) },
      ],
    })
    expect(refused.map(({ syncs }) => syncs[0]?.excesses.map(({ op }) => op))).toEqual([['update', 'retire']])
  })

  it.each<[string, (digest: string) => Consent]>([
    ['who approves it by its digest', (digest) => ({ approve: digest, because: 'the merger' })],
    [
      'who approves all of it by name',
      (digest) => ({ approve: `${digest}:global.update,global.retire`, because: 'the merger' }),
    ],
    ['who forces it', () => ({ force: true, because: 'the merger' })],
  ])('is %s, and is known afterwards', async (_, consent) => {
    const { engine, plan, refused } = await scene(beyond)
    const passed = await passLimits(plan, consent(plan.digest), engine)
    expect(passed.plan).toBe(plan)
    expect([passed.approval, refused]).toEqual([{ by: userName(), because: 'the merger' }, []])
  })

  it('is told of each sync: with all examples where they are few, and none where there is none', async () => {
    const few = { ...changesOf(...many(3, retire)), existing: 20 }
    const { engine, plan } = await scene(
      { ...few, name: 'other' },
      { ...changesOf(update('A')), existing: 20, desired: 5 },
    )
    const at = engine.clock.now()
    await engine.state.journal.count([{ sync: 'global', address: 'https://global.example', desired: 50 }], 'run-0', at)
    await expect(passLimits(plan, {}, engine)).rejects.toMatchObject({
      issues: [
        { where: 'other', message: expect.stringMatching(/: K0, K1, K2$/) },
        { where: 'global', message: expect.stringMatching(/the limit is 20 %$/) },
      ],
    })
    const passed = await passLimits(plan, { force: true }, engine)
    expect(passed.approval).toEqual({ by: userName(), because: undefined })
  })

  it('is known of a plan of which only one sync goes beyond them', async () => {
    const { engine, plan } = await scene(beyond, { ...changesOf(update('A')), name: 'other', existing: 20 })
    expect((await passLimits(plan, { approve: plan.digest }, engine)).approval).toMatchObject({ by: userName() })
  })

  it('is no approval of something else: what is not named stays refused, and so does another plan', async () => {
    const { engine, plan, refused } = await scene(beyond)
    await expect(passLimits(plan, { approve: `${plan.digest}:global.update` }, engine)).rejects.toMatchObject({
      issues: [{ message: expect.stringMatching(/^6 of 100 records would be retired/) }],
    })
    expect(refused).toHaveLength(1)
    await expect(passLimits(plan, { approve: 'f'.repeat(64), force: true }, engine)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('The approval is for the plan ffffffffffff') as string,
    })
  })

  it('SAFE-13: what an empty source held back comes along where that is approved by name, within its limits', async () => {
    const empty = (count: number) =>
      compared({
        existing: many(count).map(({ key }) => held(`id-${key}`, key)),
        complete: { desired: false },
        empty: true,
      })
    const { engine, plan } = await scene(await empty(1), { ...changesOf(update('A')), name: 'other', existing: 20 })
    const approve = `${plan.digest}:global.empty`
    const passed = await passLimits(plan, { approve }, engine)
    expect(passed.plan.syncs[0]?.changes).toMatchObject([{ op: 'retire', key: 'K0' }])
    expect(passed.plan.digest).not.toBe(plan.digest)
    expect(passed.approval).toEqual({ by: userName(), because: undefined })
    const large = await scene(await empty(20))
    await expect(
      passLimits(large.plan, { approve: `${large.plan.digest}:global.empty` }, large.engine),
    ).rejects.toMatchObject({ issues: [{ message: expect.stringMatching(/^20 of 20 records would be retired/) }] })
  })
})
