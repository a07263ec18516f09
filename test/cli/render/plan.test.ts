import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import type { Skip, SyncPlan } from 'zds'
import { planLines } from '../../../src/cli/render/plan.ts'
import { change, colours, look, many, notice, planOf, syncPlan, uncoloured, type Parts } from '../plans.ts'

const shownOf = (parts: Parts, more: Parameters<typeof look>[0] = {}): string[] =>
  planLines(planOf(syncPlan(parts)), look(more))
const owner = (index: number, to = `Owner ${index}`) => change('update', `K${index}`, { account_owner: ['Ada', to] })

describe('the head of a plan', () => {
  test('says the date and how much there is to do', () => {
    expect(planLines(planOf(syncPlan()), look())[0]).toBe('Plan as of 2026-03-16: nothing to do')
    expect(shownOf({ changes: [owner(1)] })[0]).toBe('Plan as of 2026-03-16: 1 change')
    expect(shownOf({ changes: many(12_345, owner) })[0]).toBe('Plan as of 2026-03-16: 12,345 changes')
  })

  test('counts each operation of a sync, and what needs none', () => {
    const changes = [
      change('create', 'A', { name: ['', 'Acme'] }),
      owner(1),
      owner(2),
      change('retire', 'Z', { mark: [false, true] }),
    ]
    expect(shownOf({ changes, desired: 10, existing: 1 })).toContain(
      'global: 1 to create, 2 to update, 1 to retire, 7 in sync (global has 1 organization)',
    )
  })

  test('what is removed is counted and listed, without what it held', () => {
    const changes = [change('remove', 'Z', { name: ['Acme', null] }, { reason: 'gone' })]
    const lines = shownOf({ changes, desired: 10, existing: 11 }).slice(2)
    expect(lines[0]).toContain('0 to retire, 1 to remove, 10 in sync')
    expect(lines.slice(1)).toEqual(['  - 1 organization: removed (gone)', '      Z'])
  })

  test('what a skip kept from being created is not in sync', () => {
    const skipped = [
      { key: 'A', reason: 'expired-not-created' },
      { key: 'B', reason: 'name-taken', id: '7' },
    ] as const
    expect(shownOf({ desired: 10, skipped })[2]).toContain('9 in sync')
  })
})

describe('creates', () => {
  test('are shown by key and name, with what comes along in the words of the target (SYN-03)', () => {
    const remarks = [
      { code: 'user-new', message: 'ada@example.com: new user' },
      { code: 'user-joins', message: 'bob@example.com: user without organization, gets this one' },
      { code: 'user-stays', message: 'cyd@example.com: user of another organization, stays there' },
      { code: 'user-staff', message: 'dee@example.com: agent or admin, stays there (SAFE-15)' },
    ]
    expect(shownOf({ changes: [change('create', '001A', { name: ['', 'Acme'] }, { remarks })] }).slice(3)).toEqual([
      '  + 001A  Acme',
      '      ada@example.com: new user',
      '      bob@example.com: user without organization, gets this one',
      '      cyd@example.com: user of another organization, stays there',
      '      dee@example.com: agent or admin, stays there (SAFE-15)',
    ])
  })

  test('ten are shown, the others counted; all with --all', () => {
    const changes = many(1234, (index) => change('create', `K${index}`, { name: ['', `N${index}`] }))
    expect(shownOf({ changes }).slice(3)).toHaveLength(11)
    expect(shownOf({ changes }).at(-1)).toBe('  … and 1,224 more (--all shows all)')
    expect(shownOf({ changes }, { all: true }).slice(3)).toHaveLength(1234)
  })
})

describe('updates', () => {
  test('few are shown one by one, with old and new values', () => {
    const changes = [change('update', 'K', { name: ['Acme', 'Acme SE'], seats: [null, 5], hold: [true, false] })]
    expect(shownOf({ changes }).at(-1)).toBe("  ~ K  name Acme -> Acme SE, seats '' -> 5, hold true -> false")
  })

  test('three equal ones are one line, the largest group first', () => {
    const changes = [
      ...many(3, (index) => owner(index, 'Grace')),
      ...many(5, (index) => owner(index + 10, 'Rosa')),
      owner(99, 'Mei'),
    ]
    expect(shownOf({ changes }).slice(3)).toEqual([
      '  ~ 5 organizations: account_owner Ada -> Rosa',
      '  ~ 3 organizations: account_owner Ada -> Grace',
      '  ~ K99  account_owner Ada -> Mei',
    ])
  })

  test('fields that repeat the key do not hide what records have in common', () => {
    const changes = many(3, (index) =>
      change('update', `K${index}`, { external_id: [null, `K${index}`], hold: [true, false] }),
    )
    expect(shownOf({ changes }).slice(3)).toEqual(['  ~ 3 organizations: hold true -> false'])
  })

  test('many that change the same fields are one line and three examples', () => {
    expect(shownOf({ changes: many(20, (index) => owner(index)) }).slice(3)).toEqual([
      '  ~ 20 organizations: account_owner',
      '      K0  account_owner Ada -> Owner 0',
      '      K1  account_owner Ada -> Owner 1',
      '      K2  account_owner Ada -> Owner 2',
      '      … and 17 more (--all shows all)',
    ])
  })

  test('nothing is left out with --all', () => {
    const changes = [
      ...many(40, (index) => owner(index)),
      ...many(30, (index) => change('update', `S${index}`, { seats: [0, index + 1] })),
    ]
    const text = shownOf({ changes }, { all: true }).join('\n')
    for (const { key } of changes) expect(text).toContain(`${key}  `)
    expect(text).not.toContain('more')
  })

  test('the id of a record that does not exist yet is shown as whose it will be', () => {
    const to = { ref: { sync: 'us-gov', key: '001A' } }
    expect(
      shownOf({ resource: 'users', changes: [change('update', 'a@b.c', { organization_id: [null, to] })] }).at(-1),
    ).toBe("  ~ a@b.c  organization_id '' -> us-gov 001A (new)")
  })
})

test('retires are grouped by reason, with their effect (AMB-17)', () => {
  const retire = (key: string, reason: string) =>
    change('retire', key, { mark_for_deletion: [false, true] }, { reason })
  const changes = [...many(12, (index) => retire(`G${index}`, 'gone')), retire('N', 'no-subscription')]
  expect(shownOf({ changes }).slice(3)).toEqual([
    '  - 12 organizations: mark_for_deletion false -> true (gone)',
    ...many(10, (index) => `      G${index}`),
    '      … and 2 more (--all shows all)',
    '  - 1 organization: mark_for_deletion false -> true (no-subscription)',
    '      N',
  ])
})

describe('what nothing follows from', () => {
  const skipped = [
    { key: 'A', reason: 'protected', id: '1', name: 'Acme' },
    { key: 'B', reason: 'protected' },
    { key: '', reason: 'no-key', id: '3', name: 'Nobody' },
  ] as const
  const words = { protected: 'is protected from being retired', 'no-key': 'has no key, so nobody knows whose it is' }

  test('skips are counted by reason, in the words that the plan has for it, and listed with --all', () => {
    expect(shownOf({ skipped, words }).slice(3)).toEqual([
      '  . 2 left: protected (is protected from being retired)',
      '  . 1 left: no-key (has no key, so nobody knows whose it is)',
    ])
    expect(shownOf({ skipped, words }, { all: true }).slice(3)).toEqual([
      '  . 2 left: protected (is protected from being retired)',
      '      A  1  Acme',
      '      B',
      '  . 1 left: no-key (has no key, so nobody knows whose it is)',
      '      3  Nobody',
    ])
  })

  test('ten notices are shown, the others counted', () => {
    const notices = many(12, (index) => notice(`charge ${index} is unknown`))
    expect(shownOf({ notices }).slice(3)).toEqual([
      ...many(10, (index) => `  i unknown-charge: charge ${index} is unknown`),
      '  … and 2 more (--all shows all)',
    ])
  })

  test('many notices of one kind do not hide one of another (SAFE-09)', () => {
    const notices = [...many(12, (index) => notice(`charge ${index}`)), notice('X names 1', 'guard-without-record')]
    expect(shownOf({ notices }).slice(-2)).toEqual([
      '  … and 2 more (--all shows all)',
      '  i guard-without-record: X names 1',
    ])
  })

  test('limits that are passed come before anything else of a sync (SAFE-01)', () => {
    const excesses = [
      {
        id: 'global.retire',
        op: 'retire',
        count: 9,
        existing: 100,
        limit: 0.05,
        message: '9 of 100 records would be retired',
        examples: [],
      },
    ] as const
    expect(shownOf({ changes: [owner(1)], excesses })[3]).toBe(
      '  ! over the limit: 9 of 100 records would be retired [global.retire]',
    )
  })
})

describe('SAFE-13: what was read is not proved complete', () => {
  const skip = (key: string, more: Partial<Skip> = {}) => ({ key, reason: 'incomplete-listing', ...more }) as const

  test('each sync says how many changes are held back, and on which side something may be missing', () => {
    const skipped = [skip('A'), skip('B')]
    const told = (complete: SyncPlan['complete']) => shownOf({ skipped, complete })[3]
    expect([
      told({ desired: false, existing: true }),
      told({ desired: true, existing: false }),
      told({ desired: false, existing: false }),
    ]).toEqual([
      '  ! not proved complete: 2 changes held back (what should be there may lack records)',
      '  ! not proved complete: 2 changes held back (what global has may lack records)',
      '  ! not proved complete: 2 changes held back (what should be there and what global has may lack records)',
    ])
  })

  test('an empty source says how it is let through', () => {
    const gone = change('retire', 'A', { mark: [false, true] }, { reason: 'gone' })
    const skipped = [skip('A', { id: '1', change: gone })]
    expect(shownOf({ skipped, desired: 0, complete: { desired: false, existing: true } })[3]).toBe(
      '  ! not proved complete: 1 change held back (nothing should be there, which may be a mistake; if it is right: --approve DIGEST:global.empty)',
    )
  })

  test('nothing is said where nothing is held back', () => {
    expect(shownOf({ complete: { desired: false, existing: true } }).join()).not.toContain('proved')
  })
})

describe('names that are held (AMB-20)', () => {
  const heldBy = { key: 'DEAD', id: '7', name: 'Acme\u200B', fate: 'retired' } as const
  const parts: Parts = {
    changes: [change('retire', 'DEAD', { mark: [false, true] }), change('retire', 'OTHER', { mark: [false, true] })],
    skipped: [{ key: 'LIVING', reason: 'name-taken', name: 'Acme', heldBy: { ...heldBy, id: 'id-DEAD' } }],
  }

  test('the retired one says who wants its name', () => {
    expect(shownOf(parts).slice(4, 6)).toEqual(['      DEAD  (its name is wanted by LIVING)', '      OTHER'])
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
    expect(shownOf({ skipped }, { all: true }).at(-1)?.trim()).toBe(line)
  })
})

test('a name that changes in what cannot be seen is shown with its code points', () => {
  const changes = [
    change('update', 'A', { name: ['Café', 'Cafe\u0301'] }),
    change('update', 'B', { name: ['Delta', 'Delta\u200B'] }),
  ]
  expect(shownOf({ changes }).slice(3)).toEqual([
    '  ~ A  name Café -> Cafe\u0301 (U+00E9 -> U+0065 U+0301)',
    String.raw`  ~ B  name Delta -> Delta\u200B`,
  ])
})

describe('on a terminal of 80 columns', () => {
  const long =
    'Gesellschaft für außerordentlich lange Namen und deren Verwaltung mbH & Co. KG, Zweigniederlassung 株式会社'
  const parts: Parts = {
    changes: [
      ...many(5, (index) => change('create', `K${index}`, { name: ['', `${long} ${index}`] })),
      ...many(20, (index) => change('update', `U${index}`, { name: [`${long} ${index}`, long] })),
      ...many(4, (index) => change('retire', `R${index}`, { [long]: [false, true] })),
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
      expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([])
      const text = lines.join('\n')
      expect(text.split('\u001B[31m').length).toBe(text.split('\u001B[39m').length)
    }
  })

  test('records are cut; what is said of the sync as a whole goes on in the next line', () => {
    const lines = shownOf(parts, { columns: 80, paint: colours }).map(uncoloured)
    expect(lines.find((line) => line.includes('K0'))).toMatch(/…$/)
    const notices = lines.slice(lines.findIndex((line) => line.startsWith('  i '))).map((line) => line.trim())
    expect(notices.join(' ')).toBe(`i unknown-charge: ${long} ${long}`)
  })

  test('without a terminal nothing is cut', () => {
    expect(shownOf(parts)).toContain(`  + K0  ${long} 0`)
  })
})

test('names, keys and texts of others cannot reach the terminal as commands', () => {
  const evil = 'x\u001B[2J\u009B31m\u202E\r\n\u0007'
  const parts: Parts = {
    name: evil,
    instance: evil,
    changes: [
      change('create', evil, { name: ['', evil] }, { remarks: [{ code: evil, message: evil }] }),
      ...many(3, (index) => change('update', `${evil}${index}`, { [evil]: [evil, [evil]] })),
      ...many(14, (index) => change('update', `${evil}n${index}`, { [`${evil}2`]: [evil, `${evil}${index}`] })),
      change('update', evil, { organization_id: [null, { ref: { sync: evil, key: evil } }] }),
      change('retire', evil, { [evil]: [evil, evil] }, { reason: evil }),
    ],
    skipped: [
      { key: evil, reason: 'protected', id: evil, name: evil },
      { key: evil, reason: 'name-taken', heldBy: { key: evil, id: `id-${evil}`, name: evil } },
    ],
    notices: [notice(evil, evil)],
    excesses: [{ id: evil, op: 'update', count: 1, existing: 1, limit: 0, message: evil, examples: [evil] }],
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
