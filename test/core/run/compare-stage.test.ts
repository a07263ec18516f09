import { describe, expect, it } from 'vitest'
import type { Change, Config, Desired, Existing, Source, Sync, Target } from 'zds'
import { compareStage } from '../../../src/core/run/compare-stage.ts'
import { gathered } from '../../support/engine.ts'
import { absent, held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const SOURCES = ['customers', 'partners', 'nobody', 'organizations']

type Scene = {
  readonly customers?: Source<Desired>
  readonly partners?: Source<Desired>
  readonly existing: readonly Existing[]
  readonly rules?: Parameters<typeof syncOf>[0]
  readonly rivals?: (parts: Parameters<typeof syncOf>[1], nobody: Source<Desired>) => Config['hooks']
}

/** Compares the sync of customers of an instance that holds partners too. */
async function customersOf(scene: Scene) {
  const {
    customers = sourceOf<Desired>('customers', [wanted('C')]),
    partners = sourceOf<Desired>('partners', [wanted('P')]),
  } = scene
  const target = targetOf({ records: scene.existing })
  const global = syncOf({ yields: partners, ...scene.rules }, { desired: customers, target })
  const nobody = sourceOf<Desired>('nobody', [], { mayBeEmpty: true })
  const hooks = scene.rivals?.({ desired: partners, target }, nobody)
  const engine = await gathered(
    { sources: { customers, partners, nobody }, targets: { global }, ...(hooks && { hooks }) },
    SOURCES,
  )
  const plan = await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
  return { ...plan, whole: (await engine.artifacts.summary('compare:global')).complete }
}

const short = (name: string, rows: readonly Desired[]): Source<Desired> => ({
  name,
  read: (run) => {
    run.expect(rows.length + 1)
    return stream(rows)
  },
})

const shown = ({
  changes,
  skipped,
}: {
  changes: Iterable<Change>
  skipped: readonly { key: string; reason: string }[]
}): string[] => [
  ...[...changes].map(({ op, key }) => `${op} ${key}`),
  ...skipped.map(({ key, reason }) => `${reason} ${key}`),
]

describe('a comparison of rows that were gathered', () => {
  it('finds records of the target by their key, in whatever order it lists them', async () => {
    const customers = sourceOf<Desired>('customers', [wanted('B', { aar: 1 }), wanted('A', { aar: 1 })])
    const existing = [held('3', 'Z'), held('2', 'B'), held('0', null), held('1', 'A')]
    expect(shown(await customersOf({ customers, existing }))).toEqual(['update A', 'update B', 'retire Z', 'no-key '])
  })

  it('SAFE-02: is whole when both sides are, and retires', async () => {
    const plan = await customersOf({ existing: [held('1', 'C'), held('2', 'X')] })
    expect([shown(plan), plan.whole]).toEqual([['retire X'], true])
  })

  it.each(['customers', 'partners'])('SAFE-02: retires nobody where the %s were not all read', async (name) => {
    const plan = await customersOf({ [name]: short(name, [wanted('C')]), existing: [held('1', 'Q'), held('2', 'X')] })
    expect(shown(plan).filter((one) => one.endsWith('X'))).toEqual(['incomplete-listing X'])
    expect(plan.whole).toBe(false)
  })

  it('AMB-19, SAFE-10: yields what another sync desires or leaves as it is, not what it only misses', async () => {
    const partners = sourceOf<Desired>('partners', [
      wanted('P'),
      absent('X', 'type-changed'),
      { kind: 'skip', key: 'Y', reason: 'id-case-lost' },
    ])
    expect(
      shown(
        await customersOf({ partners, existing: [held('1', 'C'), held('2', 'P'), held('3', 'X'), held('4', 'Y')] }),
      ),
    ).toEqual(['retire X', 'not-owned P', 'not-owned Y'])
  })

  it('has no name to hold where no field must be unique', async () => {
    const { unique: _, ...rules } = syncOf().rules
    const customers = sourceOf<Desired>('customers', [wanted('A', { name: 'Acme' }), wanted('B', { name: 'Acme' })])
    const target = targetOf({ records: [held('9', 'A', { name: 'Old' })] })
    const global: Sync = { ...syncOf({}, { desired: customers, target }), rules }
    const engine = await gathered({ sources: { customers }, targets: { global } }, ['customers', 'organizations'])
    expect(shown(await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine))).toEqual([
      'create B',
      'update A',
    ])
  })
})

describe('AMB-16: a record without a key', () => {
  const keyless = held('7', null, { account_type: 'open_partner' })
  const rules = { owns: (fields: Parameters<typeof isPartner>[0]) => !isPartner(fields) }

  it('is told by the sync that owns it', async () => {
    expect(shown(await customersOf({ existing: [held('1', 'C'), held('8', null)], rules }))).toEqual(['no-key '])
  })

  it('is left to another sync that owns it, whoever else writes to the target', async () => {
    const rivals: Scene['rivals'] = (parts, nobody) => ({
      nobodys: syncOf({ owns: () => false }, { ...parts, desired: nobody }),
      partners: syncOf({ owns: isPartner }, parts),
    })
    expect(shown(await customersOf({ existing: [held('1', 'C'), keyless], rules, rivals }))).toEqual([])
  })

  it('is left to another sync that owns everything', async () => {
    expect(
      shown(
        await customersOf({
          existing: [held('1', 'C'), keyless],
          rules,
          rivals: (parts) => ({ partners: syncOf({}, parts) }),
        }),
      ),
    ).toEqual([])
  })

  it('is told where nobody owns it', async () => {
    const rivals: Scene['rivals'] = (parts) => ({ nobodys: syncOf({ owns: () => false }, parts) })
    expect(shown(await customersOf({ existing: [held('1', 'C'), keyless], rules, rivals }))).toEqual(['no-key '])
  })
})

describe('SYN-03: the last word of the target', () => {
  it('is not asked for where nothing is to be done', async () => {
    const customers = sourceOf<Desired>('customers', [wanted('C')])
    const target = {
      ...targetOf({ records: [held('1', 'C')] }),
      prepare: () => {
        throw new Error('asked')
      },
    }
    const engine = await gathered(
      { sources: { customers }, targets: { global: syncOf({}, { desired: customers, target }) } },
      ['customers', 'organizations'],
    )
    expect((await compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)).changes).toEqual([])
  })

  it('SAFE-13: says what an empty source would retire, where it may be empty and all of it was read', async () => {
    const held9 = [held('9', 'E')]
    const rows: readonly Desired[] = [{ kind: 'notice', key: 'E', code: 'odd', message: 'E is odd' }]
    const retired = async (customers: Source<Desired>) => {
      const { skipped } = await customersOf({ customers, existing: held9 })
      return skipped.map(({ reason, change }) => [reason, change?.op])
    }
    expect(await retired(sourceOf('customers', rows, { mayBeEmpty: true }))).toEqual([['incomplete-listing', 'retire']])
    expect(await retired(short('customers', rows))).toEqual([['incomplete-listing', undefined]])
    expect(await retired(short('customers', [wanted('C')]))).toEqual([['incomplete-listing', undefined]])
  })

  const asking = (prepare: NonNullable<Target['prepare']>, ops?: Target['ops']) => {
    const customers = sourceOf<Desired>('customers', [wanted('C'), wanted('D'), wanted('E')])
    const target = { ...targetOf({ records: [held('9', 'E')], ...(ops && { ops }) }), prepare }
    const config = { sources: { customers }, targets: { global: syncOf({}, { desired: customers, target }) } }
    return gathered(config, ['customers', 'organizations'])
  }
  const prepared = async (...of: Parameters<typeof asking>) => {
    const engine = await asking(...of)
    return compareStage(engine.stage('compare', 'global'), engine, engine.run, engine)
  }

  it('is in the plan with what it says of a change, also where it may not be asked again', async () => {
    const notices = [{ code: 'external-id-left', key: 'D', message: 'another record has it' }]
    const engine = await asking(async (changes) => ({ changes, skipped: [], notices }))
    const stage = engine.stage('compare', 'global')
    const plan = await compareStage(stage, engine, engine.run, engine)
    expect(plan.notices).toEqual(notices)
    const again = await compareStage(stage, { ...engine, from: engine.run }, engine.run, engine)
    expect({ ...again, changes: [...again.changes] }).toEqual({ ...plan, changes: [...plan.changes] })
  })

  it('is noticed where it drops a change or makes another one of it', async () => {
    const broken = { code: 'TARGET_INVALID', message: expect.stringContaining('global organizations') as string }
    const dropping = prepared(async (changes) => ({ changes: [...changes].slice(1), skipped: [] }))
    await expect(dropping).rejects.toMatchObject(broken)
    const turning = prepared(async (changes) => ({
      changes: [...changes].map((change) => ({ ...change, op: 'update' as const, id: '1' })),
      skipped: [],
    }))
    await expect(turning).rejects.toMatchObject(broken)
  })

  it('is not asked about what it cannot do: that is skipped', async () => {
    const plan = await prepared(async (changes) => ({ changes, skipped: [] }), ['update', 'retire'])
    expect(shown(plan)).toEqual(['not-possible C', 'not-possible D'])
  })
})
