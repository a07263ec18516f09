import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import type { Plan } from '../../src/core/plan/plan.ts'
import { expectRefusal, file, running, scratch, until } from '../cli/scratch.ts'
import { runsOf } from '../support/runs.ts'

const asOf = '2026-03-16'
const world = generateWorld({ accounts: 30, seed: 1, asOf })
const [PROTECTED = ''] = world.protectedIds ?? []
const ALLIANCE = world.allianceAccountId ?? ''
const HERE = join(import.meta.dirname, '../fixtures/cases')

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
})
afterAll(() => sandbox.close())

const planned = (environment: { readonly [name: string]: string }): Promise<Plan> =>
  runsOf(scratch({ ...sandbox.env, ...environment }), asOf).plan()

const text = (variables: object): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('')

describe('SAFE-09: settings that guard something', () => {
  const lost = [PROTECTED.toLowerCase(), ALLIANCE.toUpperCase()]
  const short = [PROTECTED.slice(0, 15), ALLIANCE.slice(0, 15)]
  test.each([
    ['as it is', PROTECTED, ALLIANCE],
    ['with 15 characters, quotes and another one', `"${short[0]}"; 001000000000001`, `"${short[1]}"`],
    ['in another case, with line ends', `\n${lost[0]}\r\n`, ` ${lost[1]}\n`],
  ])('an id %s protects, and is the alliance', async (_what, ids, alliance) => {
    const plan = await planned({ PROTECTED_ACCOUNT_IDS: ids, PARTNER_ALLIANCE_ACCOUNT_ID: alliance })
    for (const name of ['global', 'us-gov']) {
      const { skipped = [] } = plan.syncs.find((sync) => sync.name === name) ?? {}
      expect(skipped).toContainEqual(expect.objectContaining({ key: PROTECTED, reason: 'protected' }))
    }
    const partners = plan.syncs.find(({ name }) => name === 'partners')
    expect(
      [...(partners?.changes ?? [])].filter(({ key, fields }) => key === ALLIANCE && 'account_type' in fields),
    ).toEqual([])
    const unmet = plan.syncs.flatMap(({ notices }) => notices).filter(({ code }) => code === 'guard-without-record')
    const other = ids.includes('001000000000001') ? ['001000000000001AAA', '001000000000001AAA'] : []
    expect(unmet.map(({ key }) => key)).toEqual(other)
  })

  test('that means no record is told in the plan', async () => {
    const { syncs } = await planned({
      PROTECTED_ACCOUNT_IDS: `${PROTECTED},001000000000001AAA`,
      PARTNER_ALLIANCE_ACCOUNT_ID: '001000000000002AAA',
      PROTECTED_USER_DOMAINS: 'nobody.example',
      PROTECTED_USER_EMAILS: 'nobody@nowhere.example',
    })
    expect(
      syncs.flatMap(({ name, notices }) =>
        notices.flatMap(({ code, key }) => (code === 'guard-without-record' ? [`${name} ${key}`] : [])),
      ),
    ).toEqual([
      'global 001000000000001AAA',
      'us-gov 001000000000001AAA',
      'partners 001000000000002AAA',
      'us-gov-users nobody.example',
      'us-gov-users nobody@nowhere.example',
    ])
  })

  test('whatever cannot be meant is told at once, with its place, before anything is read', async () => {
    const before = sandbox.requests.length
    const wrong = {
      PROTECTED_ACCOUNT_IDS: `${PROTECTED},0010000`,
      PARTNER_ALLIANCE_ACCOUNT_ID: 'the alliance',
      PROTECTED_USER_DOMAINS: 'gitlab.com agency',
      PROTECTED_USER_EMAILS: 'ada',
      SALESFORCE_LOGIN_URL: 'example.my.salesforce.com',
      ZENDESK_GLOBAL_URL: 'example.zendesk.com',
      ZENDESK_US_GOV_URL: '',
      SUPPORT_OVERRIDES: 'nowhere.yaml',
    }
    const result = await scratch({ ...sandbox.env, ...wrong }).zds('plan', '--json')
    expectRefusal(result, 'CONFIG_INVALID')
    const told = result.stderr.split('\n').filter((line) => line.includes('✖'))
    expect(told.map((line) => line.trim()).toSorted()).toEqual([
      '✖ PARTNER_ALLIANCE_ACCOUNT_ID: is no Salesforce id: those are letters and digits [ENV_INVALID]',
      '✖ PROTECTED_ACCOUNT_IDS: part 2 of 2, "0010000", is no Salesforce id: its length is 7, not 15 or 18 [ENV_INVALID]',
      '✖ PROTECTED_USER_DOMAINS: part 2 of 2, "agency", is no domain [ENV_INVALID]',
      '✖ PROTECTED_USER_EMAILS: is no address [ENV_INVALID]',
      '✖ SALESFORCE_LOGIN_URL: is not a usable address [ENV_INVALID]',
      '✖ ZENDESK_GLOBAL_URL: is not a usable address [ENV_INVALID]',
      '✖ ZENDESK_US_GOV_URL: is not set [ENV_MISSING]',
      '✖ nowhere.yaml: cannot be read: there is no such file [FILE_NOT_FOUND]',
    ])
    expect(sandbox.requests.length).toBe(before)
  })
})

test('what of requests cannot be meant is told at once, too', async () => {
  const wrong = { ZDS_HTTP_TIMEOUT_MS: '60s', ZDS_HTTP_ATTEMPTS: 'five', ZDS_HTTP_BASE_DELAY_MS: '60001' }
  const result = await scratch({ ...sandbox.env, ...wrong }).zds('plan', '--json')
  expectRefusal(result, 'ENV_INVALID')
  for (const name of Object.keys(wrong)) expect(result.stderr).toMatch(new RegExp(`✖ ${name}: must be a whole number`))
})

test('validate and doctor tell what of the key keeps a plan from being made', async () => {
  const here = scratch({ ...sandbox.env, ZDS_PLAN_KEY: 'too short' })
  for (const command of ['validate', 'doctor']) {
    const { code, stdout } = await here.zds(command)
    expect(code, stdout).toBe(1)
    expect(stdout).toContain('✖ ZDS_PLAN_KEY: is not a key')
  }
})

test('a plan tells what is wrong with the key beside all else that keeps it from its start (SAFE-07)', async () => {
  const result = await scratch({ ...sandbox.env, ZDS_PLAN_KEY: 'too short', SUPPORT_PLANS: 'none.yaml' }).zds('plan')
  expectRefusal(result, 'CONFIG_INVALID')
  expect(result.stderr).toMatch(/✖ ZDS_PLAN_KEY: is not a key: it must be 32 bytes.* \[ENV_INVALID\]/)
  expect(result.stderr).toMatch(/✖ .*none\.yaml.* \[FILE_NOT_FOUND\]/)
})

describe('a file of variables', () => {
  let elsewhere: Sandbox
  beforeAll(async () => {
    elsewhere = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
  })
  afterAll(() => elsewhere.close())

  test('that is named replaces .env: nothing of that one holds, and one line says what came from where', async () => {
    const { SLACK_BOT_TOKEN, SLACK_API_URL, SLACK_CHANNEL, ...without } = elsewhere.env
    expect([SLACK_BOT_TOKEN, SLACK_API_URL, SLACK_CHANNEL]).not.toContain(undefined)
    const here = scratch(
      { ZENDESK_GLOBAL_URL: elsewhere.env['ZENDESK_GLOBAL_URL'] },
      file('.env', text(sandbox.env)),
      file('production.env', text(without)),
    )
    const before = sandbox.requests.length
    const result = await here.zds('plan', '--json', '--env', 'production.env', '--as-of', asOf)
    expect(result.code, result.stderr).toBe(0)
    expect(sandbox.requests.length).toBe(before)
    const [line = ''] = result.stderr.split('\n')
    expect(line).toMatch(/^production\.env gives \d\d variables; the environment wins with ZENDESK_GLOBAL_URL$/)
    for (const value of Object.values(elsewhere.env).filter((one) => one.length > 5)) expect(line).not.toContain(value)
  })

  test('a blank behind an empty variable costs no other one', async () => {
    const lines = readFileSync(join(HERE, 'env/blank-after-empty.env'), 'utf8')
    const { PROTECTED_ACCOUNT_IDS, PARTNER_ALLIANCE_ACCOUNT_ID, ...others } = sandbox.env
    expect(lines).toContain(PROTECTED_ACCOUNT_IDS)
    expect(PARTNER_ALLIANCE_ACCOUNT_ID).toBe(ALLIANCE)
    const here = scratch({}, file('.env', `${text(others)}${lines}`))
    const { syncs } = await runsOf(here, asOf).plan()
    for (const { skipped } of syncs.slice(0, 2))
      expect(skipped).toContainEqual(expect.objectContaining({ key: PROTECTED, reason: 'protected' }))
  })

  test('with a line that cannot be used is refused, for every command that reads it', async () => {
    const here = scratch({}, file('.env', `${text(sandbox.env)}SLACK_CHANNEL zds\n`), file('plan.json', '{}'))
    const line = Object.keys(sandbox.env).length + 1
    for (const args of [['plan'], ['status'], ['graph'], ['show', 'plan.json']]) {
      const result = await here.zds(...args)
      expectRefusal(result, 'FILE_INVALID')
      expect(result.stderr).toContain(`.env:${line}: is no line of the form NAME=value`)
    }
    // What is found says what to do as what is refused does.
    expect((await here.zds('validate')).stdout).toMatch(
      /no line of the form NAME=value\n +Write each variable as NAME=value/,
    )
  })

  test('the sandbox replaces the example that was copied, and not once it is filled in', async () => {
    const example = '# Copy this to .env\nZENDESK_GLOBAL_URL=\n# SUPPORT_PLANS=data/plans.yaml\n'
    const here = scratch({}, file('.env.example', example), file('.env', example))
    const run = running(here, {}, 'sandbox', '--accounts', '5', '--write-env', '.env')
    const env = (): string => readFileSync(join(here.directory, '.env'), 'utf8')
    await until(() => env().includes('ZENDESK_GLOBAL_URL=http://127.0.0.1:'), 'the variables', run)
    process.kill(run.pid)
    expect(await run.ended).toMatchObject({ stderr: '' })

    const filled = example.replace('URL=', 'URL=https://example.zendesk.com')
    writeFileSync(join(here.directory, '.env'), filled)
    expectRefusal(await here.zds('sandbox', '--accounts', '5', '--write-env', '.env'), 'USAGE')
    expect(env()).toBe(filled)
  })

  test('the sandbox replaces its own, and no other', async () => {
    const here = scratch({}, file('production.env', 'ZENDESK_GLOBAL_URL=https://example.zendesk.com\n'))
    const result = await here.zds('sandbox', '--accounts', '5', '--write-env', 'production.env')
    expectRefusal(result, 'USAGE')
    expect(result.stderr).toContain('production.env was not written by zds sandbox')
    expect(readFileSync(join(here.directory, 'production.env'), 'utf8')).toContain('example.zendesk.com')
  })
})

describe('files of people', () => {
  test('overrides with a byte order mark are read, in Latin-1 they are refused with their line', async () => {
    await planned({ SUPPORT_OVERRIDES: join(HERE, 'encoding/bom.overrides.yaml') })
    const latin1 = join(HERE, 'encoding/latin1.overrides.yaml')
    const result = await scratch({ ...sandbox.env, SUPPORT_OVERRIDES: latin1 }).zds('plan', '--json')
    expectRefusal(result, 'FILE_INVALID')
    expect(result.stderr).toContain(`${latin1}:3: is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)`)
  })

  test('--out replaces plans, and nothing else', async () => {
    const here = scratch(sandbox.env)
    const before = readFileSync(join(here.directory, 'sync.config.ts'), 'utf8')
    for (const args of [['plan'], ['undo', 'last']]) {
      const result = await here.zds(...args, '--out', 'sync.config.ts')
      expectRefusal(result, 'USAGE')
      expect(result.stderr).toContain('sync.config.ts is there already and is no plan')
    }
    expect(readFileSync(join(here.directory, 'sync.config.ts'), 'utf8')).toBe(before)
    for (const asked of [asOf, '2026-03-17'])
      expect((await here.zds('plan', '--as-of', asked, '--out', 'plan.json')).code).toBe(0)
    expect(JSON.parse(readFileSync(join(here.directory, 'plan.json'), 'utf8'))).toMatchObject({ asOf: '2026-03-17' })
    expect(existsSync(join(here.directory, 'plan.json.summary.json'))).toBe(false)
  })

  test('a saved plan in another encoding is named, one with a byte order mark is shown', async () => {
    const here = scratch(sandbox.env)
    const plan = JSON.stringify(await planned({}))
    file('plan.json', `\uFEFF${plan}`)(here.directory)
    expect((await here.zds('show', 'plan.json')).code).toBe(0)
    writeFileSync(join(here.directory, 'plan.json'), Buffer.from(`\uFEFF${plan}`, 'utf16le'))
    const result = await here.zds('show', 'plan.json')
    expectRefusal(result, 'FILE_INVALID')
    expect(result.stderr).toContain('plan.json is written in UTF-16, not in UTF-8')
  })
})
