import { readFileSync } from 'node:fs'
import { collect, isObject, parseJson, ZdsError } from 'zds'
import { overrides, supportPlans } from 'zds/entitlements'
import { expect, test } from 'vitest'
import { entriesOf } from '../../../plugins/entitlements/overrides/entries.ts'
import { salesforceId } from '../../../plugins/entitlements/salesforce-id.ts'
import { catalogue, runOn, TABLES, TODAY, value } from './support.ts'

const parse = async (text: string) => entriesOf('o.yaml', text, TABLES, TODAY, await catalogue.load())

/** `line: message` of every problem of a file. */
async function problemsOf(text: string): Promise<string[]> {
  const failure = await parse(text).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'FILE_INVALID' })
  return failure instanceof ZdsError
    ? failure.issues.map(({ where, message, hint }) => `${where}: ${message}${hint === undefined ? '' : ` | ${hint}`}`)
    : []
}

const entry = (lines: readonly string[], id = '"001000000000001AAA"') =>
  `- salesforce_id: ${id}\n${lines.map((line) => `  ${line}\n`).join('')}`
const SET = 'set: { account_owner: Ada }'
const REASON = 'reason: a test'

test('AMB-04: an entry with everything, and one with as little as can be', async () => {
  const text = `${entry(['instance: us_gov', 'set: { number_of_seats: 5, sub_sm_premium: true }', 'reason: why', 'expires_on: 2026-12-31'])}${entry([SET, REASON], '"001000000000002"')}`
  expect(await parse(text)).toEqual([
    {
      where: 'o.yaml:1',
      salesforce_id: '001000000000001AAA',
      instance: 'us_gov',
      set: { number_of_seats: 5, sub_sm_premium: true },
      reason: 'why',
      expires_on: '2026-12-31',
    },
    {
      where: 'o.yaml:6',
      salesforce_id: '001000000000002AAA',
      instance: null,
      set: { account_owner: 'Ada' },
      reason: 'a test',
      expires_on: null,
    },
  ])
})

const NAMED = 'entry "001000000000001AAA": '
test.each([
  [
    'an unknown key',
    entry([SET, REASON, 'untill: 2026-01-01']),
    'o.yaml:4: entry "001000000000001AAA" has no "untill" | Known are: salesforce_id, instance, set, reason, expires_on.',
  ],
  ['no reason', entry([SET]), 'o.yaml:1: entry "001000000000001AAA" lacks "reason"'],
  [
    'an empty reason',
    entry([SET, 'reason: " "']),
    `o.yaml:3: ${NAMED}the reason is empty | Say why, for whoever meets this entry later.`,
  ],
  [
    'an unknown field',
    entry(['set: { acount_owner: Ada }', REASON]),
    `o.yaml:2: ${NAMED}there is no field "acount_owner" | Did you mean "account_owner"?`,
  ],
  [
    'a field of the other instance',
    entry(['instance: us_gov', 'set: { aar: 1 }', REASON]),
    `o.yaml:3: ${NAMED}there is no field "aar" | Did you mean "arr"?`,
  ],
  [
    'a wrong type',
    entry(['set:', '  sub_sm_premium: "yes"', REASON]),
    `o.yaml:3: ${NAMED}sub_sm_premium must be true or false, not "yes"`,
  ],
  [
    'text that YAML reads as a number',
    entry(['set: { account_owner: 12 }', REASON]),
    `o.yaml:2: ${NAMED}account_owner must be text, not 12`,
  ],
  [
    'a fraction',
    entry(['set: { number_of_seats: 1.5 }', REASON]),
    `o.yaml:2: ${NAMED}number_of_seats must be a whole number, not 1.5`,
  ],
  [
    'an expiration date that is none',
    entry(['set: { expiration_date: 2026-02-30 }', REASON]),
    `o.yaml:2: ${NAMED}expiration_date must be a date, YYYY-MM-DD, not "2026-02-30"`,
  ],
  [
    'no expiration date',
    entry(['set: { expiration_date: null }', REASON]),
    `o.yaml:2: ${NAMED}expiration_date must be a date, YYYY-MM-DD, not null`,
  ],
  [
    'a subscription that is left open: it would be taken away',
    entry(['set:', '  sub_sm_premium:', REASON]),
    `o.yaml:3: ${NAMED}sub_sm_premium must be true or false, not null`,
  ],
  [
    'a number that is left open: the field would be emptied',
    entry(['instance: global', 'set:', '  account_owner: Ada', '  seats_decimal:', REASON]),
    `o.yaml:5: ${NAMED}seats_decimal has no value: the line was left open | Write the value, or null where the field is to be emptied, or take the line out.`,
  ],
  [
    'a text that is left open within braces',
    entry(['set: { account_owner: , solutions_architect }', REASON]),
    `o.yaml:2: ${NAMED}account_owner has no value: the line was left open | Write the value, or null where the field is to be emptied, or take the line out.`,
    `o.yaml:2: ${NAMED}solutions_architect has no value: the line was left open | Write the value, or null where the field is to be emptied, or take the line out.`,
  ],
  [
    'the key itself',
    entry(['set: { salesforce_id: x }', REASON]),
    `o.yaml:2: ${NAMED}salesforce_id says whose record it is and stays what it is, not "x"`,
  ],
  [
    'AMB-18: a mark: it would retire an organization past its protection',
    entry(['set: { mark_for_deletion: true }', REASON]),
    `o.yaml:2: ${NAMED}mark_for_deletion is set by the sync alone (AMB-18)`,
  ],
  [
    'OVR-04: a level that is none',
    entry(['set: { support_level: golden }', REASON]),
    `o.yaml:2: ${NAMED}support_level has no option "golden" | Did you mean "gold"? It is computed after the overrides. Set the subscriptions that decide it, such as sub_sm_ultimate: true.`,
  ],
  [
    'a type that is none',
    entry(['set: { account_type: partner }', REASON]),
    `o.yaml:2: ${NAMED}account_type has no option "partner" | Known are: customer, former_customer. It is computed after the overrides. It follows from the level: set the subscriptions that decide it, such as sub_sm_ultimate: true.`,
  ],
  [
    'a region instead of its option',
    entry(['set: { org_region: EMEA }', REASON]),
    `o.yaml:2: ${NAMED}org_region has no option "EMEA" | Known are: org_region_amer, org_region_emea, org_region_apac.`,
  ],
  ['nothing set', entry(['set: {}', REASON]), `o.yaml:2: ${NAMED}it sets nothing`],
  [
    'an unknown instance',
    entry(['instance: usgov', SET, REASON]),
    `o.yaml:2: ${NAMED}there is no instance "usgov" | Did you mean "us_gov"?`,
  ],
  [
    'a bad end date',
    entry([SET, REASON, 'expires_on: soon']),
    `o.yaml:4: ${NAMED}"soon" is no date | Write it as YYYY-MM-DD.`,
  ],
  [
    'an id of the wrong length',
    entry([SET, REASON], '"00100000001"'),
    'o.yaml:1: entry "00100000001": this is no Salesforce id | It has 15 or 18 letters and digits, and case matters: copy Account_ID_18__c.',
  ],
  [
    'an id whose case was lost',
    entry([SET, REASON], '"001pl0000000005YAA"'),
    'o.yaml:1: entry "001pl0000000005YAA": this is no Salesforce id | It has 15 or 18 letters and digits, and case matters: copy Account_ID_18__c.',
  ],
  [
    'an id that YAML reads as a number',
    entry([SET, REASON], '001000000000001'),
    'o.yaml:1: entry number 1: salesforce_id must be text; put it in quotes if it looks like something else',
  ],
  [
    'the same field twice',
    `${entry([SET, REASON])}${entry([SET, REASON, 'instance: global'])}`,
    'o.yaml:4: entry 001000000000001AAA: account_owner is already set by the entry at o.yaml:1 | Keep one of them.',
  ],
  ['a key twice', entry([SET, SET, REASON]), 'o.yaml:3: repeats a key of the lines before it'],
  ['a mapping instead of a list', 'salesforce_id: x', 'o.yaml:1: the file must be a list'],
  ['an entry that is text', '- hello', 'o.yaml:1: entry number 1 must be a mapping of keys to values'],
  ['nothing at all', '# no overrides\n', 'o.yaml:1: is empty | Write [] where there are no overrides.'],
])('AMB-04: %s is refused', async (_what, text, ...expected) => {
  expect(await problemsOf(text)).toEqual(expected)
})

test('AMB-04: a field is emptied where the entry says so: null', async () => {
  const text = entry(['set: { account_owner: null, migration_date: ~ }', REASON])
  expect(await parse(text)).toMatchObject([{ set: { account_owner: null, migration_date: null } }])
})

test('AMB-04: all problems come together', async () => {
  expect(
    await problemsOf(
      `${entry(['set: { nothing_like_it: 1, aar: x }'], '"1"')}${entry([SET, REASON, 'expires_on: x'])}`,
    ),
  ).toHaveLength(5)
})

test('AMB-04: an entry that has ended makes room for the next', async () => {
  expect(await parse(`${entry([SET, REASON, 'expires_on: 2026-03-15'])}${entry([SET, REASON])}`)).toHaveLength(2)
  await expect(parse(`${entry([SET, REASON, 'expires_on: 2026-03-16'])}${entry([SET, REASON])}`)).rejects.toMatchObject(
    {
      code: 'FILE_INVALID',
    },
  )
})

test('the overrides file that is shipped is an empty list', async () => {
  expect(await collect(overrides({ from: value('data/overrides.yaml'), fields: TABLES }).read(runOn(TODAY)))).toEqual(
    [],
  )
})

test('a missing file is an error, not "no overrides"', async () => {
  const source = overrides({ from: value('data/nothing.yaml'), fields: TABLES })
  await expect(collect(source.read(runOn(TODAY)))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  expect(await source.check?.(runOn(TODAY))).toMatchObject([{ code: 'FILE_NOT_FOUND' }])
})

const encoded = (name: string) => `test/fixtures/cases/encoding/${name}.overrides.yaml`
const readFrom = (file: string) => collect(overrides({ from: value(file), fields: TABLES }).read(runOn(TODAY)))

test('a file with a byte order mark is read, one in Latin-1 refused with its line', async () => {
  expect(await readFrom(encoded('bom'))).toMatchObject([{ set: { sub_sm_ultimate: true } }])
  await expect(readFrom(encoded('latin1'))).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: `${encoded('latin1')}:3 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)`,
  })
})

test('a plans file that cannot be read is told by its own check, not by that of the overrides', async () => {
  const source = overrides({
    from: value('data/overrides.yaml'),
    fields: TABLES,
    catalogue: supportPlans(value('nowhere')),
  })
  expect(await source.check?.(runOn(TODAY))).toEqual([])
})

test('every account id of the samples is one, and is found from its first 15 characters', () => {
  const world = parseJson(readFileSync('test/fixtures/worlds/cases/world.json', 'utf8'))
  const tables = isObject(world) && isObject(world['salesforce']) ? world['salesforce']['Account'] : []
  const ids = (tables as readonly { readonly Id: string }[]).map(({ Id }) => Id) // the fixture has this shape
  expect(ids.length).toBeGreaterThan(200)
  expect(ids.map((id) => salesforceId(id.slice(0, 15)))).toEqual(ids)
})
