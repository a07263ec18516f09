import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  collect,
  env,
  several,
  ZdsError,
  type Config,
  type Desired,
  type Json,
  type Processor,
  type Run,
  type Source,
  type Sync,
  type Target,
} from 'zds'
import { checkReady, gather, partsToWrite, preflight } from '../../../src/core/run/gather.ts'
import { stages } from '../../../src/core/config/stages.ts'
import { held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'

const configOf = (sources: { readonly [name: string]: Source }): Config => ({ sources, targets: {} })
/** What an artifact says of whoever made it. */
const MADE = {
  at: '2026-03-16T10:00:00.000Z',
  asOf: '2026-03-16',
  config: 'fingerprint',
  digest: expect.stringMatching(/^[\da-f]{64}$/) as string,
  inputs: {},
}
const announcing = (rows: number, announced: number, slack?: number): Source => ({
  name: 'accounts',
  read: (run: Run) => {
    run.expect(announced, slack)
    return stream(Array.from({ length: rows }, (_, index) => index))
  },
})

describe('gathering a source', () => {
  it('leaves its rows as an artifact, and counts them while they come', async () => {
    const engine = engineOf(configOf({ accounts: sourceOf('accounts', ['a', 'b', 'c']) }))
    expect(await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).toEqual({
      rows: 3,
      complete: true,
      ...MADE,
    })
    expect(await collect(engine.artifacts.read('gather:accounts'))).toEqual(['a', 'b', 'c'])
    expect(engine.counts).toEqual([1, 2, 3])
  })

  it('joins what a source needs by a key, from artifacts in any order', async () => {
    const people = sourceOf('people', ['bob of acme', 'ann of zeta', 'eve of acme'])
    const companies = sourceOf('companies', ['zeta', 'acme'])
    const staff: Source = {
      name: 'staff',
      needs: [companies, people],
      read: async function* (run) {
        const companyOf = (row: Json): string => JSON.stringify(row).slice(1, -1).split(' of ').at(-1) ?? ''
        const pairs = run.joined(run.input(companies), companyOf, run.input(people), companyOf)
        for await (const { left, right } of pairs) yield [...left, ...right]
      },
    }
    const engine = engineOf(configOf({ people, companies, staff }))
    for (const name of ['people', 'companies', 'staff'])
      await gather(engine.stage('gather', name), engine, engine.run, engine)
    expect(await collect(engine.artifacts.read('gather:staff'))).toEqual([
      ['acme', 'bob of acme', 'eve of acme'],
      ['zeta', 'ann of zeta'],
    ])
  })

  it('SAFE-02: refuses an empty source and leaves nothing behind', async () => {
    const engine = engineOf(configOf({ accounts: sourceOf('accounts') }))
    await expect(gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'EMPTY_SOURCE',
      message: expect.stringContaining('accounts is empty') as string,
      hint: expect.stringContaining('mayBeEmpty: true') as string,
    })
    expect(readdirSync(engine.files)).toEqual([])
  })

  it('takes an empty source where no plan is made of its rows: of a few that are given, none may come', async () => {
    const engine = engineOf(configOf({ empty: sourceOf('empty') }))
    const partial = gather(engine.stage('gather', 'empty'), { ...engine, partial: true }, engine.run, engine)
    expect(await partial).toMatchObject({ rows: 0 })
  })

  it('SAFE-02: takes an empty source that may be empty', async () => {
    const engine = engineOf(configOf({ accounts: sourceOf('accounts', [], { mayBeEmpty: true }) }))
    expect(await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).toEqual({
      rows: 0,
      complete: true,
      ...MADE,
    })
    expect(await collect(engine.artifacts.read('gather:accounts'))).toEqual([])
  })

  it.each([
    [10, 10, undefined, true],
    [9, 10, undefined, false],
    [11, 10, undefined, false],
    [9, 10, 1, true],
    [11, 10, 1, true],
    [8, 10, 1, false],
  ])('SAFE-02: %i rows of %i announced, give or take %s: complete %s', async (rows, announced, slack, complete) => {
    const engine = engineOf(configOf({ accounts: announcing(rows, announced, slack) }))
    expect(await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).toEqual({
      rows,
      complete,
      ...MADE,
    })
    expect(engine.told.join()).toBe(
      complete
        ? ''
        : `${rows} rows came, ${announced} were announced: nothing that may only be missing is created or retired`,
    )
  })

  it('SAFE-02: what its source cannot tell to be all is not complete, for each reason that it gives once, whatever was announced', async () => {
    const accounts: Source = {
      name: 'accounts',
      read: (run: Run) => {
        run.expect(2)
        for (const why of ['the export has no end', 'the export has no end', 'a page is missing']) run.incomplete(why)
        return stream(['a', 'b'])
      },
    }
    const engine = engineOf(configOf({ accounts }))
    expect(await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).toMatchObject({
      rows: 2,
      complete: false,
    })
    expect(engine.told).toEqual([
      'the export has no end: nothing that may only be missing is created or retired',
      'a page is missing: nothing that may only be missing is created or retired',
    ])
  })

  it('SAFE-02: what is computed from an incomplete source is incomplete, over several steps', async () => {
    const accounts = announcing(9, 10)
    const records = sourceOf('records', ['r'], { needs: [accounts] })
    const engine = engineOf(
      configOf({
        accounts,
        records,
        last: sourceOf('last', ['l'], { needs: [records] }),
        other: sourceOf('other', ['o']),
      }),
    )
    const complete: Record<string, boolean> = {}
    for (const name of ['accounts', 'records', 'last', 'other']) {
      complete[name] = (await gather(engine.stage('gather', name), engine, engine.run, engine)).complete
    }
    expect(complete).toEqual({ accounts: false, records: false, last: false, other: true })
  })

  it('SAFE-02: what is computed from complete sources is complete', async () => {
    const [accounts, overrides] = [announcing(10, 10), sourceOf('overrides', ['o'])]
    const engine = engineOf(
      configOf({ accounts, overrides, records: sourceOf('records', ['r'], { needs: [accounts, overrides] }) }),
    )
    const summaries = await Promise.all(
      ['accounts', 'overrides'].map((name) => gather(engine.stage('gather', name), engine, engine.run, engine)),
    )
    summaries.push(await gather(engine.stage('gather', 'records'), engine, engine.run, engine))
    expect(summaries.map(({ complete }) => complete)).toEqual([true, true, true])
  })

  it('passes on the error of a source, and leaves nothing behind', async () => {
    const cause = new ZdsError('HTTP_UNAVAILABLE', 'salesforce: no answer')
    const broken = async function* (): AsyncGenerator<Json> {
      yield 1
      throw cause
    }
    const engine = engineOf(configOf({ accounts: sourceOf('accounts', broken) }))
    await expect(gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)).rejects.toBe(cause)
    expect(readdirSync(engine.files)).toEqual([])
  })
})

describe('what is known of what was gathered', () => {
  it('is what its source asked for, and where it is', async () => {
    const accounts = { ...sourceOf('rows', ['a']), asks: (day: string) => ['Id', day] }
    const engine = engineOf({
      sources: { rows: accounts },
      targets: { global: syncOf({}, { target: targetOf({ records: [held('1', 'A')] }) }) },
    })
    const summaries = await Promise.all(
      ['rows', 'organizations'].map((name) => gather(engine.stage('gather', name), engine, engine.run, engine)),
    )
    expect(summaries.map(({ asked, address }) => [asked, address])).toEqual([
      [['Id', '2026-03-16'], undefined],
      [undefined, 'https://global.example'],
    ])
  })

  it('is taken from an earlier run where that has what is asked for today; what is computed is computed anew', async () => {
    const read: string[] = []
    const reading = (name: string, columns: readonly string[], more: Partial<Processor> = {}): Processor => ({
      ...sourceOf<Desired>(name, () => (read.push(name), stream([wanted(name)])), more),
      asks: () => columns,
    })
    const scene = (columns: readonly string[]): Config => {
      const accounts = reading('accounts', columns)
      return { sources: { accounts }, processors: { made: reading('made', [], { needs: [accounts] }) }, targets: {} }
    }
    const engine = engineOf(scene(['Id']))
    const gathering = async (columns: readonly string[], more: Partial<TestEngine> = {}) => {
      read.length = 0
      const here = { ...engine, ...more, config: scene(columns) }
      for (const stage of stages(here.config))
        if (stage.kind === 'gather') await gather(stage, here, engine.run, engine)
      return [...read]
    }
    expect(await gathering(['Id'])).toEqual(['accounts', 'made'])
    expect(await gathering(['Id'], { from: 'run-1' })).toEqual(['made'])
    await expect(gathering(['Id', 'Owner', 'Name'], { from: 'run-1' })).rejects.toMatchObject({
      code: 'ARTIFACT_MISFIT',
      message: 'gather:accounts was gathered by run-1 without Owner, Name',
      hint: 'The configuration asks for it today: zds plan gathers it.',
    })
    expect(await gathering(['Id', 'Owner'], { from: 'run-1', anew: true })).toEqual(['accounts', 'made'])
  })
})

describe('what a run lends to a source', () => {
  const accounts = sourceOf('accounts', [{ Id: 'A' }, { Id: 'B' }])
  const reading = (needs: readonly Source[]): Source => ({ name: 'reader', needs, read: (run) => run.input(accounts) })

  it('are the rows of what it needs', async () => {
    const engine = engineOf(configOf({ accounts, reader: reading([accounts]) }))
    await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)
    await gather(engine.stage('gather', 'reader'), engine, engine.run, engine)
    expect(await collect(engine.artifacts.read('gather:reader'))).toEqual([{ Id: 'A' }, { Id: 'B' }])
  })

  it('is no source that it did not declare', async () => {
    const engine = engineOf(configOf({ accounts, reader: reading([]) }))
    await gather(engine.stage('gather', 'accounts'), engine, engine.run, engine)
    await expect(gather(engine.stage('gather', 'reader'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'gather:reader reads gather:accounts without needing it',
    })
  })

  it('is nothing before the needed source was gathered', async () => {
    const engine = engineOf(configOf({ accounts, reader: reading([accounts]) }))
    await expect(gather(engine.stage('gather', 'reader'), engine, engine.run, engine)).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
    })
  })

  it('is the time, the signal of the run, and somebody to tell', async () => {
    const curious: Source = {
      name: 'curious',
      read: async function* (run) {
        run.progress('page 1')
        yield { today: run.clock.today, aborted: run.signal.aborted, members: Object.keys(run).toSorted() }
      },
    }
    const engine = engineOf(configOf({ curious }))
    await gather(engine.stage('gather', 'curious'), engine, engine.run, engine)
    expect(await collect(engine.artifacts.read('gather:curious'))).toEqual([
      {
        today: '2026-03-16',
        aborted: false,
        members: ['clock', 'expect', 'incomplete', 'input', 'joined', 'progress', 'signal'],
      },
    ])
    expect(engine.told).toEqual(['page 1'])
  })
})

describe('SAFE-07: preflight', () => {
  it('tells of two instances at one address: each would undo what the other does', async () => {
    const at = (name: string, address: string, resource = 'organizations') =>
      syncOf(
        {},
        {
          target: { ...targetOf({ name, address }), instance: name, resource },
          desired: sourceOf(`${name}-accounts`),
        },
      )
    const there = (address: string, resource?: string): Config => ({
      sources: {},
      targets: { global: at('global', 'https://a.example'), emea: at('emea', address, resource) },
    })
    expect(await preflight(engineOf(there('https://b.example')))).toEqual([])
    expect(await preflight(engineOf(there('https://a.example', 'users')))).toEqual([])
    const unset = { global: at('global', ''), emea: at('emea', '') }
    expect(await preflight(engineOf({ sources: {}, targets: unset }))).toEqual([])
    expect(await preflight(engineOf(there('https://a.example')))).toEqual([
      {
        code: 'CONFIG_INVALID',
        where: 'global and emea',
        message: 'have one address, so each would undo what the other does',
        hint: 'Give each its own address, or make both syncs of one instance.',
      },
    ])
  })

  const issue = (where: string, message = 'does not exist') => ({ code: 'FIELD_UNKNOWN' as const, where, message })
  const checking = (name: string, check: Source['check']): Source => sourceOf(name, [], check && { check })
  const failing = (name: string, error: Error): Source => checking(name, () => Promise.reject(error))

  it('collects the issues of all sources, whether told or thrown', async () => {
    const engine = engineOf(
      configOf({
        a: checking('a', () => Promise.resolve([issue('global: aar'), issue('global: name')])),
        b: failing('b', new ZdsError('CONFIG_INVALID', 'several', { issues: [issue('us-gov: arr')] })),
        c: failing('c', new ZdsError('AUTH_FAILED', 'salesforce refused the login', { hint: 'Check the secret.' })),
        d: sourceOf('d'),
      }),
    )
    const found = await preflight(engine)
    expect(found.map(({ where, message }) => `${where} ${message}`.trim())).toEqual([
      'global: aar does not exist',
      'global: name does not exist',
      'us-gov: arr does not exist',
      expect.stringContaining('salesforce refused the login') as string,
    ])
    expect(found[3]).toStrictEqual({
      code: 'AUTH_FAILED',
      where: '',
      message: 'salesforce refused the login',
      hint: 'Check the secret.',
    })
  })

  it('asks what a sync reads too, and gives no hint where there is none', async () => {
    const refused = new ZdsError('AUTH_FAILED', 'global refused the token')
    const target: Target = { ...targetOf(), check: () => Promise.reject(refused) }
    const engine = engineOf({ sources: {}, targets: { global: syncOf({}, { target }) } })
    expect(await preflight(engine)).toStrictEqual([
      { code: 'AUTH_FAILED', where: '', message: 'global refused the token' },
    ])
  })

  it('tells the same thing about the same place once, and the same thing about two places twice', async () => {
    const missing = (name: string) =>
      new ZdsError('ENV_MISSING', `${name} is not set`, {
        issues: [{ code: 'ENV_MISSING', where: name, message: 'is not set' }],
      })
    const refused = new ZdsError('AUTH_FAILED', 'salesforce refused the login')
    const engine = engineOf(
      configOf({
        a: failing('a', missing('TOKEN')),
        b: failing('b', missing('TOKEN')),
        c: failing('c', missing('OTHER')),
        d: failing('d', refused),
        e: failing('e', refused),
      }),
    )
    const found = await preflight(engine)
    expect(found.map(({ code, where }) => [code, where].join(' ').trim()).slice(0, 2)).toEqual([
      'ENV_MISSING TOKEN',
      'ENV_MISSING OTHER',
    ])
    expect(found).toHaveLength(3)
  })

  it('tells what it waits for, and where', async () => {
    const wait = { service: 'global', ms: 27_000, because: 'limit' } as const
    const told: unknown[] = []
    const slow = checking('slow', (run) => {
      run.progress('global: rate limit, waiting 27 s', wait)
      return Promise.resolve([])
    })
    await preflight(engineOf(configOf({ slow })), {
      progress: ({ id }, message, waited) => void told.push([id, message, waited]),
    })
    expect(told).toEqual([['gather:slow', 'global: rate limit, waiting 27 s', wait]])
  })

  it('lets an error that is no ZdsError through: it is a bug of ours', async () => {
    const bug = new TypeError('x is not a function')
    const engine = engineOf(configOf({ a: failing('a', bug) }))
    await expect(preflight(engine)).rejects.toBe(bug)
  })

  it('tells what the operating system refuses beside all other problems, by the name of its source', async () => {
    const broken = { ...sourceOf('broken'), check: async () => Promise.reject(refused) }
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { syscall: 'connect', errno: -111 })
    const other = { code: 'FIELD_UNKNOWN', where: 'other', message: 'has no column a' }
    const found = await preflight(
      engineOf(configOf({ broken, other: { ...sourceOf('other'), check: async () => [other] } })),
    )
    expect(found).toEqual([{ code: 'SYSTEM', where: 'broken', message: refused.message }, other])
  })

  it('keeps a run from its start with all that is wrong, under the code that all of it has', async () => {
    const missing = (name: string): Source =>
      checking(name, () => Promise.resolve([{ code: 'ENV_MISSING', where: name, message: 'is not set' }]))
    await expect(checkReady(engineOf(configOf({ a: missing('A'), b: missing('B') })))).rejects.toMatchObject({
      code: 'ENV_MISSING',
      message: 'The run cannot start; nothing was changed',
      issues: [{ where: 'A' }, { where: 'B' }],
      hint: expect.stringContaining('--env') as string,
    })
    const unknown = checking('b', () => Promise.resolve([issue('global: aar')]))
    await expect(checkReady(engineOf(configOf({ a: missing('A'), unknown })))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [{ where: 'A' }, { where: 'global: aar' }],
    })
    expect(await checkReady(engineOf(configOf({ a: sourceOf('a') })))).toBeUndefined()
    process.env['ZDS_PLAN_KEY'] = 'short'
    await expect(checkReady(engineOf(configOf({})))).rejects.toMatchObject({ code: 'ENV_INVALID' })
  })

  it('asks of one sync no more than it needs to write', async () => {
    const asked: string[] = []
    const at = (name: string): Sync => {
      const check = async () => (asked.push(name), [])
      const target = { ...targetOf({ name, address: `https://${name}.example` }), check }
      const guards = [{ setting: several(env(`ZDS_TEST_${name}`), () => ({ problem: 'is none', hint: 'None.' })) }]
      return syncOf(
        { guards },
        { target, desired: sourceOf(`${name}-accounts`, [], { check: async () => (asked.push('source'), []) }) },
      )
    }
    const [one, two] = [at('ONE'), at('TWO')]
    process.env['ZDS_TEST_TWO'] = 'x'
    const engine = engineOf({ sources: {}, targets: { one, two } })
    await checkReady(engine, undefined, partsToWrite([one]))
    expect(asked).toEqual(['ONE'])
    await expect(checkReady(engine, undefined, partsToWrite([two]))).rejects.toMatchObject({ code: 'ENV_INVALID' })
    asked.splice(0)
    await expect(checkReady(engine)).rejects.toMatchObject({ code: 'ENV_INVALID' })
    expect(asked.toSorted()).toEqual(['ONE', 'TWO', 'source', 'source'])
  })

  it('ends with the reason of the abort', async () => {
    const engine = engineOf(configOf({ a: failing('a', new ZdsError('HTTP_UNAVAILABLE', 'no answer')) }))
    const reason = new Error('enough')
    engine.abort(reason)
    await expect(preflight(engine)).rejects.toBe(reason)
  })
})
