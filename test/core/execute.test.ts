import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collect, type Change, type Config, type Desired, type Existing, type Observer, type Plan, type Source, type Sync } from 'zds'
import { applyStage, assemble, compareStage, gather, tellObservers } from '../../src/core/execute.ts'
import { sqliteJournal } from '../../src/core/journal.ts'
import type { Outcomes } from '../../src/core/outcome.ts'
import { planned } from '../../src/core/planned.ts'
import { ref } from '../../src/core/refs.ts'
import { engineOf, type TestEngine } from '../support/engine.ts'
import { fakeClock } from '../support/time.ts'
import { absent, held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../support/syncs.ts'

async function gathered(config: Config, names: readonly string[]): Promise<TestEngine> {
  const engine = engineOf(config)
  for (const name of names) await gather(engine.stage('gather', name), engine, engine)
  return engine
}

function oneSync(desired: readonly Desired[], existing: readonly Existing[], rules: Parameters<typeof syncOf>[0] = {}): Config {
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
      oneSync([wanted('C', { aar: 1 }), absent('B', 'retention'), wanted('A')], [held('2', 'B'), held('3', 'C'), held('4', null)]),
      ['accounts', 'organizations'],
    )
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine)
    expect(plan.changes.map(({ op, key, reason }) => [op, key, reason])).toEqual([
      ['create', 'A', undefined],
      ['update', 'C', undefined],
      ['retire', 'B', 'retention'],
    ])
    expect(await collect(engine.artifacts.read('compare:global'))).toEqual([plan])
    expect(readdirSync(engine.artifacts.directory).filter((file) => file.startsWith('sort-'))).toEqual([])
  })

  it('AMB-19, AMB-20: knows what the rival sync of the target desires', async () => {
    const partners = sourceOf('partners', [wanted('P', { name: 'Acme' }), wanted('Q', { name: 'Q' })])
    const customers = sourceOf('customers', [wanted('A', { name: 'ACME' }), wanted('Q', { name: 'Q' })])
    const target = targetOf({ records: [held('1', 'R', { account_type: 'open_partner' })] })
    const global = syncOf({ yields: partners, owns: (existing) => !isPartner(existing) }, { desired: customers, target })
    const config = {
      sources: { partners, customers },
      targets: { global },
      hooks: { partners: syncOf({ owns: isPartner }, { desired: partners, target }) },
    }
    const engine = await gathered(config, ['partners', 'customers', 'organizations'])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine)
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([['A', 'name-taken']])
  })

  it('SAFE-02: knows which sides are incomplete, and what is read from its plan is incomplete too', async () => {
    const short = sourceOf('accounts', [wanted('A', { aar: 1 })])
    const desired = { ...short, read: (run: Parameters<typeof short.read>[0]) => (run.expect(2), stream([wanted('A', { aar: 1 })])) }
    const target = targetOf({ records: [held('1', 'A'), held('2', 'B')] })
    const engine = await gathered({ sources: {}, targets: { global: syncOf({}, { desired, target }) } }, ['accounts', 'organizations'])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine)
    expect(plan.changes.map(({ op }) => op)).toEqual(['update'])
    expect(plan.skipped).toMatchObject([{ key: 'B', reason: 'incomplete-listing' }])
    expect((await engine.artifacts.summary('compare:global')).complete).toBe(false)
  })

  it('leaves no scratch files when it refuses a row in the middle', async () => {
    const many = Array.from({ length: 50_010 }, (_, index) =>
      wanted(`K${String(index).padStart(6, '0')}`, { aar: index === 9 ? 'much' : 1 }),
    )
    const engine = await gathered(oneSync(many, [held('1', 'A')]), ['accounts', 'organizations'])
    await expect(compareStage(engine.stage('compare', 'global'), engine, engine)).rejects.toMatchObject({ code: 'ROW_INVALID' })
    expect(readdirSync(engine.artifacts.directory).filter((file) => file.startsWith('sort-'))).toEqual([])
  })

  it('SYN-03: the target has the last word on a plan: it completes changes and leaves out what cannot be', async () => {
    const people = [{ email: 'ada@example.com', name: 'Ada' }]
    const config = oneSync([{ ...wanted('A'), people }, wanted('B')], [held('9', 'X', { mark_for_deletion: true })])
    const asked: string[] = []
    const target = {
      ...targetOf({ records: [held('9', 'X', { mark_for_deletion: true })] }),
      prepare: (changes: Plan['syncs'][number]['changes']) => {
        asked.push(...changes.map(({ key }) => key))
        const leave = (create: Change): Change => ({
          ...create,
          contacts: (create.contacts ?? []).map((one) => ({ ...one, action: 'leave' })),
        })
        const kept = changes.filter(({ op }) => op === 'create').map((change) => (change.contacts ? leave(change) : change))
        return Promise.resolve({ changes: kept, skipped: [{ key: 'X', reason: 'second-address' as const }] })
      },
    }
    const engine = await gathered({ ...config, targets: { global: { ...(config.targets['global'] ?? syncOf()), target } } }, [
      'accounts',
      'organizations',
    ])
    const plan = await compareStage(engine.stage('compare', 'global'), engine, engine)
    expect(asked).toEqual(['A', 'B', ...asked.slice(2)])
    expect(plan.skipped).toContainEqual({ key: 'X', reason: 'second-address' })
    expect(plan.changes.map(({ key, contacts }) => [key, contacts?.[0]?.action])).toEqual([
      ['A', 'leave'],
      ['B', undefined],
    ])
  })

  it('SAFE-02: retires nobody because a source that may be empty is', async () => {
    const nobody = sourceOf<Desired>('accounts', [{ kind: 'notice', key: 'A', code: 'x', message: 'only a notice' }], { mayBeEmpty: true })
    const global = syncOf({}, { desired: nobody, target: targetOf({ records: [held('1', 'A'), held('2', 'B')] }) })
    const engine = await gathered({ sources: {}, targets: { global } }, ['accounts', 'organizations'])
    const { changes, skipped } = await compareStage(engine.stage('compare', 'global'), engine, engine)
    expect(changes).toEqual([])
    expect(skipped.map(({ key, reason }) => `${key} ${reason}`)).toEqual(['A incomplete-listing', 'B incomplete-listing'])
  })

  it('SAFE-08: hands the plan to a source that needs it', async () => {
    const one = syncOf(
      {},
      { desired: sourceOf<Desired>('accounts', [wanted('A', { aar: 1 })]), target: targetOf({ records: [held('9', 'X')] }) },
    )
    const plan = planned(one)
    const creates: Source = {
      name: 'creates',
      needs: [plan],
      read: async function* (run) {
        for await (const { changes } of run.input(plan)) yield* changes.filter(({ op }) => op === 'create').map(({ key }) => key)
      },
    }
    const engine = await gathered({ sources: { creates }, targets: { one } }, ['accounts', 'organizations'])
    await expect(gather(engine.stage('gather', 'creates'), engine, engine)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    await compareStage(engine.stage('compare', 'one'), engine, engine)
    await gather(engine.stage('gather', 'creates'), engine, engine)
    expect(await collect(engine.artifacts.read('gather:creates'))).toEqual(['A'])
  })
})

describe('applying a stage', () => {
  function applyAll(engine: TestEngine, name: string, plan: Plan, outcomes: Outcomes = new Map()) {
    const file = join(engine.directory, '.zds', 'state.db')
    const journal = sqliteJournal(file)
    onTestFinished(() => journal.close())
    journal.begin({ id: 'run-1', plan, forced: false, at: engine.clock.now() })
    const sync = plan.syncs.find((one) => one.name === name)
    if (sync === undefined) throw new Error(`no plan of ${name}`)
    const told = applyStage(engine.stage('apply', name), sync, engine, engine, { journal, run: 'run-1', outcomes })
    const rows = (): Record<string, unknown>[] => {
      const reader = new DatabaseSync(file, { readOnly: true })
      const found = reader.prepare('SELECT sync, key, status, target_id FROM steps ORDER BY rowid').all()
      reader.close()
      return found.map((row) => ({ ...row }))
    }
    return { told, rows }
  }

  it('SAFE-06: has every outcome in the journal, under the name of the sync, before it is told', async () => {
    const engine = await gathered(oneSync([wanted('A'), wanted('B', { aar: 1 })], [held('2', 'B')]), ['accounts', 'organizations'])
    const plan = assemble([await compareStage(engine.stage('compare', 'global'), engine, engine)], 'f', engine.clock)
    const { told, rows } = applyAll(engine, 'global', plan)
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
    const first = named('first')
    const engine = engineOf({ sources: {}, targets: { first, stranger: named('stranger'), users: named('users', [first]) } })
    const change = (key: string, sync: string) => ({
      op: 'create' as const,
      key,
      fields: { organization_id: { from: null, to: ref(sync, 'A') } },
    })
    const counts = { existing: 0, desired: 0, skipped: [], notices: [], excesses: [] }
    const plan = assemble(
      [{ name: 'users', target: 'global', resource: 'users', changes: [change('U', 'first'), change('V', 'stranger')], ...counts }],
      'f',
      engine.clock,
    )
    const outcomes: Outcomes = new Map(['first', 'stranger'].map((name) => [name, [{ key: 'A', status: 'done', id: '77' }]]))
    const told = await collect(applyAll(engine, 'users', plan, outcomes).told)
    expect(told.map(({ key, status }) => `${key} ${status}`).toSorted()).toEqual(['U done', 'V unresolved'])
  })
})

describe('observers', () => {
  const plan = assemble([], 'fingerprint', fakeClock())

  async function told(hooks: Config['hooks'] & object): Promise<string[]> {
    const engine = engineOf({ sources: {}, targets: {}, hooks })
    const warnings: string[] = []
    await tellObservers(
      (observer, run) => observer.applied?.(plan, new Map(), run),
      engine,
      (message) => void warnings.push(message),
    )
    return warnings
  }

  it('watch, and a failing one is a warning that stops neither the others nor the run', async () => {
    const watched: string[] = []
    const watching = (name: string): Observer => ({ kind: 'observer', applied: () => Promise.resolve(void watched.push(name)) })
    const dead: Observer = { kind: 'observer', applied: () => Promise.reject(new Error('no answer')) }
    expect(await told({ one: watching('one'), slack: dead, quiet: { kind: 'observer' }, two: watching('two') })).toEqual([
      'slack: no answer',
    ])
    expect(watched).toEqual(['one', 'two'])
  })

  it('are lent a run like everybody, but no rows', async () => {
    const members: string[] = []
    const curious: Observer = {
      kind: 'observer',
      applied: async (_plan, _outcomes, run) => {
        members.push(...Object.keys(run).toSorted())
        await collect(run.input(sourceOf('accounts')))
      },
    }
    expect(await told({ curious })).toEqual([expect.stringContaining('curious observes a run and reads no source') as string])
    expect(members).toEqual(['clock', 'expect', 'input', 'progress', 'signal'])
  })
})
