import { describe, expect, it } from 'vitest'
import { collect, ZdsError, type Change, type Config, type Outcome, type Task, type Workers } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { elsewhere, leaveFailure, outcomesElsewhere } from '../../../src/core/run/elsewhere.ts'
import { readStages } from '../../../src/core/run/plan-run.ts'
import { UNWATCHED } from '../../../src/core/run/schedule.ts'
import { stagePart } from '../../../src/core/run/stage-part.ts'
import { conceal } from '../../../src/core/secrets.ts'
import { create, planOf, retire, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { done, held, sourceOf, stream, syncOf, targetOf } from '../../support/syncs.ts'

/** Workers that end each task as it is said, and what they were asked. */
function workers(end: 'done' | 'failed' | Error, tell = ''): { readonly asked: unknown[]; readonly workers: Workers } {
  const asked: unknown[] = []
  const perform: Workers['perform'] = async (task, lane, told, signal) => {
    asked.push([task, lane, signal])
    if (tell !== '') told(tell)
    if (end instanceof Error) throw end
    return end
  }
  return { asked, workers: { perform, close: () => Promise.resolve() } }
}

const config = (...names: string[]): Config => ({
  sources: { rows: sourceOf('rows', [1]), others: sourceOf('others', [2]) },
  targets: Object.fromEntries(
    names.map((name) => [
      name,
      syncOf(
        {},
        { desired: sourceOf(`${name}-accounts`), target: targetOf({ name: `${name}-records`, address: name }) },
      ),
    ]),
  ),
})

describe('a stage that a worker carries out', () => {
  it('is asked for by ids, in the lane of its instance or its own; what is told of it is progress', async () => {
    const engine = engineOf(config('here', 'there'))
    const { asked, workers: hired } = workers('done', 'row 5')
    const all = ['gather:rows', 'gather:others', 'gather:here-records', 'compare:here', 'apply:here', 'apply:there']
    for (const id of all) {
      const [kind = '', name = ''] = id.split(':')
      await elsewhere(engine.stage(kind as 'gather', name), { ...engine, workers: hired }, 'run-1', engine) // ids begin so
    }
    expect(asked.map((one) => (one as unknown[])[0])).toEqual(
      all.map((stage): Task => ({ run: 'run-1', stage, asOf: '2026-03-16' })),
    )
    const lanes = asked.map((one) => String((one as unknown[])[1]))
    for (const lane of lanes) expect(lane).toMatch(/^[0-9a-f]{16}$/)
    expect(lanes.map((lane) => lanes.indexOf(lane))).toEqual([0, 1, 2, 2, 2, 5])
    expect(asked.every((one) => (one as unknown[])[2] === engine.signal)).toBe(true)
    expect(engine.told).toEqual(all.map(() => 'row 5'))
  })

  it('that speaks to no instance yet has a lane of its own', async () => {
    const engine = engineOf({ sources: {}, targets: { global: syncOf({}, { target: targetOf({ address: '' }) }) } })
    const { asked, workers: hired } = workers('done')
    for (const kind of ['compare', 'apply'] as const)
      await elsewhere(engine.stage(kind, 'global'), { ...engine, workers: hired }, 'run-1', engine)
    expect(new Set(asked.map((one) => (one as unknown[])[1])).size).toBe(2)
  })

  it('fails as it did there, in the words that it left, without secrets', async () => {
    const engine = engineOf(config())
    conceal('s3cret-word')
    const { workers: hired } = workers('failed')
    const failure = async (error?: unknown): Promise<unknown> => {
      if (error !== undefined) await leaveFailure('gather:rows', error, engine.artifacts)
      const stage = engine.stage('gather', 'rows')
      return elsewhere(stage, { ...engine, workers: hired }, 'run-1', engine).catch((thrown: unknown) => thrown)
    }
    expect(await failure()).toMatchObject({ code: 'ARTIFACT_MISSING' })
    const issues = [{ code: 'X', where: 'here', message: 'y s3cret-word' }]
    expect(
      await failure(new ZdsError('AUTH_FAILED', 'refused s3cret-word', { hint: 'Sign in.', issues })),
    ).toMatchObject({
      code: 'AUTH_FAILED',
      message: 'refused ***',
      hint: 'Sign in.',
      issues: [{ code: 'X', where: 'here', message: 'y ***' }],
    })
    expect(await failure(new ZdsError('USAGE', 'no'))).toMatchObject({ code: 'USAGE', hint: undefined, issues: [] })
    expect(await failure(new TypeError('a slip'))).toMatchObject({ code: 'INTERNAL', message: 'a slip', issues: [] })
    await engine.artifacts.write('failure:gather:rows', [])
    expect(await failure()).toMatchObject({ code: 'INTERNAL', message: 'gather:rows failed' })
  })

  it('comes to what it has left, as if it had been carried out here', async () => {
    const engine = engineOf(config('here'))
    await engine.artifacts.write('gather:rows', [1, 2, 3])
    await engine.artifacts.write('compare:here', [])
    const { workers: hired } = workers('done')
    const counts: number[] = []
    const watch = { ...UNWATCHED, rows: (_: unknown, count: number) => void counts.push(count) }
    const read = readStages([engine.stage('gather', 'rows')], { ...engine, workers: hired }, 'run-1', watch)
    expect(await read).toMatchObject([{ kind: 'rows', rows: 3 }])
    expect(counts).toEqual([3])
    const compared = readStages([engine.stage('compare', 'here')], { ...engine, workers: hired }, 'run-1', watch)
    await expect(compared).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: 'The artifact compare:here is empty',
      hint: 'Run its stage again.',
    })
  })
})

/** An engine with a run under way of these changes of the sync `global`. */
async function begun(
  changes: readonly Change[],
  more: Parameters<typeof targetOf>[0] = {},
  syncs: readonly string[] = [],
) {
  const sent: string[] = []
  const checked: string[] = []
  const send = (some: readonly Change[]): Outcome[] => {
    sent.push(...some.map(({ op, key }) => `${op} ${key}`))
    return some.map(done)
  }
  const refetch = (ids: readonly string[]) => stream(ids.map((id) => held(id, id.slice(3), { aar: 1 })))
  const target = {
    ...targetOf({ send, refetch, settle: () => stream([]), ...more }),
    check: async () => (checked.push('target'), []),
  }
  const engine = engineOf({ sources: { rows: sourceOf('rows', [1]) }, targets: { global: syncOf({}, { target }) } })
  const plan = assemble(
    [...syncs.map((name) => ({ ...planOf(create('X')), name })), planOf(...changes)],
    engine.fingerprint,
    engine.clock,
  )
  await engine.state.journal.begin({ id: 'run-1', plan, forced: false, at: engine.clock.now() })
  return { engine, sent, checked, plan }
}

describe('outcomes of a sync that a worker carries out', () => {
  it('are those of the journal, also where it failed; what was sent and is not settled has none', async () => {
    const { engine, plan } = await begun([create('A'), create('B')])
    const steps = [{ status: 'sending', keys: ['A', 'B'] } as const, done(create('A'))]
    await engine.state.journal.record({ run: 'run-1', sync: 'global', steps, at: engine.clock.now() })
    const failed = new ZdsError('NO_WORKER', 'nobody took it')
    for (const [end, error] of [
      ['done', undefined],
      [failed, failed],
    ] as const) {
      const told: string[] = []
      const { workers: hired } = workers(end)
      const outcomes = async (): Promise<void> => {
        const [part] = plan.syncs
        const stage = engine.stage('apply', 'global')
        const here = { ...engine, workers: hired }
        if (part === undefined) throw new Error('The plan has a sync')
        for await (const { key, status } of outcomesElsewhere(stage, part, { run: 'run-1' }, here, engine))
          told.push(`${key} ${status}`)
      }
      expect(await outcomes().catch((thrown: unknown) => thrown)).toBe(error)
      expect(told).toEqual(['A done'])
    }
  })
})

describe('a part of a stage that was asked for', () => {
  const lent = { signal: new AbortController().signal, assert: () => undefined }
  const task = (stage: string, asOf = '2026-03-16'): Task => ({ run: 'run-1', stage, asOf })
  const part = (engine: TestEngine, at: number, stage = 'apply:global', held = lent) =>
    stagePart(task(stage), at, held, engine)

  it('is all of one that reads, as of the day that it is asked for', async () => {
    const { engine } = await begun([])
    expect(await stagePart(task('gather:rows', '2026-03-10'), 0, lent, engine)).toBe('done')
    expect(await engine.artifacts.summary('gather:rows')).toMatchObject({ rows: 1, complete: true, asOf: '2026-03-10' })
  })

  it('SAFE-16: leaves nothing where others took this process for dead', async () => {
    const { engine } = await begun([])
    const assert = (): never => {
      throw new ZdsError('LOCK_LOST', 'taken for dead')
    }
    await expect(part(engine, 0, 'gather:rows', { ...lent, assert })).rejects.toMatchObject({ code: 'LOCK_LOST' })
    await expect(engine.artifacts.summary('gather:rows')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })

  it('leaves why it failed, but where it was stopped it says so', async () => {
    const { engine } = await begun([])
    expect(await part(engine, 0, 'gather:nothing')).toBe('failed')
    expect(await collect(engine.artifacts.read('failure:gather:nothing'))).toMatchObject([{ code: 'USAGE' }])
    expect(await engine.artifacts.summary('failure:gather:nothing')).toEqual({ rows: 1, complete: true })
    const reason = new Error('stopped')
    const stopped = { ...lent, signal: AbortSignal.abort(reason) }
    await expect(part(engine, 0, 'gather:nothing', stopped)).rejects.toBe(reason)
  })

  it('SYN-01, AMB-20: is what takes a name or sets one free, then the rest by operation, 2,000 at a time', async () => {
    const renaming: Change = { ...update('N'), fields: { name: { from: null, to: 'b' } } }
    const adopting: Change = { ...update('E'), fields: { external_id: { from: null, to: 'E' } } }
    const some = Array.from({ length: 2_003 }, (_, at) => update(`K${at}`))
    const { engine, sent, checked } = await begun([retire('R'), ...some, renaming, adopting, create('C')])
    expect(await part(engine, 0)).toBe('more')
    expect(sent.splice(0).toSorted()).toEqual(['create C', 'update E', 'update N'])
    expect(await part(engine, 1)).toBe('more')
    expect(sent).toHaveLength(2_000)
    expect(sent.splice(0).every((one) => one.startsWith('update K'))).toBe(true)
    expect(await part(engine, 2)).toBe('done')
    expect(sent.splice(0)).toEqual(['update K2000', 'update K2001', 'update K2002', 'retire R'])
    expect(await part(engine, 2)).toBe('done')
    expect(sent).toEqual([])
    expect(checked).toHaveLength(4)
    expect(await engine.state.locks.held(engine.clock.now())).toEqual([])
  })

  it('is all that there is where nothing takes a name, and nothing where there is nothing to do', async () => {
    const { engine, sent, checked } = await begun([update('A'), update('B')])
    expect(await part(engine, 0)).toBe('done')
    expect(sent).toEqual(['update A', 'update B'])
    const none = await begun([], {}, [])
    expect(await part(none.engine, 0)).toBe('done')
    expect([none.checked, checked]).toEqual([[], ['target']])
  })

  it('is of its own sync, whatever else the plan has', async () => {
    const { engine, sent } = await begun([create('A')], {}, ['before'])
    expect(await part(engine, 0)).toBe('done')
    expect(sent).toEqual(['create A'])
  })

  it('of a run that is over is refused, and says how that ended', async () => {
    const { engine, sent } = await begun([create('A')])
    await engine.state.journal.end('run-1', 'abandoned', engine.clock.now())
    expect(await part(engine, 0)).toBe('failed')
    expect(await collect(engine.artifacts.read('failure:apply:global'))).toMatchObject([
      {
        code: 'PLAN_STALE',
        message: 'Run run-1 is not under way any more: abandoned',
        hint: 'Make a new plan: zds plan',
      },
    ])
    expect(sent).toEqual([])
  })

  it('SAFE-16: is carried out under the lock of its address, which is waited for longer than a process that died has it', async () => {
    const { engine, sent } = await begun([create('A')])
    const { clock, signal } = engine
    const places = [{ address: 'https://global.example', instance: 'global' }]
    const hold = await engine.state.locks.take(places, 'another', { waitMs: 0, clock, signal })
    const since = clock.now().getTime()
    expect(await part(engine, 0)).toBe('done')
    expect(sent).toEqual(['create A'])
    expect(clock.now().getTime() - since).toBeGreaterThan(10_000)
    await hold.giveBack()
  })
})
