import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainKey, type ExplainAsked, type Explanation, type SyncAnswer } from '../../../src/core/answers/explain.ts'
import {
  collect,
  filtered,
  lowerCase,
  openEngine,
  sync,
  text,
  type Change,
  type Config,
  type Desired,
  type Engine,
  type Explained,
  type Json,
  type Many,
  type Processor,
} from 'zds'
import { fieldsOf, verdictOf } from '../../../src/core/answers/verdict.ts'
import type { AnswerFrom } from '../../../src/core/answers/on-gathered.ts'
import { UNWATCHED } from '../../../src/core/run/schedule.ts'
import { fakeClock } from 'zds/testing'
import { absent, held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

/** What the target holds. */
const records = [
  held('1', 'OLD', { name: 'Old Inc', support_level: 'silver' }),
  held('2', 'same', { name: 'Same Inc', support_level: 'gold' }),
  held('3', 'gone', { name: 'Gone Inc' }),
  held('4', 'late', { name: 'Late Inc' }),
  held('5', 'over', { name: 'Over Inc', mark_for_deletion: true }),
  held('6', null, { name: 'Keyless Inc' }),
  held('7', 'friend', { name: 'Friend Inc', account_type: 'open_partner' }),
  held('8', 'ward', { name: 'Ward Inc' }),
  held('9', 'twin-1', { name: 'Twin' }),
  held('10', 'twin-2', { name: 'twin ' }),
  held('11', 'claimed', { name: 'Claimed Inc', account_type: 'open_partner' }),
  held('12', 'back', { name: 'Back Inc' }),
  held('13', 'SPELT', { name: 'Spelt Inc' }),
]

const desired: readonly Desired[] = [
  { kind: 'notice', key: 'rumour', code: 'odd', message: 'nobody knows it' },
  { kind: 'notice', key: 'same', code: 'even', message: 'has an even charge' },
  wanted('old', { name: 'Old Inc', support_level: 'gold', external_id: 'old' }),
  wanted('same', { name: 'Same Inc', support_level: 'gold', external_id: 'same' }),
  wanted('twin-1', { name: 'Twin' }),
  wanted('twin-2', { name: 'twin ' }),
  wanted('claimed', { name: 'Claimed Inc', aar: 5 }),
  wanted('spelt', { name: 'Spelt Inc' }),
  { ...wanted('new', { name: 'New Inc', support_level: 'gold' }), along: { people: 1 } },
  wanted('held', { name: 'Held Inc', support_level: 'expired' }),
  wanted('taken', { name: 'Taken Inc' }),
  { kind: 'skip', key: 'left', reason: 'duplicate-email', name: 'Left Inc' },
  absent('LATE', 'retention'),
  absent('over', 'retention'),
  absent('never', 'no-subscription'),
  absent('back', 'type-changed'),
  { kind: 'notice', key: 'old', code: 'odd', message: 'has an odd charge' },
]

/** What the processor knows of keys as it spells them, and of an address. */
const known: { readonly [asked: string]: Explained } = {
  old: {
    key: 'old',
    rows: [{ source: 'sales', row: { Id: 'old' } }],
    fields: { support_level: { from: 'Level', rules: ['PROC-31', 'SFA-14'] } },
    rules: [{ id: 'PROC-31', about: 'the level', changed: { support_level: { from: null, to: 'gold' } } }],
    charges: [{ name: 'Gold', type: 'gold', start: null, end: null, quantity: 1, grants: true, why: 'it counts' }],
    subscriptions: [{ id: 'S1', start: null, end: null, kept: true, because: 'it is theirs' }],
    overrides: [{ file: 'own.yaml', line: 2, set: {}, reason: 'Ada', expiry: null, active: false }],
  },
  secret: { key: 'secret', absent: 'retention', rows: [{ source: 'sales', row: 'secret' }], fields: {} },
  'ada@x.example': { key: 'new', rows: [], fields: {} },
  // A record that was read goes first.
  'Held INC': { key: 'never', rows: [], fields: {} },
}

const sales = sourceOf('sales', [1])
const customers: Processor = {
  ...sourceOf<Desired>('customers', desired),
  needs: [sales],
  explain: async (asked, run) => {
    await collect(run.input(sales))
    return [known[asked] ?? []].flat()
  },
}
const target = {
  ...targetOf({ records, words: { 'id-taken': 'another record has its id' } }),
  /** Who has the id is in sync. */
  prepare: async (changes: Many<Change>) => ({
    changes: filtered(changes, ({ key }) => key !== 'taken'),
    skipped: [...changes].some(({ key }) => key === 'taken') ? [{ key: 'taken', reason: 'id-taken', id: '2' }] : [],
  }),
  describe: ({ op }: { readonly op: string }) =>
    op === 'create' ? [{ code: 'people', message: 'Ann comes too' }] : [],
}
const global = syncOf(
  {
    fold: lowerCase,
    owns: (one) => !isPartner(one),
    protects: ({ salesforce_id: key }) => key === 'ward',
    ids: { aar: 'AAR-1' },
  },
  { target, desired: customers },
)
const partners = syncOf(
  { fold: lowerCase, owns: isPartner, takesOver: true, retireFor: [] },
  {
    target,
    desired: sourceOf<Desired>('partners', [
      wanted('friend', { name: 'Friend Inc', account_type: 'open_partner' }),
      wanted('back', { name: 'Back Inc', account_type: 'open_partner' }),
    ]),
  },
)
const links = { user: text('User'), group: text('Group') }
const memberships = sync({
  fields: links,
  desired: sourceOf<Desired>('wanted-links', [{ kind: 'record', key: 'u1/g1', fields: { user: 'u1', group: 'g1' } }]),
  target: targetOf({
    name: 'memberships',
    types: links,
    records: [
      { id: '21', fields: { user: 'u1', group: 'g1' } },
      { id: '22', fields: { user: 'u2', group: 'g1' } },
    ],
  }),
  rules: { key: ['user', 'group'], retire: 'remove' },
})
const email = { email: text('Email') }
const people = ['bob@x.example', 'small']
/** One that folds no key. */
const users = sync({
  fields: email,
  desired: sourceOf<Desired>(
    'persons',
    people.map((key) => ({ kind: 'record', key, fields: { email: key } })),
  ),
  target: targetOf({
    name: 'users',
    address: 'https://users.example',
    types: email,
    records: people.map((key) => ({ id: `u-${key}`, fields: { email: key } })),
  }),
  rules: { key: 'email' },
})
const config: Config = {
  sources: { sales },
  processors: { customers },
  targets: { global, partners, memberships, users },
}

let directory: string
let engine: Engine
let run: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'zds-explain-'))
  engine = await openEngine({ config, directory, clock: fakeClock(), fingerprint: 'x'.repeat(64) })
  const plan = await engine.plan()
  run = (await engine.shared.state.runs())[0] ?? ''
  const { journal } = engine.shared.state
  const at = (hour: number): Date => new Date(`2026-03-15T0${hour}:00:00Z`)
  for (const hour of [1, 2, 3]) await journal.begin({ id: `run-${hour}`, plan, forced: false, at: at(hour) })
  await journal.record({
    run: 'run-3',
    sync: 'global',
    steps: [
      { status: 'sending', keys: ['late'] },
      { key: 'old', status: 'done', id: '1' },
      { key: 'gone', status: 'failed', code: 'no-right', message: 'Not allowed' },
    ],
    at: at(3),
  })
  await journal.end('run-3', 'failed', at(4))
  // One of another sync says nothing of the records of these.
  await journal.begin({ id: 'run-4', plan: { ...plan, syncs: [] }, forced: false, at: at(5) })
})
afterAll(async () => {
  await engine.close()
  rmSync(directory, { recursive: true })
})

const explained = (asked: Partial<ExplainAsked>): Promise<Explanation> =>
  explainKey({ asked: 'old', ...asked }, engine.shared, run)

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What is said of a key, the fields that somebody manages, and the rules, as a person reads it. */
function shown({ fields, rules, ...answer }: SyncAnswer): string[] {
  const { sync: by, verdict, reason, means, id = 'no record', name = 'no name', owner = 'nobody' } = answer
  const managed = fields.filter((field) => field.verdict !== 'not-managed')
  return [
    `${by}: ${verdict}${reason === undefined ? '' : `, ${reason}: ${means}`} (${id}, ${name}, of ${owner})`,
    ...managed.map(
      (one) =>
        `${one.field} ${one.verdict}: ${textOf(one.live)} ${textOf(one.desired)} (${one.from}) ${one.rules.join()}`,
    ),
    ...rules.map((rule) => `${rule.id} ${rule.about}`),
  ]
}

const inSync = 'CMP-02 It is there, and as it should be.'
const created = 'CMP-04 It is desired and not there yet, so it is created.'
const retiring = 'AMB-17 It is there and nobody desires it, so it is retired.'
const unmarked = 'mark_for_deletion same: false false (customers) AMB-18'
const retired = (reason: string): string[] => [
  `mark_for_deletion differs: false true (${reason}, so it is retired) AMB-17,AMB-18`,
  retiring,
]

describe('what becomes of a key is told with its reason, its fields and the rules behind it', () => {
  it.each<[asked: string, key: string, said: readonly string[]]>([
    [
      'same',
      'same',
      [
        'global: in-sync (2, Same Inc, of global)',
        'name same: Same Inc Same Inc (customers) AMB-20',
        'salesforce_id same: same same (customers) CMP-01',
        'support_level same: gold gold (customers) ',
        unmarked,
        inSync,
      ],
    ],
    [
      '13',
      'spelt',
      [
        'global: in-sync (13, Spelt Inc, of global)',
        'name same: Spelt Inc Spelt Inc (customers) AMB-20',
        'salesforce_id same: SPELT spelt (customers) CMP-01',
        unmarked,
        inSync,
      ],
    ],
    [
      'new',
      'new',
      [
        'global: create (no record, New Inc, of nobody)',
        'name differs: null New Inc (customers) AMB-20',
        'salesforce_id differs: null new (customers) CMP-01',
        'support_level differs: null gold (customers) ',
        unmarked,
        created,
      ],
    ],
    [
      'gone',
      'gone',
      ['global: retire, gone: nothing that was read speaks of it (3, Gone Inc, of global)', ...retired('gone')],
    ],
    ['late', 'late', ['global: retire, retention: expired long ago (4, Late Inc, of global)', ...retired('retention')]],
    [
      'over',
      'over',
      [
        'global: in-sync, retention: expired long ago (5, Over Inc, of global)',
        'mark_for_deletion same: true true (retention, so it is retired) AMB-17,AMB-18',
        'AMB-17 Nobody desires it, and it is retired already.',
      ],
    ],
    [
      '6',
      '6',
      [
        'global: skipped, no-key: has no key, so nobody knows whose it is (6, Keyless Inc, of global)',
        'AMB-16 no-key: has no key, so nobody knows whose it is',
      ],
    ],
    [
      'ward',
      'ward',
      [
        'global: skipped, protected: is protected from being retired (8, Ward Inc, of global)',
        'CMP-07 protected: is protected from being retired',
      ],
    ],
    [
      'held',
      'held',
      [
        'global: skipped, expired-not-created: expired, and has no record yet (no record, Held Inc, of nobody)',
        'name differs: null Held Inc (customers) AMB-20',
        'salesforce_id differs: null held (customers) CMP-01',
        'support_level differs: null expired (customers) ',
        unmarked,
        'CMP-04 expired-not-created: expired, and has no record yet',
      ],
    ],
    [
      'taken',
      'taken',
      [
        'global: skipped, id-taken: another record has its id (no record, Taken Inc, of nobody)',
        'name differs: null Taken Inc (customers) AMB-20',
        'salesforce_id differs: null taken (customers) CMP-01',
        unmarked,
        'CHG-11 id-taken: another record has its id',
      ],
    ],
    [
      'left',
      'left',
      [
        'global: skipped, duplicate-email: another contact has this address (no record, no name, of nobody)',
        'CHG-11 duplicate-email: another contact has this address',
      ],
    ],
    ['never', 'never', ['global: absent, no-subscription: has no subscription (no record, no name, of nobody)']],
    ['secret', 'secret', ['global: absent, retention: expired long ago (no record, no name, of nobody)']],
    [
      'claimed',
      'claimed',
      [
        'global: skipped, not-owned: is none that its sync answers for (11, Claimed Inc, of partners)',
        'name same: Claimed Inc Claimed Inc (customers) AMB-20',
        'salesforce_id same: claimed claimed (customers) CMP-01',
        'aar differs: null 5 (customers) AAR-1',
        unmarked,
        'AMB-19 not-owned: is none that its sync answers for',
        'partners: skipped, kept-by-rule: its reason is not one that retires (11, Claimed Inc, of partners)',
        'AMB-17 kept-by-rule: its reason is not one that retires',
      ],
    ],
    [
      'back',
      'back',
      [
        'global: retire, type-changed: has another type (12, Back Inc, of global)',
        ...retired('type-changed'),
        'partners: update (12, Back Inc, of partners)',
        'name same: Back Inc Back Inc (partners) AMB-20',
        'salesforce_id same: back back (partners) CMP-01',
        'account_type differs: null open_partner (partners) ',
        'mark_for_deletion same: false false (partners) AMB-18',
        'CMP-03 It is there and differs, so what differs is written.',
      ],
    ],
    [
      'u1/g1',
      'u1/g1',
      [
        'memberships: in-sync (21, no name, of memberships)',
        'user same: u1 u1 (wanted-links) CMP-01',
        'group same: g1 g1 (wanted-links) CMP-01',
        inSync,
      ],
    ],
    [
      '22',
      'u2/g1',
      ['memberships: retire, gone: nothing that was read speaks of it (22, no name, of memberships)', retiring],
    ],
  ])('%s', async (asked, key, said) => {
    const explanation = await explained({ asked })
    expect(explanation).toMatchObject({ key, asOf: '2026-03-16', gathered: 'now' })
    expect(explanation.syncs.flatMap(shown)).toEqual(said)
  })

  it('with all that its processor knows of it, and what is to be noticed', async () => {
    const { syncs } = await explained({ asked: 'OLD' })
    const { key: _, fields: __, rules = [], ...details } = known['old'] ?? {}
    const empty = { live: null, desired: null, verdict: 'not-managed', from: 'customers', rules: [] }
    const given = { live: false, desired: false }
    expect(syncs).toStrictEqual([
      {
        ...details,
        sync: 'global',
        instance: 'global',
        id: '1',
        name: 'Old Inc',
        owner: 'global',
        verdict: 'update',
        fields: [
          { field: 'name', live: 'Old Inc', desired: 'Old Inc', verdict: 'same', from: 'customers', rules: ['AMB-20'] },
          { ...empty, field: 'external_id', desired: 'old', verdict: 'differs', rules: ['SAFE-05'] },
          // Another spelling of it is no difference until something else is.
          { ...empty, field: 'salesforce_id', live: 'OLD', desired: 'old', verdict: 'differs', rules: ['CMP-01'] },
          { ...empty, field: 'account_type' },
          {
            field: 'support_level',
            live: 'silver',
            desired: 'gold',
            verdict: 'differs',
            from: 'Level',
            rules: ['PROC-31', 'SFA-14'],
          },
          { ...empty, field: 'aar', rules: ['AAR-1'] },
          { ...empty, field: 'support_hold', ...given },
          { ...empty, field: 'parent' },
          { ...empty, field: 'mark_for_deletion', ...given, verdict: 'same', rules: ['AMB-18'] },
        ],
        rules: [...rules, { id: 'CMP-03', about: 'It is there and differs, so what differs is written.', changed: {} }],
        along: [],
        notices: [{ code: 'odd', message: 'has an odd charge' }],
        outcome: { run: 'run-3', at: '2026-03-15T04:00:00.000Z', op: 'update', status: 'done' },
      },
    ])
  })

  it('and where nobody knows anything of it, nothing is said of that', async () => {
    const { syncs } = await explained({ asked: '6', field: 'aar' })
    const empty = { rules: [], charges: [], subscriptions: [], overrides: [], rows: [], along: [], notices: [] }
    expect(syncs).toStrictEqual([
      {
        ...empty,
        sync: 'global',
        instance: 'global',
        id: '6',
        name: 'Keyless Inc',
        owner: 'global',
        verdict: 'skipped',
        reason: 'no-key',
        means: 'has no key, so nobody knows whose it is',
        fields: [
          { field: 'aar', live: null, desired: null, verdict: 'not-managed', from: 'customers', rules: ['AAR-1'] },
        ],
        rules: [{ id: 'AMB-16', about: 'no-key: has no key, so nobody knows whose it is', changed: {} }],
      },
    ])
    expect((await explained({ asked: 'never' })).syncs).toStrictEqual([
      {
        ...empty,
        sync: 'global',
        instance: 'global',
        verdict: 'absent',
        reason: 'no-subscription',
        means: 'has no subscription',
        fields: [],
      },
    ])
  })

  it('with who comes along', async () => {
    expect((await explained({ asked: 'new' })).syncs).toMatchObject([
      { along: [{ code: 'people', message: 'Ann comes too' }] },
    ])
  })

  it.each([
    ['late', [{ run: 'run-3', at: '2026-03-15T04:00:00.000Z', op: 'retire', status: 'sending' }]],
    [
      'gone',
      [
        {
          run: 'run-3',
          at: '2026-03-15T04:00:00.000Z',
          op: 'retire',
          status: 'failed',
          code: 'no-right',
          message: 'Not allowed',
        },
      ],
    ],
    ['22', [{ run: 'run-3', at: '2026-03-15T04:00:00.000Z', op: 'remove', status: 'not-attempted' }]],
    ['same', [undefined]],
  ])('with what became of its last change: %s', async (asked, outcomes) => {
    expect((await explained({ asked })).syncs.map(({ outcome }) => outcome)).toEqual(outcomes)
  })
})

describe('what is asked for', () => {
  it.each([
    ['a key in another case', 'SAME', 'same'],
    ['the id of a record', '2', 'same'],
    ['a name, whatever its case and what is around it (AMB-20)', ' same inc ', 'same'],
    ['the name of what has no record yet', 'Held INC', 'held'],
    ['an address of somebody whom only the processor knows', 'Ada@X.example', 'new'],
    ['the name of a record that nobody desires', 'GONE inc', 'gone'],
    ['an address in any case, where keys are not folded (USR-03)', ' Bob@X.example ', 'bob@x.example'],
  ])('may be %s', async (_what, asked, key) => {
    expect((await explained({ asked })).key).toBe(key)
  })

  it.each([
    ['a part of a name', 'claim', 'Did you mean "Claimed Inc"?'],
    ['a part that two records have in one name', 'WIN', 'Did you mean "Twin"?'],
    ['a slip in a name', 'Freind Inc', 'Did you mean "Friend Inc"?'],
    ['a part of many', ' inc', 'Did you mean "Back Inc", "Claimed Inc", "Friend Inc" or another of 14?'],
  ])('may be near: %s', async (_what, asked, hint) => {
    const message = `Nothing that was read is called ${asked}`
    await expect(explained({ asked })).rejects.toMatchObject({ code: 'USAGE', message, hint })
  })

  it.each<[Partial<ExplainAsked>, string, string]>([
    [{ asked: 'x' }, 'Nothing that was read is called x', 'Give the key itself'],
    [{ asked: 'SMALL' }, 'Nothing that was read is called SMALL', 'Give the key itself'],
    [{ asked: 'rumour' }, 'Nothing that was read is called rumour', 'Give the key itself'],
    [{ asked: ' ' }, 'Nothing that was read is called  ', 'Give the key itself'],
    [{ asked: 'Twin' }, 'Twin may be any of twin-1, twin-2', 'Ask for one of these, or for one sync: --sync NAME.'],
    [{ sync: 'globl' }, 'There is no sync globl', 'Did you mean "global"?'],
    [{ field: 'support_levl' }, 'There is no field support_levl', 'Did you mean "support_level"?'],
    [{ sync: 'memberships', field: 'support_level' }, 'There is no field support_level', ''],
  ])('%j is a slip where it is nothing, or several', async (asked, message, hint) => {
    const slip = { code: 'USAGE', message, hint: expect.stringContaining(hint) as string }
    await expect(explained(asked)).rejects.toMatchObject(slip)
  })

  it('may be one sync, and one field', async () => {
    const { syncs } = await explained({ asked: 'back', sync: 'partners', field: 'account_type' })
    expect(syncs.map(({ sync: by, fields }) => [by, fields.map(({ field }) => field)])).toEqual([
      ['partners', ['account_type']],
    ])
  })
})

describe('where a plan says nothing of a key', () => {
  const nothing = { sync: global, key: 'a', live: undefined, record: undefined, absent: undefined }
  const unplanned = { ...nothing, change: undefined, skip: undefined, words: {} }

  it('a record that is desired and not there is somebody else’s; one that is there and is not desired, and is its own, is gone', () => {
    const [live] = records
    expect(verdictOf({ ...unplanned, record: {} })).toEqual({ verdict: 'absent', reason: 'not-owned' })
    expect(verdictOf({ ...unplanned, live })).toEqual({ verdict: 'in-sync', reason: 'gone' })
    expect(verdictOf(unplanned)).toBeUndefined()
    expect(fieldsOf(unplanned, { fields: {} }, { verdict: 'absent' })).toEqual([])
  })
})

describe('rows are taken', () => {
  /** What is explained of `old`, and the stages that it took. */
  async function asked(by: Engine, from: AnswerFrom) {
    const started: string[] = []
    const watch = { ...UNWATCHED, started: ({ id }: { readonly id: string }) => void started.push(id) }
    const { gathered, asOf, syncs } = await by.explain({ asked: 'old' }, from, watch)
    const level = syncs[0]?.fields.find(({ field }) => field === 'support_level')?.desired
    return { gathered, asOf, level, started: started.toSorted() }
  }
  const compared = ['compare:global', 'compare:memberships', 'compare:partners']

  it('from a run that has planned, with what it has compared where nothing has changed since', async () => {
    const now = { gathered: `run ${run}`, asOf: '2026-03-16', level: 'gold', started: [] }
    expect(await asked(engine, { from: 'last' })).toEqual(now)
    expect(await asked(engine, { from: run, asOf: '2026-03-16' })).toEqual(now)
  })

  it.each(['another configuration', 'another day'])('from there, and compared anew: %s', async (what) => {
    const bronze = desired.map((one) =>
      one.kind === 'record' && one.key === 'old' ? { ...one, fields: { ...one.fields, support_level: 'bronze' } } : one,
    )
    const changed = { ...global, desired: { ...customers, read: () => stream(bronze) } }
    const { state, clock } = engine.shared
    const other = what === 'another configuration'
    const again = await openEngine({
      config: { ...config, processors: {}, targets: { ...config.targets, global: changed } },
      fingerprint: other ? 'y'.repeat(64) : 'x'.repeat(64),
      state: { ...state, close: async () => undefined },
      clock,
    })
    const { started, ...said } = await asked(again, { from: 'last', ...(!other && { asOf: '2026-03-17' }) })
    expect(said).toEqual({ gathered: `run ${run}`, asOf: other ? '2026-03-16' : '2026-03-17', level: 'bronze' })
    expect(started).toEqual(expect.arrayContaining(compared))
    await again.close()
  })

  it('from the services, where no run is named', async () => {
    const { started, ...said } = await asked(engine, {})
    expect(said).toEqual({ gathered: 'now', asOf: '2026-03-16', level: 'gold' })
    expect(started).toEqual(expect.arrayContaining(compared))
  })
})
