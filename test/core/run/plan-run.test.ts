import { describe, expect, it } from 'vitest'
import type { Config, Desired, Observer, SyncPlan, Target } from 'zds'
import { holdAgainstLimits, planOf, planRun, type Read } from '../../../src/core/run/plan-run.ts'
import type { Watch } from '../../../src/core/run/schedule.ts'
import { create, planOf as changesOf, retire, update } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { held, sourceOf, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const unwatched: Watch<Read> = {
  scheduled: () => undefined,
  started: () => undefined,
  progress: () => undefined,
  rows: () => undefined,
  ended: () => undefined,
  warn: () => undefined,
}

/** An engine of one sync, whose last run that was carried out desired `before` records. */
async function after(before: number, config: Config): Promise<TestEngine> {
  const engine = engineOf(config)
  const at = engine.clock.now()
  const address = config.targets['global']?.target.address() ?? ''
  await engine.state.journal.count([{ sync: 'global', address, desired: before }], 'run-0', at)
  return engine
}

const one = (limits: object = {}): Config => ({
  sources: {},
  targets: {
    global: syncOf(
      { limits },
      {
        desired: sourceOf<Desired>('accounts', [wanted('A', { aar: 1 })]),
        target: targetOf({ records: [held('1', 'A')] }),
      },
    ),
  },
})

describe('SAFE-01: the limits of a plan', () => {
  it('know of a drop against the last run that was carried out', async () => {
    const plan = await planRun(await after(20, one()), 'run-1', undefined, unwatched)
    expect(plan.syncs[0]?.excesses).toMatchObject([{ op: 'drop', count: 19 }])
    const loose = await planRun(await after(20, one({ drop: 1 })), 'run-1', undefined, unwatched)
    expect(loose.syncs[0]?.excesses).toEqual([])
    expect((await planRun(engineOf(one()), 'run-1', undefined, unwatched)).syncs[0]?.excesses).toEqual([])
  })

  it('hold as well where only what a run did not get done is planned, and the artifact is of that plan', async () => {
    const engine = await after(20, one())
    const first = await planRun(engine, 'run-1', undefined, unwatched)
    const { journal } = engine.state
    const at = engine.clock.now()
    await journal.begin({ id: 'run-1', plan: first, forced: false, at })
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }], at })
    const run = await journal.run('run-1')
    if (run === undefined) throw new Error('The run is not in the journal')
    const rest = await planRun(engine, 'run-2', { run, plan: first }, unwatched)
    expect(rest.syncs[0]?.changes).toEqual([])
    expect(rest.syncs[0]?.excesses).toMatchObject([{ op: 'drop', count: 19 }])
    const lines = []
    for await (const row of engine.state.artifacts('run-2').read('plan')) lines.push(row)
    expect(lines).toMatchObject([{ digest: rest.digest }, { name: 'global' }])
  })

  it('are those of its syncs, whoever made their plans', async () => {
    const part = { ...changesOf(update('A'), update('B')), existing: 20 }
    const plan = await planOf([part], engineOf(one({ update: 0.05 })))
    expect(plan.syncs[0]?.excesses).toMatchObject([{ op: 'update', count: 2, existing: 20, limit: 0.05 }])
  })
})

it('a plan says where each sync writes, if that is known, and what is for its instance alone (OPS-08)', async () => {
  const placed = async (target: Target): Promise<unknown[]> => {
    const engine = engineOf({ sources: {}, targets: { global: syncOf({}, { target }) } })
    const [part] = await holdAgainstLimits([changesOf(update('A'))], engine)
    return ['address', 'confined'].map((member) => (part && member in part ? part[member as 'address'] : 'none'))
  }
  expect(await placed(targetOf())).toEqual(['https://global.example', 'none'])
  expect(await placed({ ...targetOf({ address: '' }), confined: true })).toEqual(['none', true])
})

it('SYN-04: an observer that cannot be told of a plan is a warning', async () => {
  const warnings: string[] = []
  const chat: Observer = { kind: 'observer', planned: () => Promise.reject(new Error('no such channel')) }
  const engine = engineOf({ ...one(), hooks: { chat, silent: { kind: 'observer' } } })
  await planRun(engine, 'run-1', undefined, { ...unwatched, warn: (message) => void warnings.push(message) })
  expect(warnings).toEqual(['chat: no such channel'])
})

describe('SAFE-01, SAFE-14: what a plan says of itself is not believed', () => {
  const marked = (key: string, op: 'update' | 'retire') => ({ ...update(key), op, fields: retire(key).fields })
  const found = async (part: SyncPlan, limits: object = {}): Promise<(string | number)[][]> => {
    const [plan] = await holdAgainstLimits([part], engineOf(one(limits)))
    return (plan?.excesses ?? []).map(({ op, count }) => [op, count])
  }
  const keys = Array.from({ length: 12 }, (_, n) => `K${n}`)
  const part = changesOf(...keys.map((key) => marked(key, 'retire')))

  it('not that nothing of it goes beyond a limit', async () => {
    expect(await found({ ...part, existing: 100, excesses: [] })).toEqual([['retire', 12]])
  })

  it('not that there are too few records for a share, where it changes many', async () => {
    const updates = changesOf(...keys.map(update))
    expect(await found({ ...updates, existing: 0 })).toEqual([['update', 12]])
    expect(await found({ ...updates, changes: [...updates.changes].slice(3), existing: 9 })).toEqual([])
  })

  it('not that it is an update what leaves a record as a retirement does', async () => {
    const updates = changesOf(...keys.map((key) => marked(key, 'update')))
    expect(await found({ ...updates, existing: 100 })).toEqual([['retire', 12]])
    const back = [...updates.changes].map((change) => ({
      ...change,
      fields: { mark_for_deletion: { from: true, to: false } },
    }))
    expect(await found({ ...updates, changes: back, existing: 100 })).toEqual([])
  })

  it('not that there are far more records than the last run has left, where the state knows of one', async () => {
    const engine = engineOf(one())
    const { journal } = engine.state
    const all = { ...part, existing: 1e6 }
    const found = async (): Promise<unknown> => (await holdAgainstLimits([all], engine))[0]?.excesses
    expect(await found()).toEqual([])
    const few = await planOf([{ ...changesOf(create('N')), existing: 109 }], engine)
    // Neither another sync there, nor this one elsewhere, says how many records there are.
    const others = few.syncs.flatMap((sync) => [
      { ...sync, name: 'partners', existing: 4000 },
      { ...sync, address: 'https://other.example', existing: 4000 },
    ])
    const plan = { ...few, syncs: [...others, ...few.syncs] }
    await journal.begin({ id: 'run-1', plan, forced: false, at: engine.clock.now() })
    expect(await found()).toEqual([])
    await journal.end('run-1', 'done', engine.clock.now())
    // 5 % of 2 × (109 + 1)
    expect(await found()).toMatchObject([{ op: 'retire', count: 12, existing: 220, limit: 0.05 }])
    expect(
      (await holdAgainstLimits([{ ...all, existing: 240, changes: [...all.changes].slice(1) }], engine))[0]?.excesses,
    ).toEqual([])
  })
})
