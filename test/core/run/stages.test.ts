import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  collect,
  type Change,
  type Config,
  type Desired,
  type Existing,
  type Observer,
  type Outcome,
  type Plan,
  type Source,
  type Sync,
} from 'zds'
import { syncParts } from '../../../src/core/plan/parts.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { compareStage } from '../../../src/core/run/compare-stage.ts'
import { gather } from '../../../src/core/run/gather.ts'
import { tellObservers } from '../../../src/core/run/observers.ts'
import type { Outcomes } from '../../../src/core/outcome.ts'
import { planSource } from '../../../src/core/config/plan-source.ts'
import { ref } from '../../../src/core/refs.ts'
import { applyingStage, planOf } from '../../support/applying.ts'
import { engineOf, gathered } from '../../support/engine.ts'
import { fakeClock } from 'zds/testing'
import { absent, held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

function oneSync(
  desired: readonly Desired[],
  existing: readonly Existing[],
  rules: Parameters<typeof syncOf>[0] = {},
): Config {
  const accounts = sourceOf('accounts', desired, { mayBeEmpty: true })
  return {
    sources: {},
    processors: { accounts },
    targets: { global: syncOf(rules, { desired: accounts, target: targetOf({ records: existing }) }) },
  }
}

describe('comparing from artifacts', () => {
  it('brings rows of any order together by their key, and leaves the plan as an artifact', async () => {
    const engine = await gathered(
      oneSync(
        [wanted('C', { aar: 1 }), absent('B', 'retention'), wanted('A')],
        [held('2', 'B'), held('3', 'C'), held('4', null)],
      ),
      ['accounts', 'organizations'],
    )
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    expect([...plan.changes].map(({ op, key, reason }) => [op, key, reason])).toEqual([
      ['create', 'A', undefined],
      ['update', 'C', undefined],
      ['retire', 'B', 'retention'],
    ])
    expect(await collect(engine.artifacts.read('compare:global'))).toEqual([...syncParts(plan)])
    expect(readdirSync(engine.files).filter((file) => file.startsWith('sort-'))).toEqual([])
  })

  it('AMB-19, AMB-20: knows what the rival sync of the target desires', async () => {
    const partners = sourceOf('partners', [wanted('P', { name: 'Acme' }), wanted('Q', { name: 'Q' })])
    const customers = sourceOf('customers', [wanted('A', { name: 'ACME' }), wanted('Q', { name: 'Q' })])
    const target = targetOf({ records: [held('1', 'R', { account_type: 'open_partner' })] })
    const global = syncOf(
      { yields: partners, owns: (existing) => !isPartner(existing) },
      { desired: customers, target },
    )
    const config = {
      sources: { partners, customers },
      targets: { global },
      hooks: { partners: syncOf({ owns: isPartner }, { desired: partners, target }) },
    }
    const engine = await gathered(config, ['partners', 'customers', 'organizations'])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([['A', 'name-taken']])
  })

  it('SAFE-02: knows which sides are incomplete, and what is read from its plan is incomplete too', async () => {
    const short = sourceOf('accounts', [wanted('A', { aar: 1 })])
    const desired = {
      ...short,
      read: (run: Parameters<typeof short.read>[0]) => (run.expect(2), stream([wanted('A', { aar: 1 })])),
    }
    const target = targetOf({ records: [held('1', 'A'), held('2', 'B')] })
    const engine = await gathered({ sources: {}, targets: { global: syncOf({}, { desired, target }) } }, [
      'accounts',
      'organizations',
    ])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    expect([...plan.changes].map(({ op }) => op)).toEqual(['update'])
    expect(plan.skipped).toMatchObject([{ key: 'B', reason: 'incomplete-listing' }])
    expect((await engine.artifacts.summary('compare:global')).complete).toBe(false)
  })

  it('leaves no scratch files when it refuses a row in the middle', async () => {
    const many = Array.from({ length: 50_010 }, (_, index) =>
      wanted(`K${String(index).padStart(6, '0')}`, { aar: index === 9 ? 'much' : 1 }),
    )
    const engine = await gathered(oneSync(many, [held('1', 'A')]), ['accounts', 'organizations'])
    await expect(compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'ROW_INVALID',
    })
    expect(readdirSync(engine.files).filter((file) => file.startsWith('sort-'))).toEqual([])
  })

  it('SYN-03: the target has the last word on a plan: it completes changes and leaves out what cannot be', async () => {
    const config = oneSync(
      [{ ...wanted('A'), along: 'Ada' }, wanted('B')],
      [held('9', 'X', { mark_for_deletion: true })],
    )
    const asked: string[] = []
    const target = {
      ...targetOf({ records: [held('9', 'X', { mark_for_deletion: true })] }),
      prepare: (changes: Plan['syncs'][number]['changes']) => {
        asked.push(...[...changes].map(({ key }) => key))
        const kept = [...changes]
          .filter(({ op }) => op === 'create')
          .map((change) => (change.along === undefined ? change : { ...change, along: [change.along, 'stays'] }))
        return Promise.resolve({ changes: kept, skipped: [{ key: 'X', reason: 'second-address' as const }] })
      },
      words: { 'second-address': 'somebody has this address' },
      describe: ({ along }: Change) => [{ code: 'user-stays', message: JSON.stringify(along) }],
    }
    const engine = await gathered(
      { ...config, targets: { global: { ...(config.targets['global'] ?? syncOf()), target } } },
      ['accounts', 'organizations'],
    )
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    expect(asked).toEqual(['A', 'B', ...asked.slice(2)])
    expect(plan.skipped).toContainEqual({ key: 'X', reason: 'second-address' })
    expect(plan.words).toEqual({ 'second-address': 'somebody has this address' })
    expect([...plan.changes].map(({ key, along, remarks }) => [key, along, remarks])).toEqual([
      ['A', ['Ada', 'stays'], [{ code: 'user-stays', message: '["Ada","stays"]' }]],
      ['B', undefined, undefined],
    ])
  })

  it('what comes along is not lost in silence where the target takes nothing', async () => {
    const engine = await gathered(oneSync([{ ...wanted('A'), along: 'Ada' }], [held('9', 'X')]), [
      'accounts',
      'organizations',
    ])
    await expect(compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'global: something comes along with A, and organizations takes nothing',
    })
  })

  it('SAFE-02: retires nobody because a source that may be empty is', async () => {
    const nobody = sourceOf<Desired>('accounts', [{ kind: 'notice', key: 'A', code: 'x', message: 'only a notice' }], {
      mayBeEmpty: true,
    })
    const global = syncOf({}, { desired: nobody, target: targetOf({ records: [held('1', 'A'), held('2', 'B')] }) })
    const engine = await gathered({ sources: {}, targets: { global } }, ['accounts', 'organizations'])
    const { changes, skipped } = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    expect(changes).toEqual([])
    expect(skipped.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
      'A incomplete-listing',
      'B incomplete-listing',
    ])
  })

  it('SAFE-08: hands the plan to a source that needs it', async () => {
    const one = syncOf(
      {},
      {
        desired: sourceOf<Desired>('accounts', [wanted('A', { aar: 1 })]),
        target: targetOf({ records: [held('9', 'X')] }),
      },
    )
    const plan = planSource(one)
    const creates: Source = {
      name: 'creates',
      needs: [plan],
      read: async function* (run) {
        for await (const part of run.input(plan)) if ('op' in part && part.op === 'create') yield part.key
      },
    }
    const engine = await gathered({ sources: { creates }, targets: { one } }, ['accounts', 'organizations'])
    await expect(gather(engine.stage('gather', 'creates'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
    })
    await compareStage(engine.stage('compare', 'one'), engine, engine.run, engine)
    await gather(engine.stage('gather', 'creates'), engine, engine.run, engine)
    expect(await collect(engine.artifacts.read('gather:creates'))).toEqual(['A'])
  })
})

describe('applying a stage', () => {
  it('SAFE-06: has every outcome in the journal, under the name of the sync, before it is told', async () => {
    const engine = await gathered(oneSync([wanted('A'), wanted('B', { aar: 1 })], [held('2', 'B')]), [
      'accounts',
      'organizations',
    ])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
    const { told, rows } = await applyingStage(engine, plan)
    const seen: string[] = []
    for await (const outcome of told) {
      expect(rows().map((row) => row['key'])).toContain(outcome.key)
      seen.push(`${outcome.status} ${outcome.key}`)
    }
    expect(seen).toEqual(['done A', 'done B'])
    expect(rows()).toEqual([
      { sync: 'global', key: 'A', status: 'done', target_id: 'new-A' },
      { sync: 'global', key: 'B', status: 'done', target_id: '2' },
    ])
  })

  it('SAFE-08: ids come from the outcomes of the syncs it runs after, and from no other', async () => {
    const named = (name: string, after: readonly Sync[] = []): Sync =>
      syncOf({ after }, { target: targetOf({ name }), desired: sourceOf<Desired>(`${name}-accounts`) })
    const [first, second, third] = [named('first'), named('second'), named('third')]
    const users = named('users', [first, second, third])
    const engine = engineOf({ sources: {}, targets: { first, second, third, stranger: named('stranger'), users } })
    const change = (key: string, sync: string) => ({
      op: 'create' as const,
      key,
      fields: { organization_id: { from: null, to: ref(sync, 'A') } },
    })
    const plan = {
      ...planOf(change('U', 'first'), change('V', 'stranger'), change('W', 'second'), change('X', 'third')),
      name: 'users',
    }
    const outcomes: Outcomes = new Map<string, readonly Outcome[]>([
      ['first', [{ key: 'A', status: 'done', id: '77' }]],
      ['stranger', [{ key: 'A', status: 'done', id: '78' }]],
      ['second', [{ key: 'A', status: 'failed', code: 'name-taken', message: 'Name has already been taken' }]],
    ])
    const told = await collect((await applyingStage(engine, plan, outcomes)).told)
    expect(told.map(({ key, status }) => `${key} ${status}`).toSorted()).toEqual([
      'U done',
      'V unresolved',
      'W unresolved',
      'X unresolved',
    ])
  })
})

describe('observers', () => {
  const plan = assemble([], 'fingerprint', fakeClock())

  async function told(hooks: Config['hooks'] & object): Promise<string[]> {
    const engine = engineOf({ sources: {}, targets: {}, hooks })
    return [...(await tellObservers((observer, run) => observer.planned?.(plan, run), engine))]
  }

  it('watch, and a failing one is a warning that stops neither the others nor the run', async () => {
    const watched: string[] = []
    const watching = (name: string): Observer => ({
      kind: 'observer',
      planned: () => Promise.resolve(void watched.push(name)),
    })
    const dead: Observer = { kind: 'observer', planned: () => Promise.reject(new Error('no answer')) }
    expect(
      await told({ one: watching('one'), slack: dead, quiet: { kind: 'observer' }, two: watching('two') }),
    ).toEqual(['slack: no answer'])
    expect(watched).toEqual(['one', 'two'])
  })

  it('are lent a run like everybody, but no rows', async () => {
    const members: string[] = []
    const refusals: unknown[] = []
    const curious: Observer = {
      kind: 'observer',
      planned: async (_plan, run) => {
        members.push(...Object.keys(run).toSorted())
        run.progress('posting')
        run.expect(1)
        run.incomplete('nobody knows')
        const rows = async () => collect(run.input(sourceOf('accounts')))
        const joins = async () => collect(run.joined(stream([]), String, stream([]), String))
        for (const read of [rows, joins]) refusals.push(await read().catch((error: unknown) => error))
        await rows()
      },
    }
    expect(await told({ curious })).toEqual([
      'curious: posting',
      expect.stringContaining('curious reads no source') as string,
    ])
    expect(refusals).toMatchObject([{ code: 'CONFIG_INVALID' }, { code: 'CONFIG_INVALID' }])
    expect(members).toEqual(['clock', 'expect', 'incomplete', 'input', 'joined', 'progress', 'signal'])
  })
})
