import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, type Change } from '../cli/scratch.ts'
import { dataOf, found, peopleIn, shapesOf, textsIn } from '../support/canary.ts'
import { echoOf, on, once, type Answer, type Echo } from '../support/echo.ts'
import { AS_OF, faultWorld } from '../support/faults-world.ts'
import { project, type Project, type Result } from '../support/zds.ts'

/**
 * Known secrets and known people go through everything that zds does, well and badly, with services
 * that repeat whatever they are told. Then every output and every file is searched for them.
 */

const KEY = randomBytes(32).toString('hex')
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const OTHER_PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const WRONG = 'Wr0ng+Secret/for="Canary"&more'
const OVERRIDES_TOKEN = 'overrides-Canary-token'
const USER = 'integration@example.com'
const asOf = ['--as-of', AS_OF] as const

const services = ['salesforce', 'global', 'us_gov', 'slack'] as const
type Service = (typeof services)[number]

let sandbox: Sandbox
let echoes: { readonly [S in Service]: Echo }
let env: { readonly [name: string]: string }
/** What every run said. */
const said: (Result & { readonly run: string })[] = []
const projects: Project[] = []

/** Environment and configuration of one project, and what it then runs. */
function made(environment: { readonly [name: string]: string }, ...changes: readonly Change[]): Project {
  const here = project({ ...env, ...environment })
  projects.push(here)
  for (const change of changes) change(here.directory)
  return here
}

/**
 * Runs a command while `service` answers some of the requests that change something, or all,
 * otherwise.
 */
async function run(
  here: Project,
  args: readonly string[],
  faults: { readonly [S in Service]?: (method: string, path: string) => Answer } = {},
) {
  const before = services.map((service) => echoes[service].refused())
  for (const service of services) echoes[service].answer = faults[service] ?? (() => 'pass')
  const result = await here.zds(...args)
  said.push({ ...result, run: args.join(' ') })
  // A fault that met no request would show nothing.
  const unmet = services.filter(
    (service, index) => faults[service] !== undefined && echoes[service].refused() === before[index],
  )
  expect(unmet, `${args.join(' ')}: ${result.stderr}`).toEqual([])
  return result
}

const jwt: Change = edit(
  `clientSecret: secret('SALESFORCE_CLIENT_SECRET')`,
  `jwt: { privateKey: secret('SALESFORCE_PRIVATE_KEY'), username: env('SALESFORCE_USERNAME') }`,
)
/** What a plugin of one's own may do wrong. */
const atEnd = (code: string): Change => edit('export default defineConfig', `${code}\nexport default defineConfig`)

beforeAll(async () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  sandbox = await startSandbox({ world: faultWorld(), salesforce: { jwt: { publicKey: pem, usernames: [USER] } } })
  const [salesforce, global, us_gov, slack] = await Promise.all(
    [sandbox.salesforce.url, sandbox.zendesk['global']?.url, sandbox.zendesk['us_gov']?.url, sandbox.slack.url].map(
      (url = '') => echoOf(url),
    ),
  )
  if (!salesforce || !global || !us_gov || !slack) throw new Error('The sandbox lacks a service')
  echoes = { salesforce, global, us_gov, slack }
  env = {
    ...sandbox.env,
    SALESFORCE_LOGIN_URL: salesforce.url,
    ZENDESK_GLOBAL_URL: global.url,
    ZENDESK_US_GOV_URL: us_gov.url,
    SLACK_API_URL: `${slack.url}/api/`,
    ZDS_HTTP_BASE_DELAY_MS: '5',
    ZDS_HTTP_ATTEMPTS: '2',
    ZDS_PLAN_KEY: KEY,
  }
})
afterAll(async () => {
  for (const here of projects) here.remove()
  await Promise.all(Object.values(echoes).map((echo) => echo.close()))
  await sandbox.close()
})

describe('runs with known secrets', { timeout: 300_000 }, () => {
  const zendesk = (status: number): Answer => ({ status, as: 'zendesk' })
  const html = (status: number): Answer => ({ status, as: 'html' })

  test('that plan, apply what fails in part, go on, and end', async () => {
    const here = made({})
    expect(await run(here, ['plan', '--all', '--out', 'plan.json', ...asOf])).toMatchObject({ code: 0 })
    expect(await run(here, ['plan', '--redact', '--out', 'plan.sealed', ...asOf])).toMatchObject({ code: 0 })
    expect(await run(here, ['graph'])).toMatchObject({ code: 0 })

    const forbidden = { global: on('POST', '/organizations', zendesk(403)), us_gov: on('PUT', '/users', html(403)) }
    expect(await run(here, ['apply', 'plan.json', ...asOf], forbidden)).toMatchObject({ code: 1 })
    expect(await run(here, ['status'])).toMatchObject({ code: 0 })
    // One row of a job repeats what only its client knows.
    const secret = env['ZENDESK_GLOBAL_CLIENT_SECRET'] ?? ''
    sandbox.faults.add({
      service: 'global',
      kind: 'rows',
      rows: { indexes: [0] },
      error: `Refused${secret}`,
      details: `for ${secret}`,
    })
    const down = { global: on('POST', '/organizations', html(502)), us_gov: on('PUT', '/users', 'cut') } as const
    expect((await run(here, ['apply', '--yes', '--json', ...asOf], down)).code).toBeGreaterThan(0)
    expect(sandbox.faults.fired).toHaveLength(1)

    // An organization is refused with all that was sent for it, and a message to Slack.
    const refused = {
      global: on('POST', '/organizations', zendesk(422)),
      slack: once(on('POST', '/chat.', zendesk(400))),
    }
    expect(await run(here, ['apply', '--yes', '--new', ...asOf], refused)).toMatchObject({ code: 4 })
    expect(await run(here, ['outcomes', 'last', '--format', 'csv'])).toMatchObject({ code: 0 })
    expect(await run(here, ['outcomes', 'last'])).toMatchObject({ code: 0 })
    const again = { global: on('POST', '/organizations', zendesk(422)) }
    expect(await run(here, ['apply', '--yes', '--json', ...asOf], again)).toMatchObject({ code: 4 })

    expect(await run(here, ['apply', '--yes', ...asOf])).toMatchObject({ code: 0 })
    expect(await run(here, ['undo', 'last', '--json'])).toMatchObject({ code: 0 })
    expect(await run(here, ['show', 'plan.sealed', '--all'])).toMatchObject({ code: 0 })
  })

  test('that cannot read', async () => {
    const here = made({})
    const login = (_: string, path: string): Answer => (path.includes('/oauth') ? zendesk(401) : 'pass')
    await run(here, ['plan'], {
      salesforce: (_, path) => (path.includes('/oauth2/token') ? { status: 400, as: 'salesforce' } : 'pass'),
      us_gov: login,
    })
    await run(here, ['plan'], {
      global: on('GET', '/users/me', html(403)),
      us_gov: on('GET', '/users/me', zendesk(500)),
    })
    await run(here, ['plan'], { salesforce: on('GET', '/query', { status: 400, as: 'salesforce' }) })
    await run(here, ['plan'], { global: on('GET', '/organizations', zendesk(401)) })
    const overrides = {
      SUPPORT_OVERRIDES: `${echoes.slack.url}/overrides.yaml`,
      SUPPORT_OVERRIDES_TOKEN: OVERRIDES_TOKEN,
    }
    await run(made(overrides), ['plan'], { slack: on('GET', '/overrides', zendesk(403)) })
    for (const { code, stderr } of said.slice(-5)) expect(code, stderr).toBe(1)
  })

  test('that sign in with an API token', async () => {
    const { ZENDESK_US_GOV_EMAIL: email = '', ZENDESK_US_GOV_API_TOKEN: token = '' } = sandbox.tokenEnv
    const here = made({
      ZENDESK_US_GOV_CLIENT_SECRET: '',
      ZENDESK_US_GOV_EMAIL: email,
      ZENDESK_US_GOV_API_TOKEN: token,
    })
    expect(
      await run(here, ['plan', ...asOf], { us_gov: on('GET', '/organization_fields', zendesk(403)) }),
    ).toMatchObject({ code: 1 })
    expect(said.at(-1)?.stderr).toContain('***')
  })

  test('that sign for a Salesforce user with a private key', async () => {
    const names = { SALESFORCE_USERNAME: USER, SALESFORCE_PRIVATE_KEY: PEM }
    const refused = { salesforce: on('POST', '/oauth2/token', { status: 400, as: 'salesforce' }) }
    expect(await run(made(names, jwt), ['plan', ...asOf])).toMatchObject({ code: 0 })
    await run(made(names, jwt), ['plan'], refused)
    await run(made({ ...names, SALESFORCE_PRIVATE_KEY: OTHER_PEM }, jwt), ['plan'])
    await run(made({ ...names, SALESFORCE_PRIVATE_KEY: PEM.slice(0, 900) }, jwt), ['plan'])
    for (const { code, stderr } of said.slice(-3)) expect(code, stderr).toBe(1)
  })

  test('that were given the wrong ones', async () => {
    const here = made({ SALESFORCE_CLIENT_SECRET: WRONG, ZENDESK_GLOBAL_CLIENT_SECRET: WRONG, SLACK_BOT_TOKEN: WRONG })
    const refused = {
      salesforce: on('POST', '/oauth2/token', { status: 400, as: 'salesforce' } as const),
      global: (_: string, path: string): Answer => (path.includes('/oauth') ? zendesk(401) : 'pass'),
    }
    expect(await run(here, ['plan'], refused)).toMatchObject({ code: 1 })
    expect(await run(made({ ZDS_PLAN_KEY: WRONG }), ['plan', '--redact', '--out', 'plan.sealed'])).toMatchObject({
      code: 1,
    })
    expect(await run(made({ ZENDESK_GLOBAL_URL: WRONG, ZENDESK_GLOBAL_CLIENT_SECRET: WRONG }), ['plan'])).toMatchObject(
      { code: 1 },
    )
  })

  const quoted = '`${process.env.SALESFORCE_CLIENT_SECRET} ${process.env.SLACK_BOT_TOKEN}`'

  test('with a configuration that breaks and quotes them', async () => {
    expect(await run(made({}, atEnd(`throw new Error(${quoted})`)), ['plan'])).toMatchObject({ code: 1 })
  })

  test.each([
    ['while it reads a source', 'INTERNAL', `accounts.read = () => { throw new TypeError(${quoted}) }`],
    [
      'in a timer',
      'CONFIG_BROKEN',
      `setTimeout(() => { throw Object.assign(new Error(${quoted}), { body: ${quoted} }) }, 50)`,
    ],
    [
      'in a promise that nobody waits for',
      'CONFIG_BROKEN',
      `void Promise.reject(Object.assign(new Error('no luck'), { cause: ${quoted} }))`,
    ],
  ])('with a crash of a plugin %s', async (_, error, code) => {
    const result = await run(made({}, atEnd(code)), ['plan', ...asOf])
    expect(result).toMatchObject({ code: 1 })
    expect(result.stderr).toContain(`Error [${error}]`)
  })
})

/**
 * Everything that is left of the runs: what they said, and what lies in their directories but for
 * the configuration.
 */
function* left(): Iterable<readonly [where: string, text: string]> {
  for (const { run: args, stdout, stderr } of said) {
    yield [`stdout of ${args}`, stdout]
    yield [`stderr of ${args}`, stderr]
  }
  for (const message of sandbox.slack.messages) yield ['slack', JSON.stringify(message)]
  for (const { directory } of projects) yield* textsIn(directory)
}

describe('after all of them', () => {
  const stderr = (): (readonly [string, string])[] => said.map(({ run: args, stderr: text }) => [args, text])
  const people = (): string[] => peopleIn(sandbox)
  const usGov = (): string[] => [...dataOf(sandbox, 'us_gov', 'global'), new URL(echoes.us_gov.url).host]
  const global = (): string[] => [...dataOf(sandbox, 'global', 'us_gov'), new URL(echoes.global.url).host]

  test('every kind of secret has been used, so that there was something to find', () => {
    const minted = services.map((service) => echoes[service].secrets.size)
    for (const count of minted) expect(count).toBeGreaterThan(0)
    expect([...echoes.salesforce.secrets].some((secret) => secret.startsWith('eyJ'))).toBe(true)
    expect([...echoes.us_gov.secrets].some((secret) => secret.includes('/token:'))).toBe(true)
    expect(said.filter(({ stderr: text, stdout }) => `${text}${stdout}`.includes('***')).length).toBeGreaterThan(5)
    expect([...left()].length).toBeGreaterThan(80)
  })

  test('no secret is in any output or file, no token of a service among them (GEN-10)', () => {
    const given = Object.entries({ ...env, ...sandbox.tokenEnv }).filter(([name]) => /SECRET|TOKEN/.test(name))
    const minted = services.flatMap((service) => [...echoes[service].secrets])
    const secrets = [...given.map(([, value]) => value), ...minted, KEY, PEM, OTHER_PEM, WRONG, OVERRIDES_TOKEN]
    expect(found(secrets.flatMap(shapesOf), left())).toEqual([])
  })

  test('nobody is named or addressed in progress, warnings and errors', () => {
    expect(found(people(), stderr())).toEqual([])
  })

  test('the summary of a sealed plan names nobody and nothing (OPS-08)', () => {
    const summary = said
      .filter(({ run: args }) => args.includes('--redact'))
      .map(({ run: args, stdout }) => [args, stdout] as const)
    const files = [...left()].filter(([where]) => /plan\.sealed/.test(where) && !where.startsWith('stdout of show'))
    expect(files.length).toBeGreaterThan(1)
    expect(found([...people(), ...usGov(), ...global()], [...summary, ...files])).toEqual([])
  })

  test('progress, warnings, errors and Slack tell nothing of US Government but numbers (OPS-08)', () => {
    const messages = sandbox.slack.messages.map((message) => ['slack', JSON.stringify(message)] as const)
    expect(messages.length).toBeGreaterThan(0)
    expect(found([...usGov(), ...people()], messages)).toEqual([])
    expect(found(usGov(), stderr())).toEqual([])
  })

  test('no artifact of one instance holds data of the other (OPS-08)', () => {
    const artifacts = [...left()].filter(([where]) => where.startsWith('.zds') && where.includes('.ndjson'))
    const ofUsGov = artifacts.filter(([where]) => where.includes('us-gov'))
    const ofGlobal = artifacts.filter(([where]) => /\.global|partner/.test(where))
    expect([ofUsGov.length > 3, ofGlobal.length > 3]).toEqual([true, true])
    expect(found(usGov(), ofGlobal)).toEqual([])
    expect(found(global(), ofUsGov)).toEqual([])
  })
})
