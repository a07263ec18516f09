import { describe, expect, it } from 'vitest'
import { assemble, type Plan } from '../../../src/core/plan/plan.ts'
import { assertTimely, carriedOut } from '../../../src/core/run/timely.ts'
import { planOf } from '../../support/applying.ts'
import { engineOf } from '../../support/engine.ts'
import { syncOf } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const HOUR = 3_600_000
const planAt = (moment: string, config = 'fingerprint'): Plan => assemble([], config, fakeClock(moment))

/** The code with which a plan is refused on 16 March 2026 at 10:00, or undefined. */
function refusal(plan: Plan, maxAgeMs?: number): { code: string; hint: string; message: string } | undefined {
  try {
    assertTimely(plan, engineOf({ sources: {}, targets: {} }), maxAgeMs)
    return undefined
  } catch (error) {
    return error as { code: string; hint: string; message: string } // what is thrown is a ZdsError
  }
}

describe('SAFE-11: a plan is for its configuration, its day and its hour', () => {
  it('is taken when it was made today, or on the evening before', () => {
    expect(refusal(planAt('2026-03-16T09:00:00Z'))).toBeUndefined()
    expect(refusal(planAt('2026-03-15T23:00:00Z'))).toBeUndefined()
  })

  it('is taken on the evening before its day, where clocks or nights lie between', () => {
    expect(refusal({ ...planAt('2026-03-16T09:00:00Z'), asOf: '2026-03-17' })).toBeUndefined()
  })

  it('is refused when another configuration made it', () => {
    expect(refusal(planAt('2026-03-16T09:00:00Z', 'other'))).toMatchObject({
      code: 'PLAN_STALE',
      message: 'The plan was made with another configuration',
      hint: 'Make a new one: zds plan --out FILE',
    })
  })

  it('is refused when it was made for other addresses, and then told which: a file of variables was another one', () => {
    const shared = {
      ...engineOf({ sources: {}, targets: { global: syncOf(), other: syncOf() } }),
      fingerprint: `${'a'.repeat(32)}${'b'.repeat(32)}`,
    }
    const made = `${'a'.repeat(32)}${'c'.repeat(32)}`
    const there = { ...planOf(), name: 'global', instance: 'global', address: 'https://elsewhere.example' }
    const plan = assemble(
      [there, { ...planOf(), name: 'gone', instance: 'gone' }],
      made,
      fakeClock('2026-03-16T09:00:00Z'),
    )
    expect(() => assertTimely(plan, shared)).toThrow(
      expect.objectContaining({
        code: 'PLAN_STALE',
        message: 'The plan was made for another address of global than that of now',
        hint: 'Give the variables that it was made with (--env FILE), or make a new one: zds plan --out FILE',
      }),
    )
  })

  it.each(['2026-03-14', '2026-03-18', '2026-04-20'])('is refused when it is as of %s, naming both days', (asOf) => {
    const plan = { ...planAt('2026-03-16T09:00:00Z'), asOf }
    expect(refusal(plan)).toMatchObject({
      code: 'PLAN_DATE',
      message: `The plan is as of ${asOf}, and today is 2026-03-16 (UTC)`,
      hint: expect.stringContaining(`the same command with: --as-of ${asOf}`) as string,
    })
  })

  it('is refused once it is older than a day, or than it may be', () => {
    const plan = planAt('2026-03-15T10:00:00Z')
    expect(refusal(plan)).toBeUndefined()
    expect(refusal({ ...plan, createdAt: '2026-03-15T09:59:59Z' })).toMatchObject({ code: 'PLAN_EXPIRED' })
    expect(refusal(plan, 23 * HOUR)).toMatchObject({
      code: 'PLAN_EXPIRED',
      message: expect.stringContaining('23 hours') as string,
      hint: 'Make a new one: zds plan --out FILE',
    })
    expect(refusal({ ...plan, createdAt: 'yesterday' })).toMatchObject({ code: 'PLAN_EXPIRED' })
  })
})

describe('SAFE-11: a plan from the future', () => {
  it('would never be too old, and counts as none; an hour is what clocks may differ', () => {
    expect(refusal(planAt('2026-03-16T11:00:00Z'))).toBeUndefined()
    expect(refusal({ ...planAt('2026-03-16T09:00:00Z'), createdAt: '2026-03-16T11:00:01Z' })).toMatchObject({
      code: 'PLAN_INVALID',
      message: 'The plan says that it was made at 2026-03-16T11:00:01Z, which is yet to come',
      hint: expect.stringContaining('look at the clocks of both machines') as string,
    })
  })
})

describe('SAFE-11: a plan that was carried out', () => {
  it('is known by its digest, if a run has done it since it was made', async () => {
    const engine = engineOf({ sources: {}, targets: {} })
    const { journal } = engine.state
    const plan = planAt('2026-03-16T09:00:00Z')
    expect(await carriedOut(plan, engine)).toBeUndefined()
    await journal.begin({ id: 'run-1', plan, forced: false, at: new Date('2026-03-16T09:30:00Z') })
    expect(await carriedOut(plan, engine)).toBeUndefined()
    await journal.end('run-1', 'done', new Date('2026-03-16T09:31:00Z'))
    expect(await carriedOut(plan, engine)).toMatchObject({ id: 'run-1', endedAt: '2026-03-16T09:31:00.000Z' })
  })

  it('is so from the moment on in which it was made, and no other plan is', async () => {
    const engine = engineOf({ sources: {}, targets: {} })
    const plan = planAt('2026-03-16T09:00:00Z')
    await engine.state.journal.begin({ id: 'run-1', plan, forced: false, at: new Date('2026-03-16T09:00:00Z') })
    await engine.state.journal.end('run-1', 'done', new Date('2026-03-16T09:31:00Z'))
    expect(await carriedOut(plan, engine)).toMatchObject({ id: 'run-1' })
    expect(await carriedOut(planAt('2026-03-16T09:00:00Z', 'other'), engine)).toBeUndefined()
  })

  it('is not one of the same content that was made after that run, as after an undo', async () => {
    const engine = engineOf({ sources: {}, targets: {} })
    const plan = planAt('2026-03-16T09:00:00Z')
    await engine.state.journal.begin({ id: 'run-1', plan, forced: false, at: new Date('2026-03-16T09:30:00Z') })
    await engine.state.journal.end('run-1', 'done', new Date('2026-03-16T09:31:00Z'))
    expect(await carriedOut(planAt('2026-03-16T09:45:00Z'), engine)).toBeUndefined()
  })
})
