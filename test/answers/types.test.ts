import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { expectRefusal, file, scratch, writesTo, type Change } from '../cli/scratch.ts'
import { page } from '../docs/pages.ts'
import { typeErrorsIn } from '../docs/types.ts'
import { proposalsIn } from '../support/language-server.ts'
import { project, type Project } from '../support/zds.ts'

const FILE = 'zds.types.d.ts'
const world = generateWorld({ accounts: 20, seed: 1, asOf: '2026-03-16' })
let sandbox: Sandbox
let here: Project
let config: string
beforeAll(async () => {
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
  here = project(sandbox.env)
  config = readFileSync(join(here.directory, 'sync.config.ts'), 'utf8')
  const { code, stderr } = await here.zds('types')
  if (code !== 0) throw new Error(stderr)
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

const textOf = ({ directory }: Project): string => readFileSync(join(directory, FILE), 'utf8')

describe('zds types writes what the compiler needs', () => {
  test('the reference configuration fits the services, and nothing was written to them', async () => {
    expect(await typeErrorsIn(here.directory, ['sync.config.ts', FILE])).toBe('')
    expect(writesTo(sandbox)).toEqual([])
  })

  /** What is written instead of what, which error it is, and where it is told, if not on that line. */
  const slips: readonly [name: string, from: string, to: string, code: string, on?: string][] = [
    ['a field key', `  support_hold: checkbox`, `  suport_hold: checkbox`, 'TS2561'],
    ['a field of one instance', `  partner_customer: checkbox()`, `  partner_custmer: checkbox()`, 'TS2561'],
    [
      'a field of one instance in what several share',
      `  support_hold: checkbox('Support_Hold__c'),`,
      `  arr: decimal('CARR_This_Account__c'),`,
      'TS2353',
    ],
    [
      'a field that only the other instance has',
      `'sub_usgov_24x7'),\n`,
      `'sub_usgov_24x7', 'sub_edu'),\n`,
      'TS2322',
      `organizations({ fields: usGovFields })`,
    ],
    ['a type', `seats_decimal: decimal(`, `seats_decimal: integer(`, 'TS2375'],
    ['a dropdown as a text', `  support_level: dropdown(`, `  support_level: text(`, 'TS2375'],
    ['a dropdown value', `dropdown(fact('region'))`, `dropdown([], always('org_region_latam'))`, 'TS2375'],
    [
      'a dropdown value of another field',
      `account_type: dropdown(fact('type'))`,
      `account_type: dropdown(fact('level'))`,
      'TS2375',
    ],
    ['a level that no rule makes', `=== 'expired'`, `=== 'expird'`, 'TS2367'],
    ['a level of the limits', `  'silver',\n`, `  'sliver',\n`, 'TS2820'],
    ['a column', `text('Account_Owner_Calc__c')`, `text('Account_Owner_Calc')`, 'TS2345'],
    ['a column of a parent', `'Solutions_Architect_Lookup__r.Name'`, `'Solutions_Architect_Lookup__r.Nmae'`, 'TS2345'],
    [
      'the column of the key',
      `  key: 'Account_ID_18__c',\n  columnsOf: [globalFields`,
      `  key: 'Account_ID_18',\n  columnsOf: [globalFields`,
      'TS2820',
    ],
    ['a column of a lookup', `  in: 'Account.Account_ID_18__c'`, `  in: 'Acount.Account_ID_18__c'`, 'TS2820'],
    ['a fact', `dropdown(fact('level'))`, `dropdown(fact('levle'))`, 'TS2345'],
    ['a subscription', `'sub_ss_growth',\n`, `'sub_ss_growht',\n`, 'TS2345'],
    ['a number in a text', `text(fact('expiry'))`, `text(fact('seats'))`, 'TS2345'],
    [
      'a column of numbers in a text',
      `text('Technical_Account_Manager_Name__c')`,
      `text('CARR_This_Account__c')`,
      'TS2345',
    ],
    [
      'a derivation of another type',
      `text('Account_ID_18__c', first(15))`,
      `text('Account_ID_18__c', is('x'))`,
      'TS2379',
    ],
    ['an instance', `} satisfies OrganizationFields<'us-gov'>`, `} satisfies OrganizationFields<'us-gv'>`, 'TS2344'],
  ]
  const fileOf = (place: number): string => `slip-${place}.ts`
  let told: string
  beforeAll(async () => {
    const files = slips.map(([, from, to], place) => {
      const slipped = config.replace(from, () => to)
      if (slipped === config) throw new Error(`sync.config.ts does not contain ${from}`)
      writeFileSync(join(here.directory, fileOf(place)), slipped)
      return fileOf(place)
    })
    told = await typeErrorsIn(here.directory, [...files, FILE])
  })

  test.each(slips.map(([name], place) => [name, place] as const))(
    'a slip in %s is an error on its own line',
    (_, place) => {
      const [, , to, code, on = to.trim().split('\n')[0] ?? ''] = slips[place] ?? raise()
      const lines = readFileSync(join(here.directory, fileOf(place)), 'utf8').split('\n')
      const line = lines.findIndex((one) => one.includes(on)) + 1
      const errors = told.matchAll(new RegExp(`${fileOf(place)}\\((\\d+),\\d+\\): error (\\w+)`, 'g'))
      expect([...errors].map((error) => error.slice(1))).toContainEqual([String(line), code])
    },
  )

  test('docs/types.md shows what the compiler says', () => {
    const file = fileOf(slips.findIndex(([name]) => name === 'a column'))
    const line = told.split('\n').find((one) => one.includes(`${file}(`)) ?? 'nothing'
    expect(page('docs/types.md').text).toContain(line.replace(/^.*slip-\d+\.ts/, 'sync.config.ts'))
  })

  test('an editor is proposed what there is', async () => {
    const marked = config
      .replace(`text('Account_Owner_Calc__c')`, `text('▮')`)
      .replace(`  support_hold: checkbox(`, `  supp▮: checkbox(`)
      .replace(`dropdown(fact('level'))`, `dropdown(fact('▮'))`)
      .replace(`subscriptions('sub_edu'`, `subscriptions('▮'`)
      .replace(`  'silver',`, `  '▮',`)
    // The project of this directory is that of whoever compiled last.
    await typeErrorsIn(here.directory, ['sync.config.ts', FILE])
    const found = await proposalsIn(join(here.directory, 'sync.config.ts'), marked)
    expect(found).toMatchObject([
      expect.arrayContaining(['Account_Owner_Calc__c', 'Solutions_Architect_Lookup__r.Name']),
      expect.arrayContaining(['support_hold', 'support_level']),
      expect.arrayContaining(['level', 'region']),
      expect.arrayContaining(['sub_edu', 'sub_oss']),
      expect.arrayContaining(['silver', 'gold']),
    ])
    expect(found[1]).not.toContain('arr')
  })

  test('without the file any name will do, as before', async () => {
    const [, from, to] = slips[0] ?? raise()
    expect(await typeErrorsIn(here.directory, ['sync.config.ts'])).toBe('')
    writeFileSync(join(here.directory, 'any.ts'), config.replace(from, () => to).replace(`fact('level')`, `fact('x')`))
    expect(await typeErrorsIn(here.directory, ['any.ts'])).toBe('')
  })

  test('it holds neither addresses, people, records nor what is said of fields', async () => {
    const text = textOf(here)
    for (const value of Object.values(sandbox.env).filter((one) => (one?.length ?? 0) > 3))
      expect(text).not.toContain(value)
    expect(text).not.toMatch(/@|127\.0\.0\.1|https?:/)
    for (const { name } of sandbox.zendesk['us_gov']?.organizations ?? []) expect(text).not.toContain(name)
    expect(text).not.toContain('Customer Success Manager')
  })
})

describe('zds types and what changes in the services', () => {
  type Fields = World['zendesk'][string]['organization_fields']
  const withFields = (change: (fields: Fields) => Fields): World => {
    const global = world.zendesk['global'] ?? raise()
    const changed = { ...global, organization_fields: change(global.organization_fields) }
    return { ...world, zendesk: { ...world.zendesk, global: changed } }
  }
  const later = withFields((fields) => [
    ...fields
      .filter(({ key }) => key !== 'am_project_id')
      .map((field) => (field.key === 'aar' ? { ...field, type: 'text' as const } : field)),
    { key: 'account_industry', type: 'regexp' },
    { key: 'put_away', type: 'text', active: false },
  ])
  const DRIFT = {
    added: ['Instances.global.organizations.account_industry'],
    gone: ['Instances.global.organizations.am_project_id'],
    changed: ['Instances.global.organizations.aar'],
  }
  let now: Sandbox
  beforeAll(async () => {
    now = await startSandbox({ world: later, zendesk: { requestsPerMinute: 100_000 } })
  })
  afterAll(() => now.close())
  const before: Change = (directory) => writeFileSync(join(directory, FILE), textOf(here))

  test('the same services give the same file, and --check says so', async () => {
    const again = scratch(sandbox.env)
    expect(await again.zds('types', '--json')).toMatchObject({ code: 0 })
    expect(textOf(again)).toBe(textOf(here))
    expect(await again.zds('types', '--check')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing is new') as string,
    })
  })

  test('--check ends with 1 and writes nothing where it differs; then it is written', async () => {
    const there = scratch(now.env, before)
    const checked = await there.zds('types', '--check', '--json')
    expect(checked).toMatchObject({ code: 1 })
    expect(JSON.parse(checked.stdout)).toMatchObject({ file: FILE, ...DRIFT })
    expect(textOf(there)).toBe(textOf(here))
    expect(await there.zds('types')).toMatchObject({ code: 0 })
    expect(textOf(there)).toContain(`account_industry: 'text'`)
    expect(await there.zds('types', '--check')).toMatchObject({ code: 0 })
  })

  test('doctor warns of it, with an id; and says nothing where there is no such file', async () => {
    const found = JSON.parse((await scratch(now.env, before).zds('doctor', '--json')).stdout) as { findings: unknown[] }
    expect(found.findings).toContainEqual({
      id: 'types-stale:zds-types-d-ts',
      level: 'warning',
      where: FILE,
      message: `new: ${DRIFT.added[0]}; gone: ${DRIFT.gone[0]}; changed: ${DRIFT.changed[0]}`,
      hint: expect.stringContaining('zds types') as string,
    })
    const without = (await scratch(now.env).zds('doctor', '--json')).stdout
    expect(without).not.toContain(FILE)
    const right = (await scratch(sandbox.env, before).zds('doctor', '--json')).stdout
    expect(right).toContain('has the names that the services have')
  })

  test('nothing is written while a service cannot be asked, and all of them are named', async () => {
    const there = scratch({ ...sandbox.env, ZENDESK_US_GOV_URL: undefined, SALESFORCE_CLIENT_ID: undefined }, before)
    const { code, stdout, stderr } = await there.zds('types')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('ZENDESK_US_GOV_URL')
    expect(stderr).toContain('SALESFORCE_CLIENT_ID')
    expect(textOf(there)).toBe(textOf(here))
  })

  test('a file that somebody else wrote is left as it is', async () => {
    const there = scratch(sandbox.env, file(FILE, 'export type Mine = 1\n'))
    expectRefusal(await there.zds('types'), 'USAGE')
    expect(textOf(there)).toBe('export type Mine = 1\n')
    expect(await there.zds('types', '--out', 'other.d.ts')).toMatchObject({ code: 0 })
  })
})

function raise(): never {
  throw new Error('The world, or the list, is another one')
}
