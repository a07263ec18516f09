import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openEngine, ZdsError, type Hold, type RunEnd } from 'zds'
import { lapsOf } from '../../../src/core/run/timeline.ts'
import { localState } from '../../../src/core/state/local.ts'
import { done } from '../../support/syncs.ts'
import { copyOf, cutOff, restIn, twoSyncs } from '../../support/two-syncs.ts'

/** A run that was cut off at its first change, and what is left of it. */
async function cutOffRun() {
  const here = await twoSyncs()
  here.acts.send = cutOff
  await here.engine.apply(await here.engine.plan())
  return { here, rest: await restIn(here) }
}

describe('SYN-04: the end of a run is told', () => {
  it('once it is over, with all that became of it; what observers could not do is a warning', async () => {
    const told: RunEnd[] = []
    const here = await twoSyncs({
      ended: async (end, lent) => {
        told.push(end)
        lent.progress('posted late')
      },
    })
    const plan = await here.engine.plan()
    const { run } = await here.engine.apply(plan, {}, here.watch)
    expect(told).toMatchObject([{ run, status: 'done', plan: { digest: plan.digest }, resumed: false }])
    expect(told[0]?.error).toBeUndefined()
    expect([...(told[0]?.outcomes ?? [])].map(([name, all]) => [name, all.length])).toEqual([
      ['first', 2],
      ['second', 1],
    ])
    expect([told[0]?.startedAt, told[0]?.endedAt]).toEqual([plan.createdAt, plan.createdAt])
    expect(here.warnings).toEqual(['chat: posted late'])
  })

  it('and each time that it stopped, then as the rest of it', async () => {
    const here = await twoSyncs()
    here.acts.send = cutOff
    const stopped = await here.engine.apply(await here.engine.plan(), undefined, here.watch)
    expect(stopped).toMatchObject({ status: 'failed', error: { code: 'AUTH_FAILED' }, syncs: [{ unknown: 1 }, {}] })
    here.acts.send = undefined
    expect(await here.engine.resume(await restIn(here))).toMatchObject({ run: stopped.run, status: 'done' })
    expect(here.ended.map(({ status, resumed }) => [status, resumed])).toEqual([
      ['failed', false],
      ['done', true],
    ])
  })

  it('but not once somebody has told of it', async () => {
    const here = await twoSyncs()
    here.acts.send = cutOff
    const { run } = await here.engine.apply(await here.engine.plan())
    here.acts.send = undefined
    const { clock, state } = here.engine.shared
    await state.journal.claimTelling(run, clock.now())
    await here.engine.resume(await restIn(here))
    expect(here.ended.map(({ status }) => status)).toEqual(['failed'])
  })

  it('SAFE-06: what fails twice is given up, unless something was sent of which nobody knows what became', async () => {
    const here = await twoSyncs()
    here.acts.send = cutOff
    await here.engine.apply(await here.engine.plan())
    await here.engine.resume(await restIn(here))
    expect(here.ended.map(({ status }) => status)).toEqual(['failed', 'failed'])
    const rest = await restIn(here)
    const steps = [{ key: 'A', status: 'failed', code: 'x', message: 'no' }] as const
    await here.engine.shared.state.journal.record({ run: rest.run.id, sync: 'first', steps, at: new Date() })
    const { state, config, clock } = here.engine.shared
    const record = async (): Promise<never> => {
      throw new Error('disk full')
    }
    const journal = { ...state.journal, under: (hold: Hold) => ({ ...state.journal.under(hold), record }) }
    const full = await openEngine({ config, clock, state: { ...state, journal } })
    const known = async (): Promise<never> => record()
    const blind = { ...state.journal, under: (hold: Hold) => ({ ...state.journal.under(hold), known }) }
    await (await openEngine({ config, clock, state: { ...state, journal: blind } })).resume(rest)
    expect(here.ended.at(-1)).toMatchObject({ status: 'failed', error: { message: 'disk full' } })
    await full.resume(rest)
    expect(here.ended.at(-1)).toMatchObject({ status: 'abandoned', error: { message: 'disk full' } })
  })

  it('SAFE-06: a run that is given up settles what was sent, does nothing else, and is told of', async () => {
    const { here, rest } = await cutOffRun()
    here.acts.send = undefined
    await here.engine.abandon(rest, undefined, here.watch)
    expect(here.sent).toEqual([])
    expect(here.ended.map(({ status, resumed }) => [status, resumed])).toEqual([
      ['failed', false],
      ['abandoned', true],
    ])
    expect((await here.engine.runNamed('last')).run.status).toBe('abandoned')
    const resumed = here.engine.resume(rest)
    await expect(resumed).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `Run ${rest.run.id} was ended by another process meanwhile: abandoned`,
      hint: 'Run the same command again: it starts from what is there then.',
    })
  })

  it('where even that fails, says so; a run that was told of is not told of again', async () => {
    const { here, rest } = await cutOffRun()
    here.acts.settle = new ZdsError('HTTP_UNAVAILABLE', 'down')
    await expect(here.engine.abandon(rest)).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    here.acts.settle = undefined
    const { clock, state } = here.engine.shared
    await state.journal.claimTelling(rest.run.id, clock.now())
    here.ended.splice(0)
    await here.engine.abandon(rest)
    expect(here.ended).toEqual([])
  })

  it('SAFE-16: a rest waits for the lock of another run as long as it is told to', async () => {
    const { here, rest } = await cutOffRun()
    here.acts.send = undefined
    const { clock, signal, state } = here.engine.shared
    const places = [{ address: 'https://one.example', instance: 'global' }]
    const hold = await state.locks.take(places, 'another', { waitMs: 0, clock, signal })
    await expect(here.engine.resume(rest)).rejects.toMatchObject({ code: 'LOCKED' })
    await expect(here.engine.abandon(rest)).rejects.toMatchObject({ code: 'LOCKED' })
    expect(await here.engine.resume(rest, { waitMs: 600_000 })).toMatchObject({ status: 'done' })
    await hold.giveBack()
  })

  it('SAFE-06: a run that is left as it is asks nobody, and is not gone on with', async () => {
    const { here, rest } = await cutOffRun()
    await expect(here.engine.resume({ ...rest, left: 'another plan was given' })).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `Run ${rest.run.id} is not gone on with: another plan was given`,
      hint: 'zds apply gives it up: it settles what was sent, and makes a new plan.',
    })
    await here.engine.abandon(rest, { left: true })
    expect(await here.engine.rest()).toBeUndefined()
    expect((await here.engine.runNamed('last')).run.status).toBe('abandoned')
    expect(here.ended).toHaveLength(1)
  })

  it('SAFE-06: a run that nobody knows any more is not gone on with', async () => {
    const { here, rest } = await cutOffRun()
    const gone = { ...rest, run: { ...rest.run, id: 'run-9' } }
    await expect(here.engine.resume(gone)).rejects.toThrow(
      'Run run-9 was ended by another process meanwhile: forgotten',
    )
  })
})

describe('a run that ends before its end', () => {
  it('was interrupted where somebody stopped it: what is done is told, and how it is gone on with', async () => {
    const here = await twoSyncs()
    here.acts.send = (changes) => {
      if (changes.some(({ key }) => key === 'A')) return changes.map(done)
      here.abort(new Error('Stopped by a signal'))
      throw new Error('Stopped by a signal')
    }
    const report = await here.engine.apply(await here.engine.plan())
    expect(report).toMatchObject({
      status: 'interrupted',
      syncs: [{ done: 1, unknown: 1 }, { notAttempted: 1 }],
      error: {
        code: 'INTERRUPTED',
        message: 'Stopped by a signal',
        hint: 'What is done stays done. The same command goes on with the rest of this plan; zds apply --new starts afresh.',
        cause: expect.any(Error) as Error,
      },
    })
    expect((await here.engine.runNamed('last')).run.status).toBe('interrupted')
  })

  it('SAFE-16: learns from its clock that others may write by now', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'zds-engine-lost-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const state = localState(directory)
    let lost = false
    const assert = (): void => {
      if (lost) throw new ZdsError('LOCK_LOST', 'others may write by now')
    }
    const take: typeof state.locks.take = async (...asked) => ({ ...(await state.locks.take(...asked)), assert })
    const here = await twoSyncs({}, { state: { ...state, locks: { ...state.locks, take } } })
    here.acts.send = (_changes, run) => {
      lost = true
      run.clock.now()
      return []
    }
    expect(await here.engine.apply(await here.engine.plan())).toMatchObject({ error: { code: 'LOCK_LOST' } })
    expect(here.sent).toEqual([])
  })

  it.each([
    ['it fails', cutOff, { error: { code: 'AUTH_FAILED' } }],
    ['all is done', undefined, { error: { message: 'disk full' }, syncs: [{ done: 2 }, { done: 1 }] }],
  ])('tells how far it came, also where even its end cannot be written down: %s', async (_, send, report) => {
    const here = await twoSyncs()
    const plan = await here.engine.plan()
    const { state, config, clock } = here.engine.shared
    const down = async (): Promise<never> => {
      throw new Error('disk full')
    }
    const broken = { ...state.journal, end: down, claimTelling: down }
    const engine = await openEngine({
      config,
      state: { ...state, journal: { ...broken, under: () => broken } },
      clock,
    })
    here.acts.send = send
    expect(await engine.apply(copyOf(plan))).toMatchObject({ status: 'failed', ...report })
  })

  it('leaves what took how long, and what waited for what', async () => {
    const here = await twoSyncs()
    const report = await here.engine.apply(await here.engine.plan())
    const laps = await lapsOf('apply', here.engine.shared.state.artifacts(report.run))
    expect(laps).toMatchObject([
      { stage: 'apply:first', end: 'done', waits: [] },
      { stage: 'apply:second', end: 'done', waits: [{ ms: 0 }] },
    ])
    expect(await here.engine.shared.state.journal.waits(report.run)).toMatchObject([
      { sync: 'second', because: 'order', awaited: 'first', count: 1 },
    ])
    const alone = await twoSyncs({}, {}, [])
    const { run } = await alone.engine.apply(await alone.engine.plan())
    expect(await alone.engine.shared.state.journal.waits(run)).toEqual([])
    expect((await lapsOf('plan', here.engine.shared.state.artifacts(report.run))).length).toBeGreaterThan(0)
  })

  it('counts what each sync desired only once it is done', async () => {
    const here = await twoSyncs()
    const { journal } = here.engine.shared.state
    const lasts = () =>
      Promise.all(
        ['first', 'second'].map((name, at) => journal.lastDesired(name, `https://${['one', 'two'][at] ?? ''}.example`)),
      )
    here.acts.send = cutOff
    await here.engine.apply(await here.engine.plan())
    expect(await lasts()).toEqual([undefined, undefined])
    here.acts.send = undefined
    await here.engine.resume(await restIn(here))
    expect(await lasts()).toEqual([2, 1])
  })
})
