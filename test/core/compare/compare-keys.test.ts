import { describe, expect, it } from 'vitest'
import {
  date,
  integer,
  keyOf,
  lowerCase,
  reference,
  sync,
  text,
  type Desired,
  type Existing,
  type Fold,
  type Json,
  type Sync,
  type SyncPlan,
} from 'zds'
import { salesforceIdOf } from 'zds/salesforce-source'
import { applied, compared, held, sourceOf, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const seats = { id: integer(), owner: reference(), since: date(), name: text() }

/** A sync of seats under a key of one of them. */
const seatSync = (key: 'id' | 'owner' | 'since' | readonly ('id' | 'owner')[], fold?: Fold): Sync =>
  sync({
    fields: seats,
    desired: sourceOf<Desired>('seats'),
    target: targetOf({ types: seats }),
    rules: { key, retire: { name: 'gone' }, ...(fold && { fold }) },
  })

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const ops = ({ changes }: SyncPlan): string[] => [...changes].map(({ op, key }) => `${op} ${key}`)

describe('a key that is no text', () => {
  it.each<[string, Sync, (n: number) => { readonly key: string; readonly fields: { readonly [field: string]: Json } }]>(
    [
      ['a number', seatSync('id'), (n) => ({ key: keyOf(n), fields: { id: n } })],
      ['an id', seatSync('owner'), (n) => ({ key: `000${n}`, fields: { owner: `000${n}` } })],
      ['a date', seatSync('since'), (n) => ({ key: `2026-01-${10 + n}`, fields: { since: `2026-01-${10 + n}` } })],
      ['several', seatSync(['owner', 'id']), (n) => ({ key: keyOf('a/b', n), fields: { owner: 'a/b', id: n } })],
    ],
  )('%s: three applies of 20 rows leave 20 records', async (_what, seat, row) => {
    const desired = many(20, (n): Desired => {
      const { key, fields } = row(n)
      return { kind: 'record', key, fields: { ...fields, name: `Seat ${n}` } }
    })
    let existing: Existing[] = []
    const counts: number[] = []
    for (let time = 0; time < 3; time += 1) {
      existing = applied(existing, await compared({ desired, existing }, seat))
      counts.push(existing.length)
    }
    expect(counts).toEqual([20, 20, 20])
    expect((await compared({ desired, existing }, seat)).changes).toEqual([])
  })
})

describe('a system that tells no upper case from lower case', () => {
  const folding = syncOf({ fold: lowerCase })

  it('gets neither a create nor a retire of a record that it has spelt otherwise', async () => {
    const plan = await compared(
      { desired: [wanted('Acme-1', { aar: 1 })], existing: [held('1', 'acme-1', { aar: 1 })] },
      folding,
    )
    expect(plan).toMatchObject({ changes: [], skipped: [], existing: 1, desired: 1 })
    const exact = await compared({ desired: [wanted('Acme-1')], existing: [held('1', 'acme-1')] })
    expect(ops(exact)).toEqual(['create Acme-1', 'retire acme-1'])
  })

  it('the spelling is written when the record is updated anyway', async () => {
    const plan = await compared(
      { desired: [wanted('Acme-1', { aar: 2 })], existing: [held('1', 'acme-1', { aar: 1 })] },
      folding,
    )
    expect(plan.changes).toMatchObject([
      {
        op: 'update',
        key: 'acme-1',
        fields: { aar: { from: 1, to: 2 }, salesforce_id: { from: 'acme-1', to: 'Acme-1' } },
      },
    ])
  })

  it('the spelling is left where the key is a field that is only adopted (SAFE-05)', async () => {
    const plan = await compared(
      { desired: [wanted('Acme-1', { aar: 2 })], existing: [held('1', 'acme-1', { aar: 1 })] },
      syncOf({ fold: lowerCase, adopt: ['salesforce_id'] }),
    )
    expect([...plan.changes].map(({ fields }) => Object.keys(fields))).toEqual([['aar']])
  })

  it('two desired records of one folded key are in doubt, and so are two existing ones', async () => {
    const twice = await compared({ desired: [wanted('A'), wanted('a')], existing: [] }, folding)
    expect(twice.skipped.map(({ key, reason }) => [key, reason])).toEqual([
      ['a', 'duplicate-key'],
      ['a', 'duplicate-key'],
    ])
    const held2 = await compared({ desired: [wanted('a')], existing: [held('1', 'A'), held('2', 'a')] }, folding)
    expect(held2.skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'duplicate-key'],
      ['2', 'duplicate-key'],
    ])
  })

  it('what is absent, skipped, wanted by another sync, or named by somebody else is found under any spelling', async () => {
    const desired: Desired[] = [
      { kind: 'absent', key: 'LEFT', reason: 'retention' },
      { kind: 'notice', key: 'TOLD', code: 'unknown-charge', message: 'Gold is of no plan' },
      { kind: 'skip', key: 'KEPT', reason: 'protected' },
      wanted('NEW', { name: 'Acme' }),
      wanted('TAKES', { name: 'acme' }),
    ]
    const existing = [held('1', 'left'), held('2', 'kept'), held('3', 'theirs')]
    const plan = await compared({ desired, existing, yielded: ['theirs'] }, folding)
    expect(plan.changes).toMatchObject([{ op: 'retire', key: 'left', reason: 'retention' }])
    expect(plan.notices.map(({ key }) => key)).toEqual(['TOLD'])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([
      ['kept', 'protected'],
      ['new', 'name-taken'],
      ['takes', 'name-taken'],
      ['theirs', 'not-owned'],
    ])
  })
})

it('SYN-11: a desired record that does not name its key leaves the key of its record as it is', async () => {
  const desired: Desired[] = [{ kind: 'record', key: 'A', fields: { aar: 2 } }]
  const plan = await compared({ desired, existing: [held('1', 'A', { aar: 1 })] })
  expect([...plan.changes].map(({ fields }) => fields)).toEqual([{ aar: { from: 1, to: 2 } }])
})

describe('SAFE-10: keys that are Salesforce ids', () => {
  const ids = syncOf({ fold: salesforceIdOf })
  const A = '001PL000000001mYAA'

  it.each([A.slice(0, 15), A.toLowerCase(), A.toUpperCase(), ` ${A}`, `${A.slice(0, 15)} `])(
    '%j is the id of its account: not retired, nothing to do',
    async (spelt) => {
      const fields = { name: 'Acme', aar: 1 }
      const plan = await compared({ desired: [wanted(A, fields)], existing: [held('1', spelt, fields)] }, ids)
      expect(plan).toMatchObject({ changes: [], skipped: [] })
    },
  )

  it('what is no id is a skip of its own, never gone, and its key is shown', async () => {
    const existing = [held('1', 'Acme GmbH', { name: 'Acme' }), held('2', null), held('3', '001PL000000009zYAA')]
    const plan = await compared({ existing }, ids)
    expect(ops(plan)).toEqual(['retire 001PL000000009zYAA'])
    expect(plan.skipped).toEqual([
      { key: 'Acme GmbH', reason: 'key-invalid', id: '1', name: 'Acme' },
      { key: '', reason: 'no-key', id: '2' },
    ])
    expect(plan.words).toMatchObject({ 'key-invalid': expect.stringContaining('its key can be none') as string })
  })

  it('a desired record with a key that can be none is skipped, with its name', async () => {
    expect((await compared({ desired: [wanted('Acme GmbH', { name: 'Acme' })] }, ids)).skipped).toEqual([
      { key: 'Acme GmbH', reason: 'key-invalid', name: 'Acme' },
    ])
  })
})

describe('a target whose records have no key', () => {
  const existing = (count: number, without: number, more = {}): Existing[] =>
    many(count, (n) => held(String(n), n < without ? null : `K${n}`, more))

  const desired = (count: number): Desired[] => many(count, (n) => wanted(`K${n}`, { name: `Name ${n}` }))

  it('is refused where they are more than half, from ten records up, and most desired ones meet none', async () => {
    await expect(compared({ desired: desired(6), existing: existing(10, 6) })).rejects.toMatchObject({
      code: 'KEYS_MISSING',
      message: 'global: 6 of 10 organizations have no usable salesforce_id, and 6 of 6 that are desired meet none',
      hint: expect.stringContaining('owns') as string,
    })
    await expect(compared({ desired: desired(8), existing: existing(10, 6) })).rejects.toMatchObject({
      message: 'global: 6 of 10 organizations have no usable salesforce_id, and 6 of 8 that are desired meet none',
    })
    const pair = syncOf({ key: ['salesforce_id', 'external_id'] })
    const both = wanted(keyOf('A', 'x'), { salesforce_id: 'A', external_id: 'x' })
    await expect(compared({ existing: existing(10, 10), desired: [both] }, pair)).rejects.toMatchObject({
      message: expect.stringContaining('have no usable salesforce_id and external_id, and') as string,
    })
    const none = syncOf({ fold: (text) => (text.startsWith('K') ? text : undefined) })
    const invalid = many(20, (n) => held(String(n), `X${n}`))
    await expect(compared({ desired: desired(3), existing: invalid }, none)).rejects.toMatchObject({
      message: 'global: 20 of 20 organizations have no usable salesforce_id, and 3 of 3 that are desired meet none',
    })
  })

  it('is not where they are half, or few, none of its business, or made by hand beside those that are desired', async () => {
    for (const some of [existing(10, 5), existing(9, 9)])
      expect((await compared({ desired: desired(3), existing: some })).skipped.length).toBeGreaterThan(0)
    const owns = syncOf({ owns: ({ account_type: type }) => type === 'customer' })
    const foreign = [
      ...existing(20, 20, { account_type: 'prospect' }),
      ...existing(10, 0, { account_type: 'customer' }),
    ]
    expect((await compared({ desired: desired(3), existing: foreign }, owns)).existing).toBe(10)
    const byHand = many(50, (n) => held(`h${n}`, null))
    const plan = await compared({ desired: desired(6), existing: [...existing(3, 0), ...byHand] })
    expect([...plan.changes].filter(({ op }) => op === 'create')).toHaveLength(3)
  })
})
