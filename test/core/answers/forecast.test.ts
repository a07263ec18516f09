import { describe, expect, it, test } from 'vitest'
import type { Desired, Turn } from 'zds'
import type { Said } from '../../../src/core/explained.ts'
import { forecastUntil, type ForecastAsked } from '../../../src/core/answers/forecast.ts'
import { engineOf, gathered } from '../../support/engine.ts'
import { held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const ON = '2026-04-01'
const gone = (key: string): Turn => ({
  on: ON,
  before: wanted(key),
  after: { kind: 'absent', key, reason: 'retention' },
  because: 'it expired long ago',
})

/** The keys of what will be retired of these records. */
async function retiredOf(keys: readonly string[], rules: Parameters<typeof syncOf>[0]): Promise<string[]> {
  const customers = {
    ...sourceOf<Desired>(
      'customers',
      keys.map((key) => wanted(key)),
    ),
    forecast: () => stream(keys.map(gone)),
  }
  const target = targetOf({ records: keys.map((key) => held(`id ${key}`, key, { account_type: key })) })
  const global = syncOf({ owns: (one) => !isPartner(one), ...rules }, { desired: customers, target })
  const engine = await gathered({ sources: { customers }, targets: { global } }, ['customers', 'organizations'])
  const { syncs } = await forecastUntil({ until: ON }, engine, engine.run)
  return syncs.flatMap(({ changes }) =>
    changes.flatMap(({ key, field, to }) => (field === 'mark_for_deletion' && to === true ? [key] : [])),
  )
}

test('AMB-19: an organization of a partner that is a customer again will be retired as a customer’s, since it is one then', async () => {
  expect(await retiredOf(['customer', 'open_partner'], { takesOver: true })).toEqual(['customer', 'open_partner'])
  expect(await retiredOf(['customer', 'open_partner'], {})).toEqual(['customer'])
})

test('CMP-05: what is protected will be retired by no day', async () => {
  const protects = ({ salesforce_id: key }: { salesforce_id: string | null }): boolean => key === 'open_partner'
  expect(await retiredOf(['customer', 'open_partner'], { takesOver: true, protects })).toEqual(['customer'])
})

describe('what time alone will change', () => {
  const turn = (on: string, before: Said, after: Said): Turn => ({ on, before, after, because: `on ${on}` })
  const at = (key: string, level: string) => wanted(key, { name: `${key} Inc`, support_level: level })
  const gone = (key: string, reason = 'retention'): Said => ({ kind: 'absent', key, reason })

  async function forecast(
    turns: readonly Turn[],
    asked: Partial<ForecastAsked> = {},
    rules: Parameters<typeof syncOf>[0] = {},
  ) {
    const records = ['a', 'b', 'c'].map((key) => held(`id ${key}`, key, { support_level: 'gold', aar: 0 }))
    const customers = { ...sourceOf<Desired>('customers', [wanted('a')]), forecast: () => stream(turns) }
    const target = targetOf({ records })
    const quiet = syncOf({}, { target, desired: sourceOf<Desired>('quiet', [wanted('a')]) })
    const global = syncOf(rules, { desired: customers, target })
    const config = { sources: {}, processors: {}, targets: { global, quiet } }
    const engine = await gathered(config, ['customers', 'quiet', 'organizations'])
    return forecastUntil({ until: '2026-12-31', ...asked }, engine, engine.run)
  }
  const because = (on: string) => ({ on, because: `on ${on}` })

  it('is told by sync, each field that changes with its day and why, in the order of days and keys', async () => {
    const turns = [
      turn('2026-05-01', at('b', 'gold'), at('b', 'silver')),
      turn('2026-04-01', at('c', 'gold'), at('c', 'silver')),
      turn('2026-05-01', at('a', 'gold'), gone('a')),
      turn('2026-06-01', at('a', 'gold'), at('a', 'gold')),
    ]
    const level = { field: 'support_level', from: 'gold', to: 'silver' }
    expect(await forecast(turns)).toStrictEqual({
      asOf: '2026-03-16',
      until: '2026-12-31',
      syncs: [
        {
          name: 'global',
          changes: [
            { key: 'c', name: 'c Inc', ...level, ...because('2026-04-01') },
            { key: 'a', name: 'a Inc', field: 'mark_for_deletion', from: false, to: true, ...because('2026-05-01') },
            { key: 'b', name: 'b Inc', ...level, ...because('2026-05-01') },
          ],
        },
        { name: 'quiet', changes: [] },
      ],
    })
  })

  it('may be narrowed to a sync and a field', async () => {
    const turns = [
      turn('2026-05-01', at('a', 'gold'), { ...at('a', 'silver'), fields: { support_level: 'silver', aar: 5 } }),
    ]
    const whole = await forecast(turns, { sync: 'global' })
    expect(whole.syncs[0]?.changes.map(({ field }) => field)).toEqual(['support_level', 'aar'])
    const { syncs } = await forecast(turns, { sync: 'global', field: 'aar' })
    expect(syncs).toMatchObject([{ name: 'global', changes: [{ field: 'aar', from: null, to: 5 }] }])
    expect(syncs[0]?.changes).toHaveLength(1)
  })

  it('where there is no sync is nothing', async () => {
    const engine = engineOf({ sources: {}, targets: {} })
    expect((await forecastUntil({ until: ON }, engine, engine.run)).syncs).toEqual([])
  })

  it.each(['2026-03-16', '2026-03-15'])('up to %s, which is not after the day of the run, is a slip', async (until) => {
    await expect(forecast([], { until })).rejects.toMatchObject({
      code: 'USAGE',
      message: `${until} is not after 2026-03-16, the day to start from`,
      hint: 'Give --until a later day.',
    })
  })

  it.each<[string, readonly Turn[], Parameters<typeof syncOf>[0], readonly string[]]>([
    [
      'who is new appears with all fields that are not empty',
      [turn('2026-04-01', gone('new'), { ...at('new', 'gold'), fields: { support_level: 'gold', aar: null } })],
      {},
      ['new support_level null gold'],
    ],
    ['who is held and has no record does not appear', [turn('2026-04-01', gone('new'), at('new', 'expired'))], {}, []],
    [
      'who is held and has one does',
      [turn('2026-04-01', at('a', 'gold'), at('a', 'expired'))],
      {},
      ['a support_level gold expired'],
    ],
    [
      'who was desired already has a record by then',
      [turn('2026-04-01', at('new', 'gold'), at('new', 'expired'))],
      {},
      ['new support_level gold expired'],
    ],
    ['who has none is not retired', [turn('2026-04-01', gone('new'), gone('new'))], {}, []],
    [
      'who was desired is, though there is no record yet',
      [turn('2026-04-01', at('new', 'gold'), gone('new'))],
      {},
      ['new mark_for_deletion false true'],
    ],
    ['a skip changes nothing', [turn('2026-04-01', at('a', 'gold'), { kind: 'skip', key: 'a', reason: 'x' })], {}, []],
    [
      'a reason that does not retire changes nothing',
      [turn('2026-04-01', at('a', 'gold'), gone('a', 'other'))],
      { retireFor: ['retention'] },
      [],
    ],
    [
      'a reason that retires from then on retires who is there',
      [turn('2026-04-01', gone('a', 'other'), gone('a'))],
      { retireFor: ['retention'] },
      ['a mark_for_deletion false true'],
    ],
    [
      'what is removed rather than marked has no field that changes',
      [turn('2026-04-01', at('a', 'gold'), gone('a'))],
      { retire: 'remove' },
      [],
    ],
    [
      'one of those that do retires',
      [turn('2026-04-01', at('a', 'gold'), gone('a'))],
      { retireFor: ['retention'] },
      ['a mark_for_deletion false true'],
    ],
  ])('%s', async (_what, turns, rules, said) => {
    const { syncs } = await forecast(turns, { sync: 'global' }, rules)
    const changes = syncs.flatMap((sync) => sync.changes)
    expect(
      changes.map(({ key, field, from, to }) =>
        [key, field, JSON.stringify(from), JSON.stringify(to)].join(' ').replaceAll('"', ''),
      ),
    ).toEqual(said)
  })
})
