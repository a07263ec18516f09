import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import type { Skip, SyncPlan } from 'zds'
import { planLines } from '../../../../src/cli/render/plan/screen.ts'
import { change, colours, look, many, notice, planOf, syncPlan, uncoloured, type Parts } from '../../plans.ts'

const shownOf = (parts: Parts, more: Parameters<typeof look>[0] = {}): string[] =>
  planLines(planOf(syncPlan(parts)), look(more))
const owner = (index: number, to = `Owner ${index}`) => change('update', `K${index}`, { account_owner: ['Ada', to] })

/** The lines below a title, up to the next blank one. */
function below(title: string, lines: readonly string[]): string[] {
  const at = lines.findIndex((line) => line.startsWith(title))
  const rest = at < 0 ? [] : lines.slice(at + 1)
  const end = rest.indexOf('')
  return end < 0 ? rest : rest.slice(0, end)
}
const TITLES = { hurt: 'READ THESE FIRST', each: 'ALL CHANGES', fields: 'FIELDS OF', left: 'LEFT AS', fresh: 'NEW' }
const part = (title: keyof typeof TITLES, parts: Parts, more: Parameters<typeof look>[0] = {}): string[] =>
  below(TITLES[title], shownOf(parts, more))

describe('the head of a plan', () => {
  const digest = `(digest ${'d'.repeat(12)})`

  test('says the date and how much there is to do', () => {
    expect(planLines(planOf(syncPlan()), look())[0]).toBe(`Plan as of 2026-03-16: nothing to do ${digest}`)
    expect(shownOf({ changes: [owner(1)] })[0]).toBe(`Plan as of 2026-03-16: 1 change ${digest}`)
    expect(shownOf({ changes: many(12_345, owner) })[0]).toBe(`Plan as of 2026-03-16: 12,345 changes ${digest}`)
  })

  test('and where each instance is, once, without a password', () => {
    const sync = syncPlan({ address: 'https://me:secret@example.zendesk.com' })
    const lines = planLines(planOf(sync, { ...sync, name: 'partners' }), look())
    expect(lines.slice(1, 3)).toEqual(['global  https://example.zendesk.com', ''])
  })
})

describe('the table', () => {
  const table = (...syncs: readonly SyncPlan[]): string[] =>
    planLines(planOf(...syncs), look())
      .slice(2)
      .filter((line, at, all) => all.indexOf('') < 0 || at < all.indexOf(''))

  test('counts each operation of each sync, and what needs none', () => {
    const changes = [
      change('create', 'A', { name: ['', 'Acme'] }),
      owner(1),
      owner(2),
      change('retire', 'Z', { mark: [false, true] }),
    ]
    expect(table(syncPlan({ changes, inSync: 7, existing: 10 }), syncPlan({ name: 'partners', inSync: 100 }))).toEqual([
      '          create      update      retire  left  in sync',
      'global         1  2   20.0 %  1   10.0 %     0        7',
      'partners       0  0           0              0      100',
    ])
  })

  test('what is removed has a column where something is, and its records are told', () => {
    const changes = [change('remove', 'Z', { name: ['Acme', null] }, { reason: 'gone', name: 'Acme' })]
    expect(table(syncPlan({ changes, desired: 10, existing: 11 }))[0]).toContain('  remove  left  in sync')
    expect(part('hurt', { changes })).toEqual(['  - 1 organization: removed', '      1 gone: Acme'])
  })

  test('what is in sync is not guessed for a plan of an older zds', () => {
    const { inSync: _, ...before } = syncPlan({ skipped: [{ key: 'A', reason: 'no-key' }] })
    expect(table(before)[1]).toMatch(/ 1$/)
  })

  test('limits stand below it where the plan knows them, those of the largest sync first, and what is beyond one is marked (SAFE-01)', () => {
    const bounds = { create: { most: 25 }, update: { most: 30, share: 0.3 }, retire: { most: 5, share: 0.05 } }
    const excesses = [
      { id: 'global.update', op: 'update', count: 31, existing: 100, limit: 0.3, message: 'too many', examples: [] },
    ] as const
    const broken = syncPlan({ changes: many(31, owner), excesses, bounds: { ...bounds, fields: {} } })
    const other = syncPlan({ name: 'partners', existing: 9, bounds: { retire: { most: 1 }, fields: {} } })
    const third = syncPlan({ name: 'us-gov', bounds: { ...bounds, fields: {} } })
    expect(table(broken, other, third)).toEqual([
      '                create         update  retire  left  in sync',
      'global               0  ! 31   31.0 %       0     0       50',
      'partners             0     0                0     0       50',
      'us-gov               0     0                0     0       50',
      'limit               25           30 %     5 %',
      'limit partners    none           none       1',
    ])
  })

  test('a limit of several syncs is not cut within a name', () => {
    const bounds = { create: { most: 25 }, fields: {} }
    const users = syncPlan({ name: 'us-gov-users', existing: 9, bounds })
    const limits = (...more: readonly SyncPlan[]) => table(syncPlan({ bounds: { fields: {} } }), ...more).at(-1)
    const both = [users, syncPlan({ name: 'us-gov', existing: 8, bounds })]
    expect(limits(...both)).toMatch(/^limit us-gov-users, … +25 /)
    expect(limits(...both.toReversed().map((sync, at) => ({ ...sync, existing: 9 - at })))).toMatch(
      /^limit us-gov, … +25 /,
    )
  })

  test('is without shares where the terminal is too narrow for them', () => {
    const plan = planOf(syncPlan({ changes: many(31, owner) }))
    const narrow = planLines(plan, look({ columns: 42 }))
    expect(narrow.filter((line) => line.startsWith('global'))).toEqual([
      'global       0      31       0     0       50',
    ])
  })
})

describe('what is beyond a limit', () => {
  const excess = (op: 'update' | 'retire', because?: { fields: string[]; left: number }) =>
    ({
      id: `global.${op}`,
      op,
      count: 9,
      existing: 100,
      limit: 0.05,
      message: `9 of 100 records would be ${op}d`,
      examples: [],
      ...(because && { because }),
    }) as const

  test('comes before anything else of the changes, with what it is approved by (SAFE-01)', () => {
    const lines = shownOf({ changes: [owner(1)], excesses: [excess('retire')], notices: [notice('a charge')] })
    expect(lines[0]).toContain('1 change, NOT APPROVED')
    expect(below('STOPPED by 1 limit', lines)).toEqual([
      '  ! global: 9 of 100 records would be retired [global.retire]',
    ])
    const titles = lines.filter((line) => /^[A-Z]{3}/.test(line))
    expect(titles).toEqual(['STOPPED by 1 limit', 'READ THESE FIRST', 'ALL CHANGES'])
  })

  test('and one field that all of it comes from is named', () => {
    const because = { fields: ['industry'], left: 3 }
    const lines = planLines(
      planOf(
        syncPlan({ excesses: [excess('update', because)] }),
        syncPlan({ name: 'us-gov', excesses: [excess('update', because)] }),
      ),
      look(),
    )
    expect(lines).toContain('STOPPED by 2 limits, all because of industry')
  })
})

describe('creates', () => {
  test('show their values, and what comes along in the words of the target (SYN-03)', () => {
    const remarks = [
      { code: 'user-new', message: 'ada@example.com: new user' },
      { code: 'user-joins', message: 'bob@example.com: user without organization, gets this one' },
      { code: 'user-stays', message: 'cyd@example.com: user of another organization, stays there' },
      { code: 'user-staff', message: 'dee@example.com: agent or admin, stays there (SAFE-15)' },
    ]
    const changes = [change('create', '001A', { name: ['', 'Acme'], seats: [null, 5] }, { remarks, name: 'Acme' })]
    expect(part('each', { changes })).toEqual([
      '  + global  001A  Acme',
      '      name  Acme',
      '      seats  5',
      '      with ada@example.com: new user',
      '      with bob@example.com: user without organization, gets this one',
      '      with cyd@example.com: user of another organization, stays there',
      '      with dee@example.com: agent or admin, stays there (SAFE-15)',
    ])
  })

  test('three of many are named, the others counted, with how many come along; all with --all', () => {
    const remarks = [{ code: 'user-new', message: 'x' }]
    const changes = many(1234, (index) =>
      change('create', `K${index}`, { name: ['', `N${index}`] }, { name: `N${index}`, remarks }),
    )
    expect(part('fresh', { changes })).toEqual([
      '  + 1,234 organizations in global, with them 1,234 user-new: N0, N1, N2, … 1,231 more',
    ])
    expect(part('each', { changes }, { all: true }).filter((line) => line.startsWith('  + '))).toHaveLength(1234)
  })

  test('those with whom nobody comes are told first', () => {
    const one = (index: number, remarks: [] | [{ code: string; message: string }]) =>
      change('create', `K${index}`, {}, { name: `N${index}`, remarks })
    const changes = [one(1, []), one(2, [{ code: 'user-new', message: 'x' }]), one(3, [])]
    expect(part('hurt', { changes })).toEqual(['  + 2 of 3 new organizations in global come with nobody: N1, N3'])
  })
})

describe('a line for each field', () => {
  const turns = (fields: (index: number) => Parameters<typeof change>[2], count = 20): string[] =>
    part('fields', { changes: many(count, (index) => change('update', `K${index}`, fields(index))) }).map((line) =>
      line.trim().replaceAll(/ {2,}/g, ' | '),
    )

  test.each<[string, (index: number) => Parameters<typeof change>[2], string]>([
    [
      'few values one by one',
      (i) => ({ owner: ['Ada', i < 15 ? 'Rosa' : 'Mei'] }),
      'owner | 20 | Ada -> Rosa 15, Mei 5',
    ],
    ['many values in numbers', (i) => ({ owner: ['Ada', `O${i}`] }), 'owner | 20 | 20 different'],
    [
      'set and emptied ones',
      (i) => ({ owner: i < 8 ? [`A${i}`, ''] : [null, `B${i}`] }),
      'owner | 20 | 12 set, 8 emptied, 12 different',
    ],
    ['emptied ones', (i) => ({ owner: [`A${i}`, ''] }), 'owner | emptied | 20 | 20 emptied'],
    ['numbers as sums', (i) => ({ aar: [100, i < 3 ? 50 : 101.25] }), 'aar | 20 | 100 -> 101.25 17, 50 3'],
    ['many numbers as sums', (i) => ({ aar: [i, i + (i < 3 ? -1 : 2)] }), 'aar | 20 | 17 up, 3 down, +31'],
    ['days', (i) => ({ until: ['2026-01-09', `2026-01-${i + 10}`] }), 'until | 20 | 20 later, 0 earlier'],
    ['checkboxes', () => ({ hold: [true, false] }), 'hold | 20 | true -> false 20'],
    ['the own key', (i) => ({ external_id: [null, `K${i}`] }), `external_id | adopted | 20 | '' -> its own key`],
  ])('tells %s', (_, fields, line) => {
    expect(turns(fields)).toEqual([line])
  })

  test('counts a field over all records, however it is combined with others; the most frequent first', () => {
    const fields = (index: number) => ({
      owner: ['Ada', `O${index}`] as const,
      ...(index % 2 === 0 && { hold: [true, false] as const }),
      ...(index % 4 === 0 && { external_id: [null, `K${index}`] as const }),
    })
    expect(turns(fields).map((line) => line.split(' | ')[0])).toEqual(['owner', 'hold', 'external_id'])
    expect(turns(fields)[1]).toBe('hold | 10 | true -> false 10')
  })

  test('says new of one that most records get for the first time, over all syncs', () => {
    const industry = (index: number) =>
      change('update', `K${index}`, { industry: ['', index % 2 ? 'Health' : 'Energy'] })
    const sync = syncPlan({ existing: 15, changes: many(12, industry) })
    const lines = planLines(planOf(sync, { ...sync, name: 'us-gov' }), look())
    expect(below('FIELDS OF', lines)[0]?.replaceAll(/ {2,}/g, ' | ')).toBe(
      " | industry | new | 24 | '' -> Energy 12, Health 12",
    )
  })

  test('tells apart what is called the same on records of another kind', () => {
    const names = many(12, (index) => change('update', `K${index}`, { name: ['A', 'B'] }))
    const plan = planOf(syncPlan({ changes: names }), syncPlan({ name: 'users', resource: 'users', changes: names }))
    const lines = below('FIELDS OF', planLines(plan, look())).map((line) => line.trim().split(/ {2,}/)[0])
    expect(lines).toEqual(['name', 'name (users)'])
  })
})

describe('each change', () => {
  test('is told where there are few, with old and new values', () => {
    const changes = [
      change('update', 'K', { name: ['Acme', 'Acme SE'], seats: [null, 5], hold: [true, false] }, { name: 'Acme' }),
    ]
    expect(part('each', { changes })).toEqual([
      '  ~ global  K  Acme',
      '      name  Acme -> Acme SE',
      "      seats  '' -> 5",
      '      hold  true -> false',
    ])
  })

  test('and every one with --all: every key, every field', () => {
    const changes = [
      ...many(40, (index) => owner(index)),
      ...many(30, (index) => change('update', `S${index}`, { seats: [0, index + 1], hold: [true, false] })),
      ...many(30, (index) => change('retire', `R${index}`, { mark: [false, true] }, { reason: 'gone' })),
    ]
    const lines = part('each', { changes }, { all: true })
    for (const { key } of changes)
      expect(lines.filter((line) => line.endsWith(`  ${key}`) || line.includes(`  ${key}  `))).toHaveLength(1)
    expect(lines).toHaveLength(40 * 2 + 30 * 3 + 30 * 2)
    expect(lines.join('\n')).not.toContain('more')
  })

  test('the id of a record that does not exist yet is shown as whose it will be', () => {
    const to = { ref: { sync: 'us-gov', key: '001A' } }
    const changes = [change('update', 'a@b.c', { organization_id: [null, to] })]
    expect(part('each', { resource: 'users', changes }).at(-1)).toBe("      organization_id  '' -> us-gov 001A (new)")
  })
})

test('retires are told first, by reason, with names and their effect (AMB-17)', () => {
  const retire = (key: string, reason: string) =>
    change('retire', key, { mark_for_deletion: [false, true] }, { reason, name: `Name ${key}` })
  const changes = [...many(12, (index) => retire(`G${index}`, 'gone')), retire('N', 'no-subscription')]
  const words = { gone: 'nothing speaks of it' }
  expect(part('hurt', { changes, words })).toEqual([
    '  - 13 organizations: mark_for_deletion -> true',
    '      12 gone (nothing speaks of it): Name G0, Name G1, Name G2, … 9 more',
    '      1 no-subscription: Name N',
  ])
})

describe('a field whose limit gives an order (SAFE-12)', () => {
  const bounds = {
    fields: { level: { most: 10, order: ['gold', 'silver', 'none'] }, until: { order: 'dates' } },
  } as const
  const level = (key: string, from: string, to: string) => change('update', key, { level: [from, to] }, { name: key })

  test('tells what falls and what rises, with names', () => {
    const changes = [
      level('Acme', 'gold', 'none'),
      level('Globex', 'none', 'silver'),
      level('Initech', 'silver', 'none'),
    ]
    expect(part('hurt', { changes, bounds })).toEqual([
      '  v 2 records fall in level: Acme (gold -> none), Initech (silver -> none)',
      '  ^ 1 record rises in level: Globex (none -> silver)',
      '  v nothing falls or rises in until',
    ])
  })

  test('a new record has not risen', () => {
    const changes = [change('create', 'A', { level: [null, 'gold'], until: [null, '2026-01-01'] })]
    expect(part('hurt', { changes, bounds })).toEqual(['  v nothing falls or rises in level, until'])
  })
})

describe('what nothing follows from', () => {
  const skipped = [
    { key: 'A', reason: 'protected', id: '1', name: 'Acme' },
    { key: 'B', reason: 'protected' },
    { key: '', reason: 'no-key', id: '3', name: 'Nobody' },
  ] as const
  const words = { protected: 'is protected from being retired', 'no-key': 'has no key, so nobody knows whose it is' }

  test('skips are counted by reason, in the words that the plan has for it, and listed with --all', () => {
    expect(part('left', { skipped, words })).toEqual([
      '  . 2 protected (is protected from being retired): global 2',
      '  . 1 no-key (has no key, so nobody knows whose it is): global 1',
    ])
    expect(part('left', { skipped, words }, { all: true })).toEqual([
      '  . 2 protected (is protected from being retired): global 2',
      '      global  A  1  Acme',
      '      global  B',
      '  . 1 no-key (has no key, so nobody knows whose it is): global 1',
      '      global  3  Nobody',
    ])
  })

  test('three notices of a kind are shown, as names are, the others counted; all with --all', () => {
    const notices = many(12, (index) => notice(`charge ${index} is unknown`))
    expect(part('hurt', { notices })).toEqual([
      ...many(3, (index) => `  i unknown-charge: charge ${index} is unknown`),
      '  … and 9 more (--all shows all)',
    ])
    expect(part('hurt', { notices }, { all: true })).toHaveLength(12)
  })

  test('many notices of one kind do not hide one of another (SAFE-09)', () => {
    const notices = [...many(12, (index) => notice(`charge ${index}`)), notice('X names 1', 'guard-without-record')]
    expect(part('hurt', { notices }).slice(-2)).toEqual([
      '  … and 9 more (--all shows all)',
      '  i guard-without-record: X names 1',
    ])
  })
})

describe('SAFE-13: what was read is not proved complete', () => {
  const skip = (key: string, more: Partial<Skip> = {}) => ({ key, reason: 'incomplete-listing', ...more }) as const

  test('each sync says how many changes are held back, and on which side something may be missing', () => {
    const skipped = [skip('A'), skip('B')]
    const told = (complete: SyncPlan['complete']) => part('hurt', { skipped, complete })[0]
    expect([
      told({ desired: false, existing: true }),
      told({ desired: true, existing: false }),
      told({ desired: false, existing: false }),
    ]).toEqual([
      '  ! not proved complete: 2 changes held back in global (what should be there may lack records)',
      '  ! not proved complete: 2 changes held back in global (what global has may lack records)',
      '  ! not proved complete: 2 changes held back in global (what should be there and what global has may lack records)',
    ])
  })

  test('an empty source says how it is let through', () => {
    const gone = change('retire', 'A', { mark: [false, true] }, { reason: 'gone' })
    const skipped = [skip('A', { id: '1', change: gone })]
    expect(part('hurt', { skipped, desired: 0, complete: { desired: false, existing: true } })[0]).toBe(
      '  ! not proved complete: 1 change held back in global (nothing should be there, which may be a mistake; if it is right: --approve dddddddddddd:global.empty)',
    )
  })

  test('nothing is said where nothing is held back', () => {
    expect(shownOf({ complete: { desired: false, existing: true } }).join()).not.toContain('proved')
  })
})

describe('names that are held (AMB-20)', () => {
  const heldBy = { key: 'DEAD', id: '7', name: 'Acme\u200B', fate: 'retired' } as const

  test('the retired one says who wants its name', () => {
    const changes = [
      ...many(5, (index) => change('retire', `OTHER${index}`, { mark: [false, true] })),
      change('retire', 'DEAD', { mark: [false, true] }, { name: 'Acme' }),
    ]
    const skipped = [{ key: 'LIVING', reason: 'name-taken', name: 'Acme', heldBy: { ...heldBy, id: 'id-DEAD' } }]
    expect(part('hurt', { changes, skipped })[1]).toBe(
      '      6 gone: Acme (its name is wanted by LIVING), OTHER0, OTHER1, … 3 more',
    )
  })

  test.each([
    [{ ...heldBy }, String.raw`A  waits for the name Acme\u200B of DEAD  7, which is retired`],
    [
      { ...heldBy, fate: 'renamed' },
      String.raw`A  waits for the name Acme\u200B of DEAD  7, which gets another name: free in the next plan`,
    ],
    [
      { ...heldBy, fate: 'waiting' },
      String.raw`A  waits for the name Acme\u200B of DEAD  7, which waits for another name`,
    ],
    [{ key: 'B', name: 'Acme' }, 'A  waits for the name Acme of B'],
  ] as const)('with --all it is said who has it: %j', (holder, line) => {
    const skipped = [{ key: 'A', reason: 'name-taken', heldBy: holder }] as const
    expect(part('left', { skipped }, { all: true }).at(-1)?.trim()).toBe(`global  ${line}`)
  })
})

test('a name that changes in what cannot be seen is shown with its code points', () => {
  const changes = [
    change('update', 'A', { name: ['Café', 'Cafe\u0301'] }),
    change('update', 'B', { name: ['Delta', 'Delta\u200B'] }),
  ]
  expect(part('each', { changes }).filter((line) => line.startsWith('      '))).toEqual([
    '      name  Café -> Cafe\u0301 (U+00E9 -> U+0065 U+0301)',
    String.raw`      name  Delta -> Delta\u200B`,
  ])
})

describe('on a terminal of 80 columns', () => {
  const long =
    'Gesellschaft für außerordentlich lange Namen und deren Verwaltung mbH & Co. KG, Zweigniederlassung 株式会社'
  const parts: Parts = {
    name: long,
    address: 'https://a-very-long-name-of-an-instance-that-nobody-would-choose.zendesk.com',
    changes: [
      ...many(5, (index) => change('create', `K${index}`, { name: ['', `${long} ${index}`] }, { name: long })),
      ...many(20, (index) => change('update', `U${index}`, { name: [`${long} ${index}`, long] }, { name: long })),
      ...many(4, (index) => change('retire', `R${index}`, { [long]: [false, true] }, { name: long })),
    ],
    excesses: [
      {
        id: 'global.update',
        op: 'update',
        count: 20,
        existing: 100,
        limit: 0.1,
        message: `${long} ${long}`,
        examples: [],
      },
    ],
    notices: [notice(`${long} ${long}`)],
    skipped: [{ key: long, reason: 'protected', id: '1', name: long }],
  }

  test.each([false, true])('no line is wider, colours or not (all: %s)', (all) => {
    for (const paint of [colours, undefined]) {
      const lines = shownOf(parts, { columns: 80, all, ...(paint && { paint }) })
      expect(lines.filter((line) => stringWidth(line) > 80 && !line.includes('https://'))).toEqual([])
      const text = lines.join('\n')
      expect(text.split('\u001B[31m').length).toBe(text.split('\u001B[39m').length)
    }
  })

  test('what does not fit goes on in the next line', () => {
    const lines = shownOf(parts, { columns: 80, paint: colours }).map(uncoloured)
    const from = lines.findIndex((line) => line.startsWith('  i '))
    const told = lines.slice(from, lines.indexOf('', from)).map((line) => line.trim())
    expect(told.join(' ')).toBe(`i unknown-charge: ${long} ${long}`)
  })

  test('with --all no value is cut', () => {
    const text = part('each', parts, { columns: 80, all: true })
      .map((line) => line.trim())
      .join(' ')
    expect(text).toContain(`name  ${long} 3 -> ${long}`)
  })

  test('without a terminal no line is broken', () => {
    expect(shownOf(parts)).toContain(`  i unknown-charge: ${long} ${long}`)
  })
})

test('names, keys and texts of others cannot reach the terminal as commands', () => {
  const evil = 'x\u001B[2J\u009B31m\u202E\r\n\u0007'
  const parts: Parts = {
    name: evil,
    instance: evil,
    resource: evil,
    address: evil,
    changes: [
      change('create', evil, { name: ['', evil] }, { name: evil, remarks: [{ code: evil, message: evil }] }),
      change('create', `${evil}2`, {}, { name: evil, remarks: [] }),
      ...many(3, (index) => change('update', `${evil}${index}`, { [evil]: [evil, [evil]] }, { name: evil })),
      ...many(14, (index) => change('update', `${evil}n${index}`, { [`${evil}2`]: [evil, `${evil}${index}`] })),
      change('update', evil, { organization_id: [null, { ref: { sync: evil, key: evil } }] }),
      change('retire', evil, { [evil]: [evil, evil] }, { reason: evil, name: evil }),
    ],
    skipped: [
      { key: evil, reason: evil, id: evil, name: evil },
      { key: evil, reason: 'name-taken', heldBy: { key: evil, id: `id-${evil}`, name: evil } },
      { key: evil, reason: 'incomplete-listing' },
    ],
    words: { [evil]: evil },
    complete: { desired: true, existing: false },
    notices: [notice(evil, evil)],
    bounds: { fields: { [evil]: { order: [evil] } } },
    excesses: [
      {
        id: evil,
        op: 'update',
        count: 1,
        existing: 1,
        limit: 0,
        message: evil,
        because: { fields: [evil], left: 1 },
        examples: [evil],
      },
    ],
  }
  for (const all of [false, true]) {
    const lines = shownOf(parts, { all })
    expect(lines.filter((line) => /[\p{Cc}\u202E]/u.test(line))).toEqual([])
  }
})

test('10,000 changes are shown quickly, in few lines', () => {
  const changes = [
    ...many(2000, (index) => change('create', `C${index}`, { name: ['', `Name ${index}`] })),
    ...many(3000, (index) => owner(index)),
    ...many(4000, (index) =>
      change(
        'update',
        `F${index}`,
        Object.fromEntries(many(12, (field) => [`field_${(index * field) % 40}`, [0, index]])),
      ),
    ),
    ...many(1000, (index) => change('retire', `R${index}`, { mark_for_deletion: [false, true] }, { reason: 'gone' })),
  ]
  // Of this thread, in microseconds: the machine may have other things to do.
  const began = process.threadCpuUsage()
  const spent = (): number => process.threadCpuUsage(began).user
  const lines = shownOf({ changes }, { columns: 80, paint: colours })
  expect(spent()).toBeLessThan(2_000_000)
  expect(lines.length).toBeLessThan(100)
  const all = shownOf({ changes }, { columns: 80, paint: colours, all: true })
  expect(spent()).toBeLessThan(4_000_000)
  expect(all.length).toBeGreaterThan(10_000)
})
