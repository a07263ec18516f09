import { describe, expect, it } from 'vitest'
import { collect, type Change, type Config, type Desired, type Json, type Source, type Target } from 'zds'
import { gather, preflight } from '../../../src/core/run/gather.ts'
import { compareStage } from '../../../src/core/run/compare-stage.ts'
import { apply } from '../../../src/core/apply/apply.ts'
import { testRun } from 'zds/testing'
import { create, planOf, untouched, update } from '../../support/applying.ts'
import { engineOf, gathered } from '../../support/engine.ts'
import { done, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

/** What a plugin in plain JavaScript may give, since no compiler looks. */
const nonsense = (value: unknown) => value as never

async function gathering(config: Config, name: string): Promise<unknown> {
  const engine = engineOf(config)
  return gather(engine.stage('gather', name), engine, engine.run, engine).catch((error: unknown) => error)
}

const invalid = (code: string, message: string) => ({
  code,
  message,
  hint: expect.stringContaining('hold it against the laws of a') as string,
})

describe('a plugin in plain JavaScript that gives what is none is named, with its stage and what was due', () => {
  it.each([
    [undefined, 'gives undefined'],
    [7, 'gives a number'],
    ['rows', 'gives a string'],
    [Promise.resolve([{ id: 1 }]), 'gives a promise'],
    [{ rows: [] }, 'gives an object with rows'],
  ])('a source whose rows are %o', async (rows, what) => {
    const people: Source = { name: 'crm-people', read: () => nonsense(rows) }
    expect(await gathering({ sources: { people }, targets: {} }, 'people')).toMatchObject(
      invalid('SOURCE_INVALID', `gather:people: crm-people ${what}, and has to give rows as an async generator does`),
    )
  })

  it('a source that yields what JSON has no word for', async () => {
    const people = sourceOf<Json>('crm-people', ['a', nonsense(undefined)])
    expect(await gathering({ sources: { people }, targets: {} }, 'people')).toMatchObject(
      invalid(
        'SOURCE_INVALID',
        'gather:people: crm-people yields undefined as number 2, and has to yield what JSON can say',
      ),
    )
  })

  it.each([
    [5, 'a number'],
    [{ key: 'A', fields: {} }, 'an object with key, fields'],
    [{ kind: 'recrod', key: 'A', fields: {} }, 'an object with kind, key, fields'],
    [{ kind: 'record', key: 7, fields: {} }, 'an object with kind, key, fields'],
    [{ kind: 'record', key: 'A', fields: [] }, 'an object with kind, key, fields'],
    [{ kind: 'absent', key: 'A' }, 'an object with kind, key'],
    [{ kind: 'notice', key: 'A', code: 'x' }, 'an object with kind, key, code'],
  ])('a processor that yields %j', async (row, what) => {
    const customers = sourceOf<Desired>('customers', [nonsense(row)])
    const global = syncOf({}, { desired: customers, target: targetOf() })
    expect(await gathering({ sources: { customers }, targets: { global } }, 'customers')).toMatchObject(
      invalid(
        'SOURCE_INVALID',
        `gather:customers: customers yields ${what} as number 1, and has to yield { kind: record, key, fields }, { kind: absent or skip, key, reason } or { kind: notice, key, code, message }`,
      ),
    )
  })

  it.each([[{ id: 1, fields: {} }], [{ id: '1' }], [{ ID: '1', name: 'Acme' }]])(
    'a target that reads %j: its names are told, and no value',
    async (row) => {
      const target = targetOf({ records: [nonsense(row)] })
      const config = { sources: {}, targets: { global: syncOf({}, { target }) } }
      const engine = engineOf(config)
      const { name } = engine.stage('gather', 'organizations')
      expect(await gathering(config, name)).toMatchObject(
        invalid(
          'SOURCE_INVALID',
          `gather:organizations: organizations yields an object with ${Object.keys(row).join(', ')} as number 1, and has to yield a record, { id, fields }`,
        ),
      )
    },
  )

  it('a check that gives no list is a problem beside the others', async () => {
    const people: Source = { ...sourceOf('crm-people'), check: () => nonsense(Promise.resolve(true)) }
    expect(await preflight(engineOf({ sources: { people }, targets: {} }))).toMatchObject([
      { code: 'SOURCE_INVALID', message: 'gather:people: crm-people checks with a boolean, and has to with a list' },
    ])
  })

  it('a target that prepares with nothing', async () => {
    const prepare = () => nonsense(undefined)
    const target = { ...targetOf({ records: [held('1', 'A')] }), prepare }
    const customers = sourceOf<Desired>('customers', [wanted('B')])
    const global = syncOf({}, { desired: customers, target })
    const engine = await gathered({ sources: { customers }, targets: { global } }, ['customers', 'organizations'])
    await expect(compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)).rejects.toMatchObject(
      invalid(
        'TARGET_INVALID',
        'The target of global organizations prepares with undefined, and has to with { changes, skipped }',
      ),
    )
  })

  const attempt = { record: async () => undefined, created: () => undefined, known: new Map() }
  const applying = (target: Target, ...changes: Change[]): Promise<unknown> =>
    collect(apply(planOf(...changes), { target, readBack: 0 }, attempt, testRun())).catch((error: unknown) => error)

  it.each([
    ['apply: () => undefined', { apply: () => undefined }, 'applies: it gives undefined'],
    ['apply without a status', { apply: () => stream([{ key: 'A' }]) }, 'applies: it yields an object with key'],
    ['apply with a word of its own', { apply: () => stream([{ key: 'A', status: 'ok' }]) }, 'applies: it yields'],
    ['send that resolves with nothing', { write: { batch: 1, parallel: 1, send: async () => undefined } }, 'sends: it'],
  ])('a target: %s', async (_what, parts, words) => {
    const target = nonsense({ ...untouched(), apply: undefined, ...parts })
    const whole = nonsense(Object.fromEntries(Object.entries(target).filter(([, part]) => part !== undefined)))
    expect(await applying(whole, create('A'))).toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining(`The target of global organizations ${words}`) as string,
    })
  })

  it('a target that leaves a change out of an answer, and settles it with a word of its own', async () => {
    const parts = Object.entries(untouched()).filter(([name]) => name !== 'apply')
    const write = { batch: 1, parallel: 1, send: async () => [] }
    const settle = () => stream([{ key: 'A', status: 'ok' }])
    expect(await applying(nonsense({ ...Object.fromEntries(parts), write, settle }), create('A'))).toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining('settles: it yields an object with key, status') as string,
    })
  })

  it('a target that refetches, or settles, with something else', async () => {
    const apply = () => stream([{ status: 'sending', keys: ['A'] } as const])
    const list = nonsense(Promise.resolve([held('1', 'A')]))
    const refetching = targetOf({
      refetch: () => list,
      staleness: 'batch',
      apply: async function* (changes, run) {
        await run.fresh(changes)
        yield* Array.from(changes, done)
      },
    })
    expect(await applying(refetching, update('A'))).toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining('refetches: it gives a promise') as string,
    })
    const settling = untouched({ apply, settle: () => nonsense(stream([{ key: 'A' }])) })
    expect(await applying(settling, create('A'))).toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining('settles: it yields an object with key') as string,
    })
  })
})
