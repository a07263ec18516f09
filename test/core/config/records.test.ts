import { describe, expect, it } from 'vitest'
import { planSource } from '../../../src/core/config/plan-source.ts'
import { syncParts } from '../../../src/core/plan/parts.ts'
import {
  always,
  checkbox,
  collect,
  dropdown,
  fact,
  keysAfter,
  records,
  text,
  unmatchedKeys,
  ZdsError,
  type JsonObject,
} from 'zds'
import { compared, held, isPartner, sourceOf, syncOf, targetOf, wanted } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

const rows = sourceOf<JsonObject>('partner-rows')
const elsewhere = {
  rows: sourceOf<JsonObject>('former-partners'),
  reason: 'type-changed',
  means: 'is no partner any more',
} as const
const thrown = (error: Error): never => {
  throw error
}
/** A derivation that forgets a case, as one without a compiler could. */
const covers = ((left: unknown) => (left === 'x' ? true : undefined)) as () => boolean

const fields = {
  salesforce_id: text('Id'),
  owner: text('Owner__c'),
  level: text(fact('level')),
  migrating: checkbox(),
  mark: checkbox([], always(false)),
}

describe('records made by a field table alone', () => {
  it('refuse options of another name, as a user without a compiler could write them', () => {
    const { reason: _, ...named } = elsewhere
    const wrong = { name: 'partners', rows, key: 'Id', fields, elsewhere: { ...named, reson: 'x' }, maybeEmpty: true }
    expect(() => records(wrong as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^records /) as string,
        issues: [
          expect.objectContaining({ hint: 'Did you mean "mayBeEmpty"?' }),
          expect.objectContaining({ message: 'lacks "reason"' }),
          expect.objectContaining({ hint: 'Did you mean "reason"?' }),
        ] as unknown,
      }) as Error,
    )
  })

  it('refuse rows that do not ask for a column of the table: it would be emptied everywhere (SAFE-07)', () => {
    const asking = sourceOf<JsonObject>('partner-rows', [], { asks: () => ['Account', 'Id', 'Name'] })
    expect(() => records({ name: 'partners', rows: asking, key: 'Id', fields })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'partners reads what partner-rows does not ask for',
        issues: [
          {
            code: 'CONFIG_INVALID',
            where: 'partner-rows',
            message: 'does not ask for Owner__c',
            hint: 'Add to partner-rows what partners reads: its field table to columnsOf, others to columns or children.',
          },
        ] as unknown,
      }) as Error,
    )
  })

  it.each<[string, () => readonly string[]]>([
    ['all of them', () => ['Id', 'Owner__c', 'Name']],
    ['in other words than columns', () => ['GET /partners']],
    ['by a setting that cannot be used: that is told before a run', () => thrown(new ZdsError('ENV_INVALID', 'no'))],
  ])('take rows whose source says what it asks for: %s', (_, asks) => {
    const asking = sourceOf<JsonObject>('partner-rows', [], { asks })
    expect(() => records({ name: 'partners', rows: asking, key: 'Id', fields })).not.toThrow()
  })

  it('do not hide what else goes wrong there', () => {
    for (const error of [new ZdsError('USAGE', 'no'), Object.assign(new Error('no'), { code: 'ENV_INVALID' })]) {
      const asking = sourceOf<JsonObject>('partner-rows', [], { asks: () => thrown(error) })
      expect(() => records({ name: 'partners', rows: asking, key: 'Id', fields })).toThrow(error)
    }
  })

  it('say which words their fields can be, and whose row a derivation does not cover', async () => {
    const made = records({
      name: 'partners',
      rows,
      key: ['Id', 'Region'],
      fields: { level: dropdown([], always('gold')), owner: text('Owner__c'), left: checkbox('Left', covers) },
    })
    expect(await made.values?.(testRun({}))).toEqual({ level: ['gold'] })
    const read = (row: JsonObject) => collect(made.read(testRun({ 'partner-rows': [row] })))
    await expect(read({ Id: 'A', Region: 'EU' })).rejects.toThrow(
      'partners: A/EU: left: its derivation returns nothing',
    )
    await expect(read({ Id: 'A' })).rejects.toThrow('partners: a row has no Id or no Region')
  })

  it('explain a key by its row, and by that of elsewhere', async () => {
    const run = testRun({ 'partner-rows': [{ Id: 'A' }, { Id: 'B' }], 'former-partners': [{ Id: 'C' }] })
    const explain = async (asked: string, more = {}): Promise<unknown> =>
      records({ name: 'partners', rows, key: 'Id', fields, ...more }).explain?.(asked, run)
    const read = { salesforce_id: 'Id', owner: 'Owner__c', mark: 'the configuration' }
    const said = Object.fromEntries(Object.entries(read).map(([field, from]) => [field, { from, rules: [] }]))
    expect(await explain('B')).toEqual([
      { key: 'B', rows: [{ source: 'partner-rows', row: { Id: 'B' } }], fields: said },
    ])
    expect(await explain('C', { elsewhere })).toEqual([
      { key: 'C', rows: [{ source: 'former-partners', row: { Id: 'C' } }], fields: {} },
    ])
    expect(await explain('C')).toEqual([])
  })

  it('PART-06: have the fields that read columns, and no others (AMB-13)', async () => {
    const made = records({ name: 'partners', rows, key: 'Id', fields })
    const read = await collect(
      made.read(testRun({ 'partner-rows': [{ Id: 'A', Owner__c: 'Ada', Secret__c: 'x' }, { Id: 'B' }] })),
    )
    expect(read).toEqual([
      { kind: 'record', key: 'A', fields: { salesforce_id: 'A', owner: 'Ada', mark: false } },
      { kind: 'record', key: 'B', fields: { salesforce_id: 'B', owner: null, mark: false } },
    ])
  })

  it('AMB-17: explain by the rows of elsewhere why a key has none', async () => {
    const made = records({ name: 'partners', rows, key: 'Id', fields, elsewhere })
    const read = await collect(
      made.read(testRun({ 'partner-rows': [{ Id: 'A' }], 'former-partners': [{ Id: 'A' }, { Id: 'B' }] })),
    )
    expect(read.map(({ kind, key }) => [kind, key])).toEqual([
      ['record', 'A'],
      ['absent', 'B'],
    ])
    expect(read[1]).toMatchObject({ reason: 'type-changed' })
    expect(made.words).toEqual({ 'type-changed': 'is no partner any more' })
  })

  it('need the sources that they read', () => {
    expect(records({ name: 'p', rows, key: 'Id', fields, elsewhere })).toMatchObject({
      needs: [rows, elsewhere.rows],
      mayBeEmpty: false,
    })
    expect(records({ name: 'p', rows, key: 'Id', fields, mayBeEmpty: true })).toMatchObject({
      needs: [rows],
      mayBeEmpty: true,
    })
  })

  it.each([{}, { Id: '' }, { Id: null }, { Id: true }])('a row without a key is refused, not lost: %j', async (row) => {
    const made = records({ name: 'partners', rows, key: 'Id', fields })
    await expect(collect(made.read(testRun({ 'partner-rows': [row] })))).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: 'partners: a row has no Id',
      hint: expect.stringContaining('query of its source') as string,
    })
  })
})

describe('the keys that nobody has a row for', () => {
  const target = targetOf()
  const run = testRun({
    organizations: [
      held('1', 'A'),
      held('2', 'B'),
      held('3', 'C', { account_type: 'open_partner' }),
      held('4', null),
      held('5', 'B'),
    ],
    'partner-rows': [{ Id: 'A' }],
  })

  it('AMB-17: are those of the target without those of the rows, and without records that have none', async () => {
    const keys = unmatchedKeys({ target, field: 'salesforce_id', rows, column: 'Id' })
    expect(keys.needs).toEqual([target, rows])
    expect(new Set(await collect(keys.read(run)))).toEqual(new Set(['B', 'C']))
  })

  it('leave out the records that nobody asks about', async () => {
    const keys = unmatchedKeys({ target, field: 'salesforce_id', rows, column: 'Id', of: isPartner })
    expect(await collect(keys.read(run))).toEqual(['C'])
  })
})

it('the plan of a sync is handed out by the engine, and read from nowhere else', async () => {
  await expect(collect(planSource(syncOf()).read(testRun({})))).rejects.toThrow('made by its compare stage')
})

describe('the keys that a target will hold once its sync is applied (SAFE-08)', () => {
  it('are those that are there, marked ones included, and those that the plan creates', async () => {
    const target = targetOf()
    const existing = [held('1', 'A'), held('2', 'B', { mark_for_deletion: true }), held('3', null)]
    const plan = await compared({
      desired: [wanted('A', { aar: 1 }), wanted('N')],
      existing: [held('1', 'A'), held('4', 'Z')],
    })
    const keys = keysAfter(syncOf({}, { target }))
    expect(keys.needs.map(({ name }) => name)).toEqual(['organizations', 'plan'])
    expect(await collect(keys.read(testRun({ organizations: existing, plan: [...syncParts(plan)] })))).toEqual([
      'A',
      'B',
      'N',
    ])
  })

  it('and those that are not created as another record has their name, or what else is theirs alone (AMB-20, SAFE-05)', async () => {
    const keys = keysAfter(syncOf({}, { target: targetOf({ words: { 'id-taken': 'Another one has its id' } }) }))
    const skipped = [
      { key: 'T', id: '9', reason: 'id-taken' },
      { key: 'H', reason: 'name-taken', heldBy: { key: '', id: '8', name: 'H' } },
      { key: 'E', reason: 'expired-not-created' },
    ]
    const plan = syncParts({ ...(await compared({ desired: [wanted('N')] })), skipped })
    expect(await collect(keys.read(testRun({ organizations: [], plan: [...plan] })))).toEqual(['T', 'H', 'N'])
  })
})
