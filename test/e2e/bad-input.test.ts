import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { edit, expectRefusal, file, running, scratch, writesTo, type Change } from '../cli/scratch.ts'
import { failureOf, runsOf } from '../support/runs.ts'
import type { Project, Result } from '../support/zds.ts'

const asOf = '2026-03-16'
const world = generateWorld({ accounts: 20, seed: 1, asOf })
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
})
afterAll(() => sandbox.close())

/** Nothing that is wrong with what was given may lead to a write (SAFE-07). */
afterEach(() => {
  const [write] = writesTo(sandbox)
  if (write !== undefined) throw new Error(`Something was written: ${write}`)
})

/** What the command line would say of a plan that cannot be made, without a process of its own. */
const planning = (...given: Parameters<typeof scratch>): Promise<Result> => {
  const here = scratch(...given)
  return saying(here, runsOf(here, asOf).plan())
}

/** The same of an apply. */
const applying = (...given: Parameters<typeof scratch>): Promise<Result> => {
  const here = scratch(...given)
  return saying(here, runsOf(here, asOf).apply())
}

/** Files are named as they would be where they are, in the directory of the project. */
async function saying({ directory }: Project, run: Promise<unknown>): Promise<Result> {
  const result = await failureOf(run)
  return { ...result, stderr: result.stderr.replaceAll(`${directory}/`, '') }
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim())

describe('a configuration that is missing or broken', () => {
  const cases: readonly [what: string, change: Change, code: string, ...says: (string | RegExp)[]][] = [
    [
      'is not there',
      (directory) => {
        rmSync(join(directory, 'sync.config.ts'))
        // The search ends at the root of a project.
        writeFileSync(join(directory, 'package.json'), '{}')
      },
      'CONFIG_NOT_FOUND',
      /There is no sync\.config\.ts in .* or above it/,
      /--config/,
    ],
    [
      'has a syntax error',
      edit('export default defineConfig({', 'export default defineConfig({{'),
      'CONFIG_BROKEN',
      /\(line \d+\)/,
    ],
    [
      'has an enum',
      edit('const http =', 'enum A { B }\nconst http ='),
      'CONFIG_BROKEN',
      /enum is not supported .*\(line \d+\)/,
      /plain objects/,
    ],
    [
      'imports a file that is not there',
      edit("'zds/slack-notify'", "'./slack.ts'"),
      'CONFIG_BROKEN',
      /Cannot find module .*slack\.ts/,
      /npm install/,
    ],
    [
      'imports a plugin that is not there',
      edit("'zds/slack-notify'", "'zds/slak-notify'"),
      'CONFIG_BROKEN',
      /slak-notify/,
    ],
    [
      'imports a name that is not there',
      edit('  checkbox,\n', '  checkbocks,\n'),
      'CONFIG_BROKEN',
      /'checkbocks' \(line \d+\)/,
    ],
    [
      'has no default export',
      edit('export default defineConfig', 'export const config = defineConfig'),
      'CONFIG_BROKEN',
      /has no default export/,
      /export default defineConfig/,
    ],
    ['is empty', file('sync.config.ts', ''), 'CONFIG_BROKEN', /has no default export/],
    [
      'has another shape',
      file('sync.config.ts', 'export default { sources: [], targets: { a: 1 }, hooks: { x: {} }, targts: {} }'),
      'CONFIG_INVALID',
      /✖ targts: .*sources, processors, targets, hooks/,
      /✖ sources: must be an object/,
      /✖ targets\.a: must be a sync/,
      /✖ hooks\.x: must be a sync or an observer/,
    ],
    [
      'throws',
      edit('const http =', "throw new Error('no luck')\nconst http ="),
      'CONFIG_BROKEN',
      /no luck \(line \d+\)/,
    ],
    [
      'has an address where a setting should be',
      edit("url: env('ZENDESK_GLOBAL_URL')", "url: 'https://acme.zendesk.com'"),
      'CONFIG_INVALID',
      /✖ zendesk\(global\)\.url: must be a setting: env\('NAME'\), or secret\('NAME'\) \(sync\.config\.ts:\d+\)/,
    ],
    [
      'has a path where a setting should be',
      edit("env('SUPPORT_PLANS', 'data/plans.yaml')", "'data/plans.yaml'"),
      'CONFIG_INVALID',
      /✖ supportPlans\.path: must be a setting/,
    ],
    [
      'has an id where a setting should be',
      edit("env('PARTNER_ALLIANCE_ACCOUNT_ID')", "'001000000000001AAA'"),
      'CONFIG_INVALID',
      /✖ a typed setting\.from: must be a setting/,
    ],
    [
      'has entries of a field table that are no fields: all are named',
      (directory) => {
        edit("text('Account_Owner_Calc__c')", "'Account_Owner_Calc__c'")(directory)
        edit("name('Name')", 'undefined')(directory)
      },
      'CONFIG_INVALID',
      /✖ name: is no field/,
      /✖ account_owner: is no field.*\n.*text\('Column__c'\)/,
    ],
    [
      'has a value where a derivation should be',
      edit("is('Restricted Party')", "'Restricted Party'"),
      'CONFIG_INVALID',
      /A field of checkbox was given "Restricted Party" .*\(line \d+\)\n.*is\('…'\)/,
    ],
  ]
  test.each(cases)('%s', async (_, change, code, ...says) => {
    const here = scratch(sandbox.env, change)
    const result = await here.zds('plan', '--json')
    expectRefusal(result, code)
    expect(result.stderr).toContain(code === 'CONFIG_NOT_FOUND' ? here.directory : 'sync.config.ts')
    for (const text of says) expect(result.stderr).toMatch(text)
  })

  test('--config names a file that is not there', async () => {
    const result = await scratch(sandbox.env).zds('graph', '--json', '--config', 'other.config.ts')
    expectRefusal(result, 'CONFIG_NOT_FOUND')
    expect(result.stderr).toMatch(/There is no file .*other\.config\.ts/)
  })

  test('an option that a plugin does not know is named with its plugin, its place and what was meant', async () => {
    const result = await scratch(sandbox.env, edit('columns: entitlementColumns', 'colums: entitlementColumns')).zds(
      'plan',
      '--json',
    )
    expectRefusal(result, 'CONFIG_INVALID')
    expect(result.stderr).toMatch(/✖ salesforce rows.*: has no option "colums"/)
    expect(result.stderr).toContain('Did you mean "columns"?')
    expect(result.stderr).toMatch(/sync\.config\.ts.*line \d+/)
  })

  test('options that are missing and options that are too many are reported together', async () => {
    const result = await scratch(
      sandbox.env,
      edit("url: env('ZENDESK_GLOBAL_URL')", "adress: env('ZENDESK_GLOBAL_URL')"),
    ).zds('plan', '--json')
    expectRefusal(result, 'CONFIG_INVALID')
    expect(result.stderr).toMatch(/✖ .*global.*: lacks "url"/)
    expect(result.stderr).toMatch(/✖ .*global.*: has no option "adress"/)
  })
})

describe('missing environment variables', () => {
  const needed = [
    'SALESFORCE_LOGIN_URL',
    'SALESFORCE_CLIENT_ID',
    'SALESFORCE_CLIENT_SECRET',
    ...['GLOBAL', 'US_GOV'].flatMap((name) => [
      `ZENDESK_${name}_URL`,
      `ZENDESK_${name}_CLIENT_ID`,
      `ZENDESK_${name}_CLIENT_SECRET`,
    ]),
  ]

  test('are named all at once, each once, with what to do (SAFE-07)', async () => {
    const result = await scratch({}).zds('plan', '--json')
    expectRefusal(result, 'ENV_MISSING')
    for (const name of needed) {
      expect(
        lines(result.stderr).filter((line) => line.startsWith(`✖ ${name}: is not set`)),
        name,
      ).toHaveLength(1)
    }
    expect(result.stderr).toContain('.env')
  })

  test('one is named alone', async () => {
    const result = await planning({ ...sandbox.env, SALESFORCE_CLIENT_SECRET: undefined })
    expectRefusal(result, 'ENV_MISSING')
    expect(lines(result.stderr).filter((line) => line.startsWith('✖'))).toEqual([
      '✖ SALESFORCE_CLIENT_SECRET: is not set [ENV_MISSING]',
    ])
  })

  test.each([
    ['SALESFORCE_LOGIN_URL', 'no address', /https:\/\/ address/],
    ['ZENDESK_US_GOV_URL', 'ftp://us-gov.example.com', /https:\/\/ address/],
    ['ZDS_HTTP_BASE_DELAY_MS', 'soon', /whole number.*"soon"/],
  ])('%s that makes no sense is named with what it should be', async (name, value, says) => {
    const result = await planning({ ...sandbox.env, [name]: value })
    expectRefusal(result, 'ENV_INVALID')
    expect(result.stderr).toContain(name)
    expect(result.stderr).toMatch(says)
  })

  test('a variable with a slip in its name is told, without its value, beside what may be meant', async () => {
    const slips = file('.env', 'PROTECTED_ACOUNT_IDS=001000000000001AAA\nslack_chanel=x\nOTHER=y\n')
    const { code, stderr } = await scratch({}, slips).zds('validate')
    expect(code).toBe(0)
    expect(lines(stderr).filter((line) => line.startsWith('Warning'))).toEqual([
      expect.stringMatching(/\.env: nothing reads PROTECTED_ACOUNT_IDS\. Did you mean PROTECTED_ACCOUNT_IDS\?/),
      expect.stringMatching(/\.env: nothing reads slack_chanel\. Did you mean SLACK_CHANNEL\? That is not set/),
    ])
    expect(stderr).not.toContain('001000000000001AAA')
  })

  test('a file of variables that is not there', async () => {
    const result = await scratch(sandbox.env).zds('plan', '--json', '--env', 'nope.env')
    expectRefusal(result, 'FILE_NOT_FOUND')
    expect(result.stderr).toContain('nope.env')
  })
})

describe('wrong credentials', () => {
  const wrong = 'wrong-secret-0123456789'

  test.each([
    [
      'Salesforce',
      { SALESFORCE_CLIENT_SECRET: wrong },
      /✖ salesforce/,
      ['SALESFORCE_CLIENT_ID', 'SALESFORCE_CLIENT_SECRET'],
    ],
    [
      'Zendesk Global',
      { ZENDESK_GLOBAL_CLIENT_SECRET: wrong },
      /✖ global: /,
      ['ZENDESK_GLOBAL_CLIENT_ID', 'ZENDESK_GLOBAL_CLIENT_SECRET'],
    ],
    [
      'Zendesk US Government',
      { ZENDESK_US_GOV_CLIENT_ID: wrong },
      /✖ us-gov: /,
      ['ZENDESK_US_GOV_CLIENT_ID', 'ZENDESK_US_GOV_CLIENT_SECRET'],
    ],
  ])('of %s: one problem, with the variables to look at', async (_, environment, place, names) => {
    const result = await planning({ ...sandbox.env, ...environment })
    expectRefusal(result, 'AUTH_FAILED')
    expect(lines(result.stderr).filter((line) => line.startsWith('✖'))).toEqual([expect.stringMatching(place)])
    for (const name of names) expect(result.stderr).toContain(name)
    expect(result.stderr).not.toContain(wrong)
  })

  test('of an API token: Zendesk answers, and does not know us', async () => {
    const environment = {
      ...sandbox.env,
      ZENDESK_GLOBAL_CLIENT_ID: undefined,
      ZENDESK_GLOBAL_EMAIL: 'ada@example.com',
      ZENDESK_GLOBAL_API_TOKEN: wrong,
    }
    const result = await planning(environment)
    expectRefusal(result, 'AUTH_FAILED')
    expect(result.stderr).toMatch(/✖ global: .*does not know who we are/)
    expect(result.stderr).not.toContain(wrong)
  })

  test('of all services are reported at once (SAFE-07)', async () => {
    const environment = {
      SALESFORCE_CLIENT_SECRET: wrong,
      ZENDESK_GLOBAL_CLIENT_SECRET: wrong,
      ZENDESK_US_GOV_CLIENT_SECRET: wrong,
    }
    const result = await applying({ ...sandbox.env, ...environment })
    expectRefusal(result, 'AUTH_FAILED')
    expect(lines(result.stderr).filter((line) => line.startsWith('✖'))).toHaveLength(3)
  })

  test('of Slack are a warning: a dead Slack stops no sync', async () => {
    const here = scratch({ ...sandbox.env, SLACK_BOT_TOKEN: 'xoxb-not-a-token' })
    expect(await runsOf(here, asOf).plan()).toMatchObject({ asOf })
  })
})

describe('fields', () => {
  test('a Salesforce column that does not exist is named with its object and what was meant', async () => {
    const result = await planning(sandbox.env, edit("'Account_Owner_Calc__c'", "'Account_Ownr_Calc__c'"))
    expectRefusal(result, 'FIELD_UNKNOWN')
    expect(lines(result.stderr).filter((line) => line.startsWith('✖'))).toEqual([
      expect.stringContaining('Account.Account_Ownr_Calc__c'),
    ])
    expect(result.stderr).toContain('Did you mean "Account_Owner_Calc__c"?')
  })

  describe('of Zendesk that are not as declared', () => {
    let changed: Sandbox
    beforeEach(async () => {
      changed = await startSandbox({ world: spoiled(world) })
    })
    afterEach(() => changed.close())

    test('are named with instance, field and reason, all problems of both instances at once (SAFE-07)', async () => {
      const result = await planning(changed.env)
      expectRefusal(result, 'CONFIG_INVALID')
      const found = lines(result.stderr).filter((line) => line.startsWith('✖'))
      expect(found.toSorted()).toEqual(
        ['global', 'us-gov'].flatMap((instance) => [
          expect.stringMatching(
            new RegExp(`^✖ ${instance}: organization field account_owner: is deactivated \\[FIELD_MISMATCH\\]$`),
          ),
          expect.stringMatching(
            new RegExp(`^✖ ${instance}: organization field support_hold: is declared as checkbox, but is text`),
          ),
          expect.stringMatching(
            new RegExp(`^✖ ${instance}: organization field support_level: does not exist \\[FIELD_UNKNOWN\\]$`),
          ),
        ]),
      )
      expect(writesTo(changed)).toEqual([])
    })
  })
})

/**
 * The world without one field, with another type of a second and with a third one deactivated, in
 * each instance.
 */
function spoiled({ zendesk, ...rest }: World): World {
  const instances = Object.entries(zendesk).map(([name, instance]) => {
    const fields = instance.organization_fields
      .filter(({ key }) => key !== 'support_level')
      .map((field) => (field.key === 'support_hold' ? { ...field, type: 'text' as const, tag: undefined } : field))
      .map((field) => (field.key === 'account_owner' ? { ...field, active: false } : field))
    const organizations = instance.organizations.map((one) => {
      const { support_level: _, support_hold: __, ...kept } = one.organization_fields ?? {}
      return { ...one, organization_fields: kept }
    })
    return [name, { ...instance, organization_fields: fields, organizations }] as const
  })
  return { ...rest, zendesk: Object.fromEntries(instances) }
}

describe('the files of support', () => {
  const cases: readonly [what: string, name: string, change: Change, ...says: RegExp[]][] = [
    [
      'plans.yaml with a syntax error',
      'plans',
      file('data/plans.yaml', 'subscriptions:\n  sub_edu:\n    - [a\n'),
      /✖ data\/plans\.yaml:\d+: /,
    ],
    [
      'plans.yaml with a type that does not exist',
      'plans',
      edit(
        "  sub_edu:\n    - '[EDU Program] SaaS - Ultimate - 1 Year'\n",
        "  sub_edou:\n    - '[EDU Program] SaaS - Ultimate - 1 Year'\n",
        'data/plans.yaml',
      ),
      /✖ data\/plans\.yaml:\d+: .*sub_ed/,
    ],
    [
      'plans.yaml with a name under two types',
      'plans',
      edit('  sub_oss:\n', "  sub_oss:\n    - '[EDU Program] SaaS - Ultimate - 1 Year'\n", 'data/plans.yaml'),
      /✖ data\/plans\.yaml:\d+: .*\[EDU Program\] SaaS - Ultimate - 1 Year.*sub_edu/,
    ],
    [
      'overrides.yaml with a syntax error',
      'overrides',
      file('data/overrides.yaml', '- salesforce_id: "001\n'),
      /✖ data\/overrides\.yaml:\d+: /,
    ],
    [
      'overrides.yaml with several problems, all of them told',
      'overrides',
      file('data/overrides.yaml', '- salesforce_id: 12\n  set: { support_levl: gold }\n  x: 1\n- nothing\n'),
      /data\/overrides\.yaml:1: .*lacks "reason"/,
      /data\/overrides\.yaml:3: .*has no "x"/,
      /data\/overrides\.yaml:2: .*support_levl/,
      /Did you mean "support_level"\?/,
      /data\/overrides\.yaml:4: /,
    ],
  ]
  test.each(cases)('%s', async (_, __, change, ...says) => {
    const result = await planning(sandbox.env, change)
    expectRefusal(result, 'FILE_INVALID')
    for (const text of says) expect(result.stderr).toMatch(text)
  })

  test('that are not there are both named, with their variables', async () => {
    const result = await planning({ ...sandbox.env, SUPPORT_PLANS: 'nada.yaml', SUPPORT_OVERRIDES: 'nope.yaml' })
    expectRefusal(result, 'FILE_NOT_FOUND')
    expect(result.stderr).toMatch(/✖ nada\.yaml: cannot be read[^]*SUPPORT_PLANS/)
    expect(result.stderr).toMatch(/✖ nope\.yaml: cannot be read[^]*SUPPORT_OVERRIDES/)
  })
})

test('a row that is broken is named with account, column and value, and nothing is planned from the others (SAFE-02)', async () => {
  const [charge] = sandbox.salesforce.tables['Zuora__SubscriptionProductCharge__c'] ?? []
  if (charge === undefined) throw new Error('The world has no charge')
  const quantity = charge['Zuora__Quantity__c'] ?? null
  charge['Zuora__Quantity__c'] = 'many'
  const result = await applying(sandbox.env)
  charge['Zuora__Quantity__c'] = quantity
  expectRefusal(result, 'ROW_INVALID')
  expect(result.stderr).toMatch(/account \w{18}.*Zuora__Quantity__c.*"many"/)
})

test.each([
  ['forgets a case', 'if (name === null) return null', /its derivation returns nothing\n.*an empty field is null/],
  ['throws', 'return name.first.last', /its derivation throws: Cannot read properties of null/],
])(
  'a derivation that %s ends the plan, with account and field: nothing is emptied for it (SAFE-02)',
  async (_, body, says) => {
    const from = "text('Technical_Account_Manager_Name__c')"
    const change = edit(from, from.replace(/\)$/, `, (name) => { ${body} })`))
    const result = await applying(sandbox.env, change)
    expectRefusal(result, 'ROW_INVALID')
    expect(result.stderr).toMatch(/\w{18}.*technical_account_manager/)
    expect(result.stderr).toMatch(says)
  },
)

describe('the command line', () => {
  test.each([
    [['plan', '--as-of', 'tomorrow'], /tomorrow is not a date/, /YYYY-MM-DD/],
    [['plan', '--as-of', '2026-02-30'], /2026-02-30 is not a date/, /YYYY-MM-DD/],
    [['plann'], /unknown command 'plann'/, /Did you mean plan\?/],
    [['plan', '--jsn'], /unknown option '--jsn'/, /Did you mean --json\?/],
    [['plan', 'more'], /too many arguments/, /--help/],
    [['plan', '--out'], /'--out <file>' argument missing/, /--help/],
    [['sandbox', '--accounts', 'many'], /'--accounts <number>' argument 'many' is invalid/, /whole number/],
    [['sandbox', '--acounts', '5'], /unknown option '--acounts'/, /Did you mean --accounts\?/],
    [['sandbox', '--world', 'nope.json'], /nope\.json/, /Cannot read/],
  ])('%j is refused with what was meant', async (args, ...says) => {
    const result = await scratch(sandbox.env).zds(...args)
    expectRefusal(result, 'USAGE')
    for (const text of says) expect(result.stderr).toMatch(text)
  })

  test('--out that cannot be written is known before the work', async () => {
    const before = sandbox.requests.length
    const result = await scratch(sandbox.env).zds('plan', '--json', '--out', 'no/such/directory/plan.json')
    expectRefusal(result, 'FILE_NOT_FOUND')
    expect(result.stderr).toMatch(/plan\.json cannot be written/)
    expect(sandbox.requests).toHaveLength(before)
  })

  test('undo --out that cannot be written is known before the work', async () => {
    const before = sandbox.requests.length
    const result = await scratch(sandbox.env).zds('undo', 'last', '--out', 'no/such/directory/undo.json')
    expectRefusal(result, 'FILE_NOT_FOUND')
    expect(result.stderr).toMatch(/undo\.json cannot be written/)
    expect(sandbox.requests).toHaveLength(before)
  })

  test('apply without terminal, plan file or --yes asks for one of them, before any request', async () => {
    const before = sandbox.requests.length
    const result = await scratch(sandbox.env).zds('apply', '--json')
    expectRefusal(result, 'NEEDS_APPROVAL')
    expect(result.stderr).toMatch(/--out FILE.*--yes/)
    expect(sandbox.requests).toHaveLength(before)
  })
})

describe('a plan file', () => {
  test.each([
    ['is missing', undefined, 'FILE_NOT_FOUND', /plan\.json cannot be read/],
    ['is no JSON', 'hello', 'PLAN_INVALID', /plan\.json is not JSON/],
    ['is something else', '[]', 'PLAN_INVALID', /not a plan of version 1/],
    ['is of another version', '{ "version": 2 }', 'PLAN_INVALID', /not a plan of version 1/],
    ['is not whole', '{ "version": 1, "asOf": "2026-03-16" }', 'PLAN_INVALID', /lacks "syncs"/],
  ])('that %s is refused', async (_, text, code, says) => {
    const here = scratch(sandbox.env, ...(text === undefined ? [] : [file('plan.json', text)]))
    const result = await here.zds('apply', 'plan.json', '--json')
    expectRefusal(result, code)
    expect(result.stderr).toMatch(says)
    expect(result.stderr).toContain('zds plan --out FILE')
  })

  test('that was changed, or belongs to another configuration, is refused (5 for the latter)', async () => {
    const here = scratch(sandbox.env)
    await runsOf(here, asOf).save('plan.json')
    const plan = readFileSync(join(here.directory, 'plan.json'), 'utf8')
    file('changed.json', plan.replace(/"to": "[^"]+"/, '"to": "Somebody else"'))(here.directory)
    const changed = await here.zds('apply', 'changed.json', '--json')
    expectRefusal(changed, 'PLAN_INVALID')
    expect(changed.stderr).toMatch(/changed after it was made/)

    file('other.env', 'ZENDESK_GLOBAL_URL=http://127.0.0.1:9\n')(here.directory)
    const { ZENDESK_GLOBAL_URL: _, ...others } = sandbox.env
    const args = ['apply', 'plan.json', '--env', 'other.env', '--as-of', asOf]
    const moved = await running(here, others, ...args).ended
    expectRefusal(moved, 'PLAN_STALE', 5)
    expect(moved.stderr).toMatch(/another address of global than[^]*--env FILE/)

    edit('const http =', '// another one\nconst http =')(here.directory)
    const other = await here.zds('apply', 'plan.json', '--json')
    expectRefusal(other, 'PLAN_STALE', 5)
    expect(other.stderr).toMatch(/another configuration[^]*zds plan --out FILE/)
  })
})
