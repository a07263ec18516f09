import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEngine, type Observer, type Plan } from 'zds'
import { follow } from '../../../src/core/channels.ts'
import { digestOf } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import { sourceOf } from '../../support/syncs.ts'
import { copyOf, twoSyncs } from '../../support/two-syncs.ts'

describe('an engine', () => {
  it('is of a configuration whose stages fit together', async () => {
    const config = { sources: { x: sourceOf('x'), X: sourceOf('x') }, targets: {} }
    const { state } = (await twoSyncs()).engine.shared
    await expect(openEngine({ config, state })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('tells what observers that listen have to say, and ends all that it began', async () => {
    const [told, closed]: [string[], string[]] = [[], []]
    const listen: Observer['listen'] = async (warn) => {
      warn('is slow')
      return async () => void closed.push('observer')
    }
    const warn = (message: string): void => void told.push(message)
    const engine = { perform: async () => 'done' as const, close: async () => void closed.push('workers') }
    const executor = { ask: () => engine, serve: async () => undefined }
    const here = await twoSyncs({ listen }, { warn })
    expect(told).toEqual(['chat: is slow'])
    const state = localState(join(here.directory, 'other'))
    const close = async (): Promise<void> => (closed.push('state'), state.close())
    const more = { ...here.engine.shared.config, engine: executor }
    const other = await openEngine({ config: more, state: { ...state, close } })
    await other.close()
    expect(closed).toEqual(['observer', 'workers', 'state'])
  })

  it('SAFE-07: says what keeps a run from its start', async () => {
    const here = await twoSyncs()
    await here.engine.check()
    expect(here.checked.splice(0).toSorted()).toEqual(['one', 'two'])
    here.acts.issues = [{ code: 'AUTH_FAILED', where: 'one', message: 'no' }]
    await expect(here.engine.check()).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    await expect(here.engine.undo('last')).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('answers for a key, and for what time alone will change, and leaves nothing of it', async () => {
    const { engine } = await twoSyncs()
    expect(await engine.explain({ asked: 'A' })).toMatchObject({ key: 'A' })
    expect(await engine.forecast({ until: '2026-04-01' })).toMatchObject({ until: '2026-04-01' })
    expect(await engine.shared.state.runs()).toEqual([])
  })
})

describe('a plan that an engine has made', () => {
  it('is carried out in the name under which it was made, once; what it is made of was checked by then', async () => {
    const here = await twoSyncs()
    const { engine, watch } = here
    const parts: string[] = []
    const deaf = follow(
      'run',
      ({ run, part }) => void parts.push(`${run} ${part}`),
      () => undefined,
    )
    const plan = await engine.plan()
    const [run] = await engine.shared.state.runs()
    here.checked.splice(0)
    const report = await engine.apply(plan, undefined, watch)
    deaf()
    expect(report).toMatchObject({ run, status: 'done', forced: false, syncs: [{ done: 2 }, { done: 1 }] })
    expect(report).not.toHaveProperty('error')
    expect(parts).toEqual([`${run} plan`, `${run} apply`])
    expect(here.checked).toEqual([])
    expect(here.seen).toEqual([
      'scheduled apply:first apply:second',
      'apply:first: 1 of 2 changes',
      'apply:first: 2 of 2 changes',
      'apply:first done {"kind":"changes","done":2,"planned":2}',
      'apply:second: 1 of 1 changes',
      'apply:second done {"kind":"changes","done":1,"planned":1}',
    ])
    expect(await engine.carriedOut(plan)).toMatchObject({ id: run })
    expect(await engine.report(run ?? '')).toMatchObject({ run, status: 'done', syncs: [{ done: 2 }, { done: 1 }] })
    const again = await engine.apply(plan).catch((error: unknown) => error)
    expect(again).toMatchObject({
      code: 'PLAN_STALE',
      message: expect.stringMatching(`^Run ${run} began with this plan at .* and is done$`) as string,
      hint: expect.stringMatching(/^Run the same command again: it tells what became of it/) as string,
    })
    const events = await engine.shared.state.journal.noted(new Date(0))
    expect(events.map(({ kind, run: of }) => [kind, of === run])).toEqual([
      ['refused', false],
      ['planned', true],
    ])
    expect(here.sent).toEqual(['A', 'B', 'C'])
    // The same again is another plan: what it was made of is of later.
    await engine.shared.clock.sleep(1_000, engine.shared.signal)
    const same = await engine.plan()
    expect(same.digest).toBe(plan.digest)
    expect(await engine.apply(same)).toMatchObject({ status: 'done' })
  })

  it('SAFE-11: is held to all checks where it comes from elsewhere, and what it writes to is asked first', async () => {
    const here = await twoSyncs()
    const plan = copyOf(await here.engine.plan())
    here.checked.splice(0)
    await expect(here.engine.apply({ ...plan, config: 'other' })).rejects.toMatchObject({ code: 'PLAN_STALE' })
    const wrong = { ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, instance: 'us-gov' })) }
    await expect(here.engine.apply(wrong)).rejects.toMatchObject({ code: 'PLAN_INVALID' })
    await here.engine.shared.clock.sleep(7_200_000, new AbortController().signal)
    await expect(here.engine.apply(plan, { maxAgeMs: 3_600_000 })).rejects.toMatchObject({ code: 'PLAN_EXPIRED' })
    expect([here.checked, here.sent]).toEqual([[], []])
    const only = { ...plan, syncs: plan.syncs.map((sync) => (sync.name === 'first' ? sync : { ...sync, changes: [] })) }
    const report = await here.engine.apply({ ...only, digest: digestOf(only) })
    expect(report).toMatchObject({ status: 'done', syncs: [{ done: 2 }, { planned: 0 }] })
    expect([here.checked, here.sent]).toEqual([['one'], ['A', 'B']])
  })

  it('with nothing to do is done, and no run', async () => {
    const here = await twoSyncs({}, {}, [])
    here.acts.send = (changes) =>
      changes.map(({ key }) => ({ key, status: key === 'A' ? 'done' : 'failed', id: '1', code: 'x', message: 'no' }))
    await here.engine.apply(await here.engine.plan(), undefined, here.watch)
    expect(here.seen.filter((one) => one.includes(' done '))).toEqual([
      'apply:first done {"kind":"changes","done":1,"planned":2}',
      'apply:second done {"kind":"changes","done":0,"planned":0}',
    ])
    const { journal } = here.engine.shared.state
    const plan = copyOf(await here.engine.plan())
    const empty = { ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, changes: [] })) }
    here.checked.splice(0)
    const nothing = { ...empty, digest: digestOf(empty) }
    expect(await here.engine.apply(nothing, { force: true })).toMatchObject({ status: 'done', forced: true })
    expect(await here.engine.apply(nothing)).toMatchObject({ status: 'done', forced: false })
    expect([here.checked, (await journal.runs()).length]).toEqual([[], 1])
  })

  it('SAFE-01: that is forced says so, in its report and in the journal', async () => {
    const { engine } = await twoSyncs()
    const report = await engine.apply(await engine.plan(), { force: true })
    expect(report.forced).toBe(true)
    expect((await engine.runNamed('last')).run.forced).toBe(true)
  })

  it('SAFE-16: waits for the lock of another run as long as it is told to', async () => {
    const { engine, sent } = await twoSyncs()
    const { clock, signal, state } = engine.shared
    const plan = await engine.plan()
    const places = [{ address: 'https://one.example', instance: 'global' }]
    const hold = await state.locks.take(places, 'another', { waitMs: 0, clock, signal })
    await expect(engine.apply(copyOf(plan))).rejects.toMatchObject({ code: 'LOCKED' })
    expect(await engine.apply(copyOf(plan), { waitMs: 600_000 })).toMatchObject({ status: 'done' })
    expect(sent).toEqual(['A', 'B', 'C'])
    await hold.giveBack()
  })

  it('can be only what an earlier run did not get done', async () => {
    const here = await twoSyncs()
    here.acts.send = (changes) =>
      changes.map(({ key }) => ({ key, status: 'failed', code: 'x', message: 'no' }) as const)
    await here.engine.apply(await here.engine.plan())
    const { journal } = here.engine.shared.state
    const past = await here.engine.runNamed('last')
    await journal.record({
      run: past.run.id,
      sync: 'first',
      steps: [{ key: 'A', status: 'done', id: '1' }],
      at: new Date(),
    })
    const keys = ({ syncs }: Plan): unknown => syncs.map(({ changes }) => [...changes].map(({ key }) => key))
    expect(keys(await here.engine.plan({ failedFrom: 'last' }))).toEqual([['B'], ['C']])
    expect(keys(await here.engine.plan())).toEqual([['A', 'B'], ['C']])
    await expect(here.engine.plan({ failedFrom: 'run-9' })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('an undo', () => {
  it('goes the other way round, and says of which syncs what was done stays', async () => {
    const here = await twoSyncs()
    await here.engine.apply(await here.engine.plan())
    const { config, state, clock } = here.engine.shared
    const { first, second } = config.targets
    if (first === undefined || second === undefined) throw new Error('There are two')
    const warnings: string[] = []
    const back = await here.engine.undo('last', (message) => void warnings.push(message))
    expect(back.undoes).toBe((await here.engine.runNamed('last')).run.id)
    expect(back.syncs.map(({ name }) => name)).toEqual(['second', 'first'])
    expect(warnings).toEqual([])
    here.checked.splice(0)
    const only = await openEngine({ config: { ...config, targets: { first } }, state, clock })
    const part = await only.undo('last', (message) => void warnings.push(message))
    expect(part.syncs.map(({ name }) => name)).toEqual(['first'])
    expect(warnings).toEqual([`the configuration has no sync second any more; what run ${back.undoes} did there stays`])
    expect((await only.undo('last')).syncs).toHaveLength(1)
  })
})
