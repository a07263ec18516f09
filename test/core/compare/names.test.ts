import * as fc from 'fast-check'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { collect, keyOf, listOf, name, sync, text, type Desired, type Skip } from 'zds'
import { nameIndex } from '../../../src/core/compare/names.ts'
import type { Holder } from '../../../src/core/plan/plan.ts'
import { applied, compared, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const named = (key: string, name: string | null, more = {}) => wanted(key, { name, ...more })

describe('AMB-20, SYN-20: creating under a name that is taken', () => {
  it.each(['Acme', 'ACME', ' acme  '])('%j is held when another organization is called Acme', async (name) => {
    const plan = await compared({ desired: [named('A', name)], existing: [held('9', null, { name: 'Acme' })] })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toContainEqual({
      key: 'A',
      reason: 'name-taken',
      name,
      heldBy: { key: '', id: '9', name: 'Acme' },
    })
  })

  it('an organization of any owner counts: without key, marked, or of another sync', async () => {
    const existing = [held('7', null, { name: 'One' }), held('8', 'X', { name: 'Two', mark_for_deletion: true })]
    const plan = await compared({ desired: [named('A', 'one'), named('B', 'two')], existing })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.filter(({ reason }) => reason === 'name-taken').map(({ key }) => key)).toEqual(['A', 'B'])
  })

  it('twins: two new accounts of one name are both held', async () => {
    const plan = await compared({ desired: [named('A', 'Acme'), named('B', 'acme '), named('C', 'Other')] })
    expect([...plan.changes].map(({ key }) => key)).toEqual(['C'])
    expect(plan.skipped.map(({ key, reason, heldBy }) => [key, reason, heldBy])).toEqual([
      ['A', 'name-taken', { key: 'B', name: 'Acme' }],
      ['B', 'name-taken', { key: 'A', name: 'acme' }],
    ])
  })

  it('twins: the one with an organization goes on being updated, the one without is held', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme', { aar: 2 }), named('B', 'Acme')],
      existing: [held('1', 'A', { name: 'Acme', aar: 1 })],
    })
    expect(plan.changes).toEqual([
      { op: 'update', key: 'A', id: '1', name: 'Acme', fields: { aar: { from: 1, to: 2 } } },
    ])
    expect(plan.skipped).toEqual([
      { key: 'B', reason: 'name-taken', name: 'Acme', heldBy: { key: 'A', id: '1', name: 'Acme' } },
    ])
  })

  it('twins: an account that has expired and gets no organization is another object all the same', async () => {
    const old = named('A', 'Acme', { support_level: 'expired' })
    const { changes, skipped } = await compared({ desired: [old, named('B', 'Acme')] })
    expect(changes).toEqual([])
    expect(skipped).toEqual([
      { key: 'A', reason: 'expired-not-created', name: 'Acme' },
      { key: 'B', reason: 'name-taken', name: 'Acme', heldBy: { key: 'A', name: 'Acme' } },
    ])
  })

  it('a name that another sync of the target desires is taken too', async () => {
    const plan = await compared({ desired: [named('A', 'Acme')], rivals: [[named('P', 'ACME')]] })
    expect(plan).toMatchObject({ changes: [], skipped: [{ key: 'A', reason: 'name-taken' }] })
  })

  it('the same account desired by two syncs is no twin of itself (AMB-19)', async () => {
    const plan = await compared({ desired: [named('A', 'Acme')], rivals: [[named('A', 'Acme')]] })
    expect([...plan.changes].map(({ op }) => op)).toEqual(['create'])
  })

  it('accounts without a name do not collide', async () => {
    const plan = await compared({
      desired: [named('A', null), named('B', '  '), named('C', null)],
      existing: [held('9', 'X', { name: null })],
    })
    expect([...plan.changes].filter(({ op }) => op === 'create').map(({ key }) => key)).toEqual(['A', 'B', 'C'])
    const losesName = await compared({
      desired: [named('A', null), named('B', ' ')],
      existing: [held('1', 'A', { name: 'Acme' }), held('2', 'B', { name: 'Other' }), held('9', 'X', { name: null })],
    })
    expect([...losesName.changes].filter(({ op }) => op === 'update').map(({ key }) => key)).toEqual(['A', 'B'])
  })

  it('who waits for one that is not there yet waits for nobody who waits', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme'), named('B', 'Twin'), named('C', 'Twin')],
      existing: [held('9', null, { name: 'Acme' })],
    })
    expect(plan.skipped.flatMap(({ heldBy }) => heldBy ?? [])).toStrictEqual([
      { key: '', id: '9', name: 'Acme' },
      { key: 'C', name: 'Twin' },
      { key: 'B', name: 'Twin' },
    ])
  })
})

describe('AMB-20: renaming', () => {
  it('into a taken name sends every other field, leaves the name, and reports it', async () => {
    const plan = await compared({
      desired: [named('A', 'Globex', { aar: 2 }), named('B', 'Globex')],
      existing: [held('1', 'A', { name: 'Acme', aar: 1 }), held('2', 'B', { name: 'Globex' })],
    })
    expect(plan.changes).toEqual([
      { op: 'update', key: 'A', id: '1', name: 'Acme', fields: { aar: { from: 1, to: 2 } } },
    ])
    expect(plan.skipped).toEqual([
      { key: 'A', reason: 'name-taken', id: '1', name: 'Acme', heldBy: { key: 'B', id: '2', name: 'Globex' } },
    ])
  })

  it('into a taken name, with nothing else to send, is reported only: the external id is no reason of its own', async () => {
    const plan = await compared({
      desired: [named('A', 'Globex', { external_id: 'A' })],
      existing: [held('1', 'A', { name: 'Acme', external_id: null }), held('2', null, { name: 'globex' })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.filter(({ key }) => key === 'A')).toEqual([
      { key: 'A', reason: 'name-taken', id: '1', name: 'Acme', heldBy: { key: '', id: '2', name: 'globex' } },
    ])
  })

  it('a new name that a rival sync or a new account wants as well is left', async () => {
    for (const [other, scene] of [
      ['P', { rivals: [[named('P', 'Globex')]] }],
      ['N', { desired: [named('N', 'Globex')] }],
    ] as const) {
      const plan = await compared({
        ...scene,
        desired: [named('A', 'Globex'), ...('desired' in scene ? scene.desired : [])],
        existing: [held('1', 'A', { name: 'Acme' })],
      })
      expect(plan.changes).toEqual([])
      expect(plan.skipped).toContainEqual({
        key: 'A',
        reason: 'name-taken',
        id: '1',
        name: 'Acme',
        heldBy: { key: other, name: 'Globex' },
      })
    }
  })

  it('two organizations that become one name are both left', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme'), named('B', 'acme')],
      existing: [held('1', 'A', { name: 'One' }), held('2', 'B', { name: 'Two' })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'name-taken'],
      ['2', 'name-taken'],
    ])
  })

  it('changing the case of the own name is no clash', async () => {
    const plan = await compared({ desired: [named('A', 'ACME')], existing: [held('1', 'A', { name: 'Acme' })] })
    expect(plan.changes).toEqual([
      { op: 'update', key: 'A', id: '1', name: 'Acme', fields: { name: { from: 'Acme', to: 'ACME' } } },
    ])
  })

  it('changing the case of the own name is no clash for a twin with an organization either', async () => {
    const plan = await compared({
      desired: [named('A', 'ACME'), named('B', 'Acme')],
      existing: [held('1', 'A', { name: 'Acme' })],
    })
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['update A'])
    expect(plan.skipped).toEqual([
      { key: 'B', reason: 'name-taken', name: 'Acme', heldBy: { key: 'A', id: '1', name: 'Acme', fate: 'renamed' } },
    ])
  })

  it('blanks around the own name are no change at all (SFA-11)', async () => {
    const plan = await compared({ desired: [named('A', '  Acme ')], existing: [held('1', 'A', { name: 'Acme' })] })
    expect(plan).toMatchObject({ changes: [], skipped: [] })
  })

  it('a name freed in this run is free in the next', async () => {
    const desired = [named('A', 'New Acme'), named('B', 'Acme')]
    const existing = [held('1', 'A', { name: 'Acme' })]
    const first = await compared({ desired, existing })
    expect([...first.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['update A'])
    expect(first.skipped).toEqual([
      { key: 'B', reason: 'name-taken', name: 'Acme', heldBy: { key: 'A', id: '1', name: 'Acme', fate: 'renamed' } },
    ])
    expect(first.notices).toEqual([])
    const second = await compared({ desired, existing: applied(existing, first) })
    expect([...second.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['create B'])
    expect(second.skipped).toEqual([])
  })

  it('two organizations that swap names are both left, run after run, and the plan says who waits for whom', async () => {
    const desired = [named('A', 'Two'), named('B', 'One')]
    const existing = [held('1', 'A', { name: 'One' }), held('2', 'B', { name: 'Two' })]
    const plan = await compared({ desired, existing })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toEqual([
      waiting('A', '1', 'One', { key: 'B', id: '2', name: 'Two', fate: 'waiting' }),
      waiting('B', '2', 'Two', { key: 'A', id: '1', name: 'One', fate: 'waiting' }),
    ])
    expect(plan.notices).toEqual([
      {
        code: 'name-circle',
        key: 'A',
        message:
          'A (1) waits for "Two" of B (2); B (2) waits for "One" of A (1). Give one of them a name that nobody has, by hand; the next plans do the rest',
      },
    ])
  })

  it('what a circle is told to do ends it: one is renamed by hand, and the next plans do the rest', async () => {
    const desired = [named('A', 'Two'), named('B', 'Three'), named('C', 'One')]
    let existing = [
      held('1', 'A', { name: 'One' }),
      held('2', 'B', { name: 'Two' }),
      held('3', 'C', { name: 'Three, by hand' }),
    ]
    for (let run = 0; run < 3; run += 1) existing = applied(existing, await compared({ desired, existing }))
    expect(existing.map(({ fields }) => fields['name'])).toEqual(['Two', 'Three', 'One'])
    expect(await compared({ desired, existing })).toMatchObject({ changes: [], skipped: [], notices: [] })
  })

  const waiting = (key: string, id: string, name: string, heldBy: Holder): Skip => ({
    key,
    reason: 'name-taken',
    id,
    name,
    heldBy,
  })

  it('each circle is one notice; who only waits for one that is in it is in none', async () => {
    const ring = (...names: string[]) =>
      names.map((name, index) => [name, names[(index + 1) % names.length] ?? ''] as const)
    const before = ['a0', 'a1'] as const
    const after = [['tail', 'a1'] as const, ['late', 'tail'] as const]
    const renames = [before, ...ring('a1', 'a2'), ...ring('b1', 'b2', 'b3'), ...after]
    const plan = await compared({
      desired: renames.map(([name, to]) => named(name.toUpperCase(), to)),
      existing: renames.map(([name]) => held(`id-${name}`, name.toUpperCase(), { name })),
    })
    const told = plan.notices.map(({ message }) =>
      message
        .match(/\b[A-Z]\d|TAIL|LATE/g)
        ?.toSorted()
        .join(' '),
    )
    expect(new Set(told)).toEqual(new Set(['A1 A1 A2 A2', 'B1 B1 B2 B2 B3 B3']))
    expect(told).toHaveLength(2)
    expect(plan.skipped.map(({ heldBy }) => heldBy?.fate)).toEqual(renames.map(() => 'waiting'))
  })

  it('a record that keeps its name is no step of a circle', async () => {
    const plan = await compared({
      desired: [named('A', 'Two'), named('B', 'Two')],
      existing: [held('1', 'A', { name: 'One' }), held('2', 'B', { name: 'Two' })],
    })
    expect(plan.skipped).toEqual([waiting('A', '1', 'One', { key: 'B', id: '2', name: 'Two' })])
    expect(plan.notices).toEqual([])
  })
})

describe('AMB-20: names of the retired', () => {
  const merged = {
    desired: [named('LIVING', 'Acme'), named('Z', 'Other')],
    existing: [held('1', 'DEAD', { name: 'ACME' }), held('2', 'Z', { name: 'Other' })],
  }

  it('a new account that wants the name of one that is retired in the same plan is told so (merged accounts)', async () => {
    const plan = await compared(merged)
    expect(plan.changes).toMatchObject([{ op: 'retire', key: 'DEAD', id: '1' }])
    expect(plan.skipped).toEqual([
      {
        key: 'LIVING',
        reason: 'name-taken',
        name: 'Acme',
        heldBy: { key: 'DEAD', id: '1', name: 'ACME', fate: 'retired' },
      },
    ])
    expect(plan.notices).toEqual([
      {
        code: 'name-of-retired',
        key: 'LIVING',
        message:
          'LIVING waits for "ACME" of DEAD (1), which is retired. If both are one (merged), write LIVING into salesforce_id of 1, and it lives on; else rename it, or wait until it is deleted',
      },
    ])
  })

  it('is told as long as the retired one has the name, and what it says ends it', async () => {
    const existing = applied(merged.existing, await compared(merged))
    const again = await compared({ ...merged, existing })
    expect(again.changes).toEqual([])
    expect(again.notices.map(({ code }) => code)).toEqual(['name-of-retired'])
    const mended = existing.map(({ id, fields }) => ({
      id,
      fields: id === '1' ? { ...fields, salesforce_id: 'LIVING' } : fields,
    }))
    const plan = await compared({ ...merged, existing: mended })
    expect(plan.changes).toMatchObject([
      { op: 'update', key: 'LIVING', id: '1', fields: { mark_for_deletion: { from: true, to: false } } },
    ])
    expect(plan).toMatchObject({ skipped: [], notices: [] })
  })

  it('what it says names all fields of the key', async () => {
    const existing = merged.existing.map((row) => ({ ...row, fields: { ...row.fields, external_id: 'x' } }))
    const desired = [wanted(keyOf('L', 'x'), { name: 'Acme', salesforce_id: 'L', external_id: 'x' })]
    const { notices } = await compared({ existing, desired }, syncOf({ key: ['salesforce_id', 'external_id'] }))
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringMatching(/into salesforce_id and external_id of 1,/) as string,
    ])
  })

  it('one that comes back is not retired, whatever its mark says now', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme'), named('B', 'Acme')],
      existing: [held('1', 'A', { name: 'Acme', mark_for_deletion: true })],
    })
    expect([...plan.changes].map(({ op }) => op)).toEqual(['update'])
    expect(plan.skipped.map(({ heldBy }) => heldBy)).toEqual([{ key: 'A', id: '1', name: 'Acme' }])
    expect(plan.notices).toEqual([])
  })

  it('who has only part of the look of a retired one is not retired', async () => {
    const sync = syncOf()
    const both = { mark_for_deletion: true, not_in_sfdc: true }
    const left = held('1', 'DEAD', { name: 'ACME', mark_for_deletion: true, not_in_sfdc: false })
    const rules = { ...sync.rules, retire: both, retireFor: [] }
    const plan = await compared({ ...merged, existing: [left, held('2', 'Z', { name: 'Other' })] }, { ...sync, rules })
    expect(plan.skipped.find(({ key }) => key === 'LIVING')?.heldBy).toEqual({ key: 'DEAD', id: '1', name: 'ACME' })
    expect(plan.notices).toEqual([])
  })

  it('nothing is retired where no rule says how', async () => {
    const { retire: _retire, ...rules } = syncOf().rules
    const plan = await compared(merged, { ...syncOf(), rules })
    expect(plan.skipped.map(({ heldBy }) => heldBy?.fate)).toEqual([undefined])
  })
})

describe('AMB-20: the index of names', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'zds-names-'))
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))
  const name = fc.constantFrom('Acme', ' acme', 'ACME', 'Globex', '', '\ud800')
  const key = fc.constantFrom('A', 'B', 'C')
  const folded = (called: string): string => called.trim().toLowerCase()
  const least = (texts: readonly string[]): string | undefined => texts.toSorted()[0]

  it('answers who may have a record as one does who looks at all of them, and leaves nothing behind', async () => {
    const existing = fc.uniqueArray(fc.tuple(fc.option(key), name), { maxLength: 6 })
    const desired = fc.uniqueArray(fc.tuple(key, name), { selector: ([own]) => own, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(existing, desired, desired, async (there, ours, theirs) => {
        const index = nameIndex(syncOf(), scratch)
        await collect(index.existing(stream(there.map(([own, called], id) => held(`${id}`, own, { name: called })))))
        for (const rows of [ours, theirs])
          await collect(index.desired(stream(rows.map(([own, called]) => named(own, called)))))
        await index.ready()
        for (const [own, called] of ours) {
          const mine = there.flatMap(([other], id) => (other === own ? [`${id}`] : []))
          const [id] = mine
          if (mine.length > 1 || folded(called) === '') continue
          const same = ([, other]: readonly [unknown, string]): boolean => folded(other) === folded(called)
          const has = there.flatMap((one, at) => (same(one) && `${at}` !== id ? [`${at}`] : []))
          const wants = [...ours, ...theirs].filter((one) => same(one) && one[0] !== own).map(([other]) => other)
          const holder = index.holder(called, { key: own, ...(id !== undefined && { id }) })
          expect(holder?.id ?? holder?.key).toBe(least(has) ?? least(wants))
        }
        index.close()
      }),
    )
    expect(readdirSync(scratch)).toEqual([])
  })

  it('leaves nothing behind where its names needed the disk', async () => {
    const index = nameIndex(syncOf(), scratch)
    const long = Array.from({ length: 9 }, (_, at) => named(`${at}`, 'x'.repeat(1_000_000)))
    await collect(index.desired(stream(long)))
    expect(readdirSync(scratch)).toHaveLength(1)
    index.close()
    expect(readdirSync(scratch)).toEqual([])
  })
})

it('AMB-20: a record is retired that looks so by the types of its fields, whatever they hold', async () => {
  const flagged = { name: name('Name'), salesforce_id: text('Id'), flags: listOf(text)([], () => []) }
  const flags = sync({
    fields: flagged,
    desired: sourceOf<Desired>('accounts'),
    target: targetOf({ types: flagged }),
    rules: { key: 'salesforce_id', unique: 'name', retire: { flags: ['gone'] } },
  })
  const plan = await compared(
    {
      desired: [{ kind: 'record', key: 'LIVING', fields: { salesforce_id: 'LIVING', name: 'Acme' } }],
      existing: [{ id: '1', fields: { salesforce_id: 'DEAD', name: 'Acme', flags: ['gone'] } }],
    },
    flags,
  )
  expect(plan.changes).toEqual([])
  expect(plan.skipped).toMatchObject([{ key: 'LIVING', heldBy: { id: '1', fate: 'retired' } }])
})
