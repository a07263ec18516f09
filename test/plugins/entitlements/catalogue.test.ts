import { readFileSync } from 'node:fs'
import { collect, ZdsError, type Issue } from 'zds'
import { supportPlans } from 'zds/entitlements'
import { expect, test } from 'vitest'
import { parseCatalogue } from '../../../plugins/entitlements/catalogue.ts'
import { catalogue, runOn, TODAY, value } from './support.ts'

const GOOD = `subscriptions:
  sub_a: ["A - 1 Year", "A - 2 Year"]
  sub_b:
    - "B - 1 Year"
levels:
  ultimate: [sub_b]
  premium: [sub_a]
us_government:
  standard: []
  exception: [sub_a]
base_tiers: [sub_a]
regions:
  AMER: org_region_amer
`

/** `line: message` of every problem of a file. */
async function problemsOf(text: string): Promise<string[]> {
  const failure = await parseCatalogue('plans.yaml', text).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ZdsError)
  expect(failure).toMatchObject({ code: 'FILE_INVALID' })
  return issuesOf(failure).map(
    ({ where, message, hint }) => `${where}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  )
}

const issuesOf = (failure: unknown): readonly Issue[] => (failure instanceof ZdsError ? failure.issues : [])

test('PROC-30: the levels come as a list, the highest first', async () => {
  expect((await parseCatalogue('plans.yaml', GOOD)).levels).toEqual([
    { level: 'ultimate', types: ['sub_b'] },
    { level: 'premium', types: ['sub_a'] },
  ])
})

test('PLAN-01, PLAN-03: types with their charge names, and the types that lead to US Government, with and without the exception', async () => {
  const { subscriptions, us_government: government } = await parseCatalogue('plans.yaml', GOOD)
  expect(subscriptions).toEqual({ sub_a: ['A - 1 Year', 'A - 2 Year'], sub_b: ['B - 1 Year'] })
  expect(government).toEqual({ standard: [], exception: ['sub_a'] })
})

test('PROC-31, AMB-11: the plans file that is shipped gives each type the documented level', async () => {
  const { subscriptions, levels } = await parseCatalogue('data/plans.yaml', readFileSync('data/plans.yaml', 'utf8'))
  const types = Object.keys(subscriptions)
  const starting = (...beginnings: string[]) =>
    types.filter((type) => beginnings.some((beginning) => type.startsWith(beginning)))
  const found = Object.fromEntries(levels.map(({ level, types: some }) => [level, new Set(some)]))
  expect(levels.map(({ level }) => level)).toEqual([
    'ultimate',
    'gold',
    'premium',
    'silver',
    'consumption_only',
    'custom',
    'community',
  ])
  expect(found).toEqual({
    ultimate: new Set(['sub_sm_ultimate', 'sub_gitlab_dedicated', 'usgov_fedramp']),
    gold: new Set(['sub_dotcom_ultimate']),
    premium: new Set(['sub_sm_premium']),
    silver: new Set(['sub_dotcom_premium']),
    consumption_only: new Set(starting('sub_consumption_')),
    custom: new Set(starting('sub_ss_', 'sub_usgov_')),
    community: new Set(['sub_edu', 'sub_oss', 'sub_community_other']),
  })
})

test('the plans file that is shipped holds what the samples hold', async () => {
  const [shipped] = await collect(supportPlans(value('data/plans.yaml')).read(runOn(TODAY)))
  const [sample] = await collect(catalogue.read(runOn(TODAY)))
  expect({ ...shipped, where: '' }).toEqual({ ...sample, where: '' })
})

test('AMB-06, AMB-09, AMB-25: so are the types that lead to US Government, the base tiers and the regions', async () => {
  const shipped = await parseCatalogue('data/plans.yaml', readFileSync('data/plans.yaml', 'utf8'))
  const { us_government: government, base_tiers: tiers, regions, subscriptions } = shipped
  const standard = ['sub_usgov_12x5', 'sub_usgov_24x7', 'usgov_fedramp']
  const duo = Object.keys(subscriptions).filter((type) => type.startsWith('sub_consumption_duo_'))
  const wider = ['sub_sm_premium', 'sub_sm_ultimate', 'sub_gitlab_dedicated', ...duo, 'sub_ss_ase']
  expect(duo).toHaveLength(3)
  expect(new Set(government.standard)).toEqual(new Set(standard))
  expect(new Set(government.exception)).toEqual(new Set([...standard, ...wider]))
  const ofATier = Object.keys(subscriptions).filter((type) => /^sub_(dotcom|sm)_|^sub_gitlab_dedicated$/.test(type))
  expect(new Set(tiers)).toEqual(new Set(ofATier))
  expect(regions).toEqual({ AMER: 'org_region_amer', EMEA: 'org_region_emea', APJ: 'org_region_apac' })
})

test('PLAN-04: names keep their blanks', async () => {
  const { subscriptions } = await parseCatalogue('data/plans.yaml', readFileSync('data/plans.yaml', 'utf8'))
  expect(subscriptions['sub_gitlab_dedicated']).toContain('Dedicated - Administration Fee  [XLarge] - 1 Year')
  const padded = await parseCatalogue('plans.yaml', GOOD.replace('"B - 1 Year"', '" B  - 1 Year "'))
  expect(padded.subscriptions['sub_b']).toEqual([' B  - 1 Year '])
})

test.each([
  [
    'PLAN-09: a name under two types',
    GOOD.replace('"B - 1 Year"', '"A - 2 Year"'),
    [
      'plans.yaml:4: "A - 2 Year" is already listed under sub_a (plans.yaml:2) | A charge name grants exactly one subscription type.',
    ],
  ],
  [
    'PLAN-09: a name twice under one',
    GOOD.replace('"A - 2 Year"', '"A - 1 Year"'),
    [
      'plans.yaml:2: "A - 1 Year" is already listed under sub_a (plans.yaml:2) | A charge name grants exactly one subscription type.',
    ],
  ],
  [
    'a type in no level',
    GOOD.replace('premium: [sub_a]', 'premium: []'),
    ['plans.yaml:2: sub_a is in no level, so it would leave an account expired | List it under a level.'],
  ],
  [
    'a type in two levels',
    GOOD.replace('premium: [sub_a]', 'premium: [sub_a, sub_b]'),
    [
      'plans.yaml:7: "sub_b" is already listed under ultimate (plans.yaml:6) | A subscription type gives exactly one level.',
    ],
  ],
  [
    'an unknown type in a level',
    GOOD.replace('premium: [sub_a]', 'premium: [sub_a, sub_bb]'),
    ['plans.yaml:7: levels: "sub_bb" is no subscription type | Did you mean "sub_b"?'],
  ],
  [
    'an unknown type elsewhere',
    GOOD.replace('exception: [sub_a]', 'exception: [zzzzzz]'),
    ['plans.yaml:10: us_government: "zzzzzz" is no subscription type | Known are: sub_a, sub_b.'],
  ],
  [
    'a level called expired',
    GOOD.replace('premium:', 'expired:'),
    ['plans.yaml:7: expired is the level of accounts without any of these types, it cannot be given'],
  ],
  [
    'a key twice',
    GOOD.replace('sub_b:', 'sub_a:').replace('[sub_b]', '[]'),
    ['plans.yaml:3: repeats a key of the lines before it'],
  ],
  [
    'an unknown section',
    GOOD.replace('base_tiers', 'base_tier'),
    [
      'plans.yaml:1: the file lacks "base_tiers"',
      'plans.yaml:11: the file has no "base_tier" | Did you mean "base_tiers"?',
    ],
  ],
  [
    'a section of the wrong shape',
    GOOD.replace('["A - 1 Year", "A - 2 Year"]', 'A - 1 Year'),
    ['plans.yaml:2: subscriptions.sub_a must be a list'],
  ],
  [
    'a name that is a number',
    GOOD.replace('"B - 1 Year"', '1000'),
    ['plans.yaml:4: subscriptions.sub_b.0 must be text; put it in quotes if it looks like something else'],
  ],
  [
    'no types',
    GOOD.replace(/ {2}sub_a: .*\n {2}sub_b:\n.*\n/, '  {}\n').replaceAll(/\[sub_[ab]\]/g, '[]'),
    ['plans.yaml:1: lists no subscription type'],
  ],
  ['nothing', '', ['plans.yaml:1: the file must be a mapping of keys to values']],
])('FILE_INVALID: %s', async (_what, text, expected) => {
  expect(await problemsOf(text)).toEqual(expected)
})

test('FILE_INVALID: syntax errors have their lines, all at once', async () => {
  const found = await problemsOf(GOOD.replace('[sub_b]', '[sub_b').replace('AMER: ', 'AMER: "'))
  expect(found.length).toBeGreaterThan(1)
  for (const line of found) expect(line).toMatch(/^plans\.yaml:\d+: /)
})

test('FILE_INVALID: several problems come together', async () => {
  const text = GOOD.replace('"B - 1 Year"', '"A - 1 Year"')
    .replace('premium: [sub_a]', 'premium: [sub_x]')
    .replace('regions', 'region')
  expect((await problemsOf(text)).length).toBe(5)
})

test('FILE_NOT_FOUND names the variable, and a check reports instead of failing', async () => {
  const source = supportPlans(value('data/no-such-file.yaml'))
  await expect(collect(source.read(runOn(TODAY)))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    hint: 'Create the file, or set A_SETTING to where it is: a relative path counts from the configuration.',
  })
  expect(await source.check?.(runOn(TODAY))).toMatchObject([
    { code: 'FILE_NOT_FOUND', where: 'data/no-such-file.yaml' },
  ])
  expect(await catalogue.check?.(runOn(TODAY))).toEqual([])
})
