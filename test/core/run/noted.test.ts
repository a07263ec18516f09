import { describe, expect, it } from 'vitest'
import { ZdsError, type Observer, type Plan, type Report } from 'zds'
import { follow } from '../../../src/core/channels.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { notedPlan, notedReport, notPlanned } from '../../../src/core/run/noted.ts'
import { reportOf } from '../../../src/core/run/report.ts'
import { conceal } from '../../../src/core/secrets.ts'
import { create, planOf } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'

type NotPlanned = Parameters<NonNullable<Observer['notPlanned']>>[0]

/** An engine, what its observer was told of, and a plan of three changes. */
function scene() {
  const told: NotPlanned[] = []
  const chat: Observer = { kind: 'observer', notPlanned: async (failure) => void told.push(failure) }
  const engine = engineOf({ sources: {}, targets: {}, hooks: { chat, silent: { kind: 'observer' } } })
  const parts = [planOf(create('A'), create('B')), { ...planOf(create('C')), name: 'partners' }]
  return { engine, told, plan: assemble(parts, engine.fingerprint, engine.clock) }
}

const events = async ({ state }: TestEngine) => state.journal.noted(new Date(0))
const failing = (error: unknown) => async (): Promise<never> => {
  throw error
}
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)
const at = '2026-03-16T10:00:00.000Z'

describe('OPS-07: it is written down', () => {
  it('that a plan was made, with its changes, and nobody is told that none was', async () => {
    const { engine, plan, told } = scene()
    const traced: unknown[] = []
    const deaf = follow(
      'run',
      ({ run, part }) => void traced.push({ run, part }),
      () => undefined,
    )
    expect(await notedPlan('run-1', engine, async () => plan)).toBe(plan)
    deaf()
    expect(traced).toEqual([{ run: 'run-1', part: 'plan' }])
    expect(await events(engine)).toMatchObject([
      { run: 'run-1', kind: 'planned', at, asOf: '2026-03-16', digest: plan.digest, changes: 3 },
    ])
    expect(told).toEqual([])
  })

  it('that none was made, and why, in one line without secrets; observers are told', async () => {
    const { engine, told } = scene()
    conceal('s3cret-word')
    const issue = (where: string) => ({ code: 'X', where, message: `no s3cret-word` })
    const error = new ZdsError('AUTH_FAILED', 'refused', { issues: [issue('global'), issue('')] })
    expect(await thrownBy(notedPlan('run-1', engine, failing(error)))).toBe(error)
    expect(told).toEqual([{ run: 'run-1', error, at }])
    expect(await events(engine)).toMatchObject([
      { run: 'run-1', kind: 'failed', code: 'AUTH_FAILED', message: 'refused; global: no ***; no ***' },
    ])
    expect((await events(engine))[0]?.digest ?? undefined).toBeUndefined()
  })

  it.each([
    [20, 21],
    [21, 22],
  ])('that of %i problems twenty are remembered', async (count, parts) => {
    const { engine } = scene()
    const issues = Array.from({ length: count }, (_, n) => ({ code: 'X', where: `${n}`, message: 'no' }))
    await thrownBy(notedPlan('run-1', engine, failing(new ZdsError('AUTH_FAILED', 'refused', { issues }))))
    const said = (await events(engine))[0]?.message?.split('; ') ?? []
    expect([said.length, said[20], said.at(-1)]).toEqual([parts, '19: no', count > 20 ? '…' : '19: no'])
  })

  it.each([
    'LIMIT_EXCEEDED',
    'NEEDS_APPROVAL',
    'PLAN_STALE',
    'PLAN_DATE',
    'PLAN_EXPIRED',
    'PLAN_INVALID',
    'PLAN_NOT_AUTHENTIC',
  ])('that a plan was refused: %s', async (code) => {
    const { engine, plan, told } = scene()
    const error = new ZdsError(code, 'no')
    expect(await thrownBy(notedReport('run-1', plan, engine, failing(error)))).toBe(error)
    expect(await events(engine)).toMatchObject([
      { run: 'run-1', kind: 'refused', code, digest: plan.digest, changes: 3 },
    ])
    expect(told).toEqual([])
  })

  it('that an apply ended before its end, by the run that it was', async () => {
    const { engine, plan } = scene()
    const report = (error?: unknown): Report =>
      reportOf(
        { run: 'run-0', status: 'failed', forced: false, ...(error !== undefined && { error }) },
        plan,
        new Map(),
      )
    await notedReport('run-1', plan, engine, async () => report())
    expect(await events(engine)).toEqual([])
    const ended = report(new TypeError('a slip'))
    expect(await notedReport('run-1', plan, engine, async () => ended)).toBe(ended)
    expect(await events(engine)).toMatchObject([{ run: 'run-0', kind: 'failed', code: 'INTERNAL', message: 'a slip' }])
  })

  it('where that cannot be written, the error itself is told', async () => {
    const { engine, told, plan } = scene()
    const down = async (): Promise<never> => {
      throw new Error('disk full')
    }
    const journal = { ...engine.state.journal, note: down, noted: down }
    const here = { ...engine, state: { ...engine.state, journal } }
    const error = new ZdsError('AUTH_FAILED', 'refused')
    expect(await thrownBy(notedPlan('run-1', here, failing(error)))).toBe(error)
    expect(told).toHaveLength(1)
    expect(await thrownBy(notedPlan('run-1', here, async (): Promise<Plan> => plan))).toMatchObject({
      message: 'disk full',
    })
  })
})

describe('SYN-04: stages of one run that fail for one reason are told of once', () => {
  const error = new ZdsError('AUTH_FAILED', 'refused')
  const failed = ({ engine }: { engine: TestEngine }, run = 'run-1', why: unknown = error) =>
    thrownBy(notPlanned(run, engine, why))

  it('but another reason, another run, or the same after half an hour is told of', async () => {
    const here = scene()
    await failed(here)
    await failed(here)
    expect(here.told).toHaveLength(1)
    await failed(here, 'run-1', new ZdsError('EMPTY_SOURCE', 'empty'))
    expect(here.told).toHaveLength(2)
    await failed(here, 'run-2')
    expect(here.told).toHaveLength(3)
    await here.engine.clock.sleep(1_800_001, here.engine.signal)
    await failed(here)
    expect(here.told).toHaveLength(4)
  })

  it('what became of a plan in the same run is another matter', async () => {
    const here = scene()
    await thrownBy(notedReport('run-1', here.plan, here.engine, failing(error)))
    await failed(here)
    expect(here.told).toHaveLength(1)
  })

  it('whoever stops a run knows it', async () => {
    const here = scene()
    here.engine.abort(new Error('stopped'))
    expect(await failed(here)).toBe(error)
    expect(here.told).toEqual([])
    expect(await events(here.engine)).toHaveLength(1)
  })
})
