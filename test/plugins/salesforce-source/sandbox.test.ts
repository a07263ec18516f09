import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addYears, collect, text, type Json, type JsonObject } from 'zds'
import { salesforce, soql, soqlDate, type Salesforce } from 'zds/salesforce-source'
import { startSandbox, type Sandbox, type SandboxOptions, type World } from 'zds/sandbox'
import { stream } from '../../support/syncs.ts'
import { crmOf, FAST, issuesOf, read, setting, testRun } from './org.ts'

const WORLD = JSON.parse(
  readFileSync(new URL('../../fixtures/worlds/cases/world.json', import.meta.url), 'utf8'),
) as World // our own fixture
const CHARGES = 'Zuora__R00N40000001lGjTEAU__r'
const SUBSCRIPTIONS = 'Zuora__Subscriptions__r'
const COLUMNS = [
  'Account_ID_18__c',
  'Name',
  'Type',
  'Solutions_Architect_Lookup__r.Name',
  'Latest_Sold_To_Contact__r.Email',
]

async function sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const started = await startSandbox({ world: WORLD, ...options })
  onTestFinished(() => started.close())
  return started
}

const from = ({ env }: Sandbox, name: string) => setting(name, env[name] ?? '')

/** The query of the reference configuration (SFA-02), children at their shortest. */
const accountsOf = (crm: Salesforce) =>
  crm.rows({
    name: 'accounts',
    object: 'Account',
    columnsOf: [{ salesforce_id: text('Account_ID_18__c'), name: text('Name') }],
    columns: COLUMNS,
    key: 'Account_ID_18__c',
    where: soql`Type IN ${['Customer', 'Former Customer']}`,
    children: (today) => {
      const since = soqlDate(addYears(today, -3))
      return [
        {
          relationship: SUBSCRIPTIONS,
          columns: ['Id', 'Zuora__Status__c'],
          where: soql`Zuora__Status__c != ${'Cancelled'} AND Zuora__SubscriptionEndDate__c >= ${since}`,
        },
        {
          relationship: CHARGES,
          columns: ['Id', 'Zuora__Quantity__c'],
          where: soql`Subscription_Status__c != ${'Cancelled'} AND Zuora__EffectiveEndDate__c >= ${since}`,
        },
      ]
    },
  })

/** The same rows, straight from the tables. */
function expectedRows({ salesforce: { tables } }: Sandbox): JsonObject[] {
  const since = addYears('2026-11-24', -3)
  const after = (value: unknown): boolean => typeof value === 'string' && value >= since
  const named = (object: string, id: unknown) => tables[object]?.find((row) => row['Id'] === id)
  const below = (object: string, account: unknown, end: string, status: string) =>
    (tables[object] ?? []).filter(
      (row) => row['Zuora__Account__c'] === account && row[status] !== 'Cancelled' && after(row[end]),
    )
  return (tables['Account'] ?? [])
    .filter(({ Type }) => Type === 'Customer' || Type === 'Former Customer')
    .map((row) => ({
      Account_ID_18__c: row['Account_ID_18__c'] ?? null,
      Name: row['Name'] ?? null,
      Type: row['Type'] ?? null,
      'Solutions_Architect_Lookup__r.Name': named('User', row['Solutions_Architect_Lookup__c'])?.['Name'] ?? null,
      'Latest_Sold_To_Contact__r.Email': named('Contact', row['Latest_Sold_To_Contact__c'])?.['Email'] ?? null,
      [SUBSCRIPTIONS]: below(
        'Zuora__Subscription__c',
        row['Id'],
        'Zuora__SubscriptionEndDate__c',
        'Zuora__Status__c',
      ).map((child) => ({
        Id: child['Id'] ?? null,
        Zuora__Status__c: child['Zuora__Status__c'] ?? null,
      })),
      [CHARGES]: below(
        'Zuora__SubscriptionProductCharge__c',
        row['Id'],
        'Zuora__EffectiveEndDate__c',
        'Subscription_Status__c',
      ).map((child) => ({
        Id: child['Id'] ?? null,
        Zuora__Quantity__c: child['Zuora__Quantity__c'] ?? null,
      })),
    }))
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const byId = (rows: readonly JsonObject[]) =>
  rows.toSorted((a, b) => textOf(a['Account_ID_18__c']).localeCompare(textOf(b['Account_ID_18__c'])))
const queries = ({ requests }: Sandbox) => requests.filter(({ path }) => path.includes('/query')).length
const logins = ({ requests }: Sandbox) => requests.filter(({ path }) => path === '/services/oauth2/token').length

describe('a whole world', () => {
  it('has the rows of keys that differ in case only once: Salesforce compares texts without it', async () => {
    const started = await sandbox()
    const names = (started.salesforce.tables['Account'] ?? []).slice(0, 3).map(({ Name }) => textOf(Name))
    const keys = [...names, ...names.map((name) => name.toUpperCase()), ...names]
    const accounts = crmOf(started).lookup({
      name: 'accounts',
      object: 'Account',
      columns: ['Name'],
      in: 'Name',
      keys: { needs: [], read: () => stream(keys) },
      chunk: 1,
    })
    const { rows, expected } = await read(accounts)
    expect(rows.map(({ Name }) => Name)).toEqual(names)
    expect(expected).toEqual([3])
  })

  it.each([
    ['as Salesforce pages by default', {}],
    ['one row and one child a page', { batchSize: 1, childPageSize: 1, wideChild: { fields: 1, pageSize: 1 } }],
    ['a few rows a page', { batchSize: 7, childPageSize: 2 }],
  ])('arrives whole with its child lists, paged %s (SFA-04, SFA-05)', { timeout: 60_000 }, async (_how, paging) => {
    const started = await sandbox({ salesforce: paging })
    const { rows, expected } = await read(accountsOf(crmOf(started)))
    expect(byId(rows)).toEqual(byId(expectedRows(started)))
    expect(expected).toEqual([rows.length])
  })

  it('passes the check, and a slip in a column does not (SAFE-07)', async () => {
    const crm = crmOf(await sandbox())
    expect(await issuesOf(accountsOf(crm))).toEqual([])
    expect(
      await issuesOf(crm.rows({ name: 'a', object: 'Account', columns: ['Account_ID_81__c', 'Nope__r.Name'] })),
    ).toMatchObject([
      {
        code: 'FIELD_UNKNOWN',
        where: 'salesforce Account.Account_ID_81__c',
        hint: expect.stringContaining('Account_ID_18__c'),
      },
      { code: 'FIELD_UNKNOWN', where: 'salesforce Account.Nope__r.Name' },
    ])
    expect(await issuesOf(crm.rows({ name: 'a', object: 'Nope__c', columns: ['Id'] }))).toHaveLength(1)
  })

  it('names a column that the check was not asked about', async () => {
    const crm = crmOf(await sandbox())
    await expect(read(crm.rows({ name: 'a', object: 'Account', columns: ['Nope__c'] }))).rejects.toMatchObject({
      code: 'FIELD_UNKNOWN',
      issues: [{ where: 'salesforce Account.Nope__c' }],
    })
    await expect(
      read(crm.rows({ name: 'a', object: 'Account', columns: ['Name'], where: "Name = 'x" })),
    ).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.stringMatching(/MALFORMED_QUERY: .+ \(it asks for a where Name = 'x\)$/) as string,
    })
  })

  it('names the source and its condition where a column of that is unknown', async () => {
    const crm = crmOf(await sandbox())
    const where = `Typ = 'Customer' AND Name != '${'x'.repeat(200)}'`
    await expect(read(crm.rows({ name: 'a', object: 'Account', columns: ['Name'], where }))).rejects.toMatchObject({
      code: 'FIELD_UNKNOWN',
      message: expect.stringMatching(
        /^salesforce Account\.Typ .+ \(it asks for a where Typ = 'Customer' AND .+x…\)$/,
      ) as string,
      issues: [{ where: 'salesforce Account.Typ' }],
    })
    const contacts = crm.lookup({
      name: 'people',
      object: 'Contact',
      columns: ['Email'],
      where: 'Nme != null',
      in: 'AccountId',
      keys: { needs: [], read: () => stream(['001000000000001AAA']) },
    })
    await expect(read(contacts)).rejects.toMatchObject({
      message: expect.stringContaining('(it asks for people where Nme != null)') as string,
    })
  })

  it('gives the contacts of some accounts (CTC-01, CTC-03)', async () => {
    const started = await sandbox({ salesforce: { batchSize: 10 } })
    const ids = (started.salesforce.tables['Account'] ?? []).map((row) => textOf(row['Account_ID_18__c']))
    const accounts = { name: 'ids', read: async function* () {} }
    const contacts = crmOf(started).lookup({
      name: 'contacts',
      object: 'Contact',
      columns: ['Name', 'Email', 'Account.Account_ID_18__c'],
      where: soql`Inactive_Contact__c = ${false} AND Role__c INCLUDES ${['Gitlab Admin']} AND Name != ${''} AND Email != ${''}`,
      in: 'Account.Account_ID_18__c',
      keys: { needs: [accounts], read: (run) => run.input<string>(accounts) },
      chunk: 100,
    })
    const { run, expected } = testRun(new Map([[accounts, ids]]))
    const rows = await collect(contacts.read(run))
    const wanted = (started.salesforce.tables['Contact'] ?? []).filter(
      (row) =>
        row['Inactive_Contact__c'] === false &&
        textOf(row['Role__c']).split(';').includes('Gitlab Admin') &&
        row['Name'] &&
        row['Email'] &&
        ids.includes(textOf(row['AccountId'])),
    )
    expect(wanted.length).toBeGreaterThan(10)
    expect(new Set(rows.map((row) => row['Email']))).toEqual(new Set(wanted.map((row) => row['Email'])))
    expect(rows).toHaveLength(wanted.length)
    expect(expected).toEqual([rows.length])
  })
})

describe('login at the sandbox', () => {
  it('takes a signed assertion', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const audience = 'https://login.salesforce.com'
    const started = await sandbox({
      salesforce: {
        jwt: {
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          audience,
          usernames: ['sync@example.com'],
        },
      },
    })
    const crm = (username: string) =>
      salesforce({
        loginUrl: from(started, 'SALESFORCE_LOGIN_URL'),
        clientId: from(started, 'SALESFORCE_CLIENT_ID'),
        jwt: {
          privateKey: setting('SALESFORCE_PRIVATE_KEY', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
          username: setting('SALESFORCE_USERNAME', username),
        },
        http: FAST,
      })
    expect((await read(accountsOf(crm('sync@example.com')))).rows.length).toBeGreaterThan(0)
    await expect(read(accountsOf(crm('nobody@example.com')))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      hint: expect.stringContaining('SALESFORCE_USERNAME'),
    })
  })

  it('refuses a wrong secret, asked once', async () => {
    const started = await sandbox()
    const crm = salesforce({
      loginUrl: from(started, 'SALESFORCE_LOGIN_URL'),
      clientId: from(started, 'SALESFORCE_CLIENT_ID'),
      clientSecret: setting('SALESFORCE_CLIENT_SECRET', 'wrong-secret'),
      http: FAST,
    })
    const failure: unknown = await read(accountsOf(crm)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'AUTH_FAILED', hint: expect.stringContaining('SALESFORCE_CLIENT_SECRET') })
    expect(String(failure)).not.toContain('wrong-secret')
    expect(logins(started)).toBe(1)
  })
})

describe('a login that is refused for the moment', () => {
  it.each(['login-retry', 'login-rate'] as const)('(%s) is tried again', async (preset) => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/services/oauth2/token', kind: 'status', preset, times: 2 }],
    })
    expect((await read(accountsOf(crmOf(started)))).rows.length).toBeGreaterThan(0)
    expect(logins(started)).toBe(3)
  })

  it('again and again ends the run as a service that is busy, and blames no credentials', async () => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/oauth2/token', kind: 'status', preset: 'login-retry', times: 0 }],
    })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: 'salesforce: POST /services/oauth2/token answered 400: unknown_error: retry your request',
    })
    expect(logins(started)).toBe(FAST.attempts)
  })

  it('because our clock is wrong says so first', async () => {
    const started = await sandbox({
      faults: [
        {
          service: 'salesforce',
          path: '/oauth2/token',
          kind: 'status',
          status: 400,
          headers: { date: new Date(Date.now() + 600_000).toUTCString() },
          responseBody: { error: 'invalid_grant', error_description: 'expired authorization code' },
        },
      ],
    })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: 'salesforce refused the login: invalid_grant: expired authorization code',
      hint: expect.stringMatching(
        /^The clock of this machine is \d+ minutes behind that of salesforce.*My Domain/,
      ) as string,
    })
  })

  it('because its address leads elsewhere names the address', async () => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/oauth2/token', kind: 'status', preset: 'redirect', times: 0 }],
    })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.not.stringContaining('it asks for') as string,
      hint: expect.stringContaining('the final one') as string,
    })
  })

  it.each(['/agent', '/services/data', '/?x=1', '/#top'])('is not tried with %s behind the host', async (behind) => {
    const crm = salesforce({
      loginUrl: setting('SALESFORCE_LOGIN_URL', `https://acme.my.salesforce.com${behind}`),
      clientId: setting('ID', 'id'),
      clientSecret: setting('SECRET', 'a-secret'),
      http: FAST,
    })
    await expect(read(accountsOf(crm))).rejects.toMatchObject({
      code: 'ENV_INVALID',
      message: expect.stringContaining('SALESFORCE_LOGIN_URL') as string,
    })
  })
})

describe('faults on the way', () => {
  it.each([
    ['an answer that breaks off', { kind: 'cut' }],
    ['a connection that is reset', { kind: 'reset' }],
    ['a 503 that is an HTML page', { kind: 'status', preset: 'unavailable' }],
    ['an HTML page with status 200', { kind: 'html', status: 200 }],
    ['an expired session', { kind: 'expired' }],
  ] as const)('reads the world in spite of %s', async (_what, effect) => {
    for (const path of ['/query?', '/query/', '/services/oauth2/token']) {
      if (effect.kind === 'expired' && path.includes('token')) continue
      const started = await sandbox({
        salesforce: { batchSize: 100 },
        faults: [{ service: 'salesforce', path, ...effect }],
      })
      const { rows } = await read(accountsOf(crmOf(started)))
      expect(byId(rows)).toEqual(byId(expectedRows(started)))
      expect(started.faults.fired).toHaveLength(1)
      expect(logins(started)).toBe(effect.kind === 'expired' || path.includes('token') ? 2 : 1)
    }
  })

  it('ends with a clear error when the session is refused again and again', async () => {
    const started = await sandbox({ faults: [{ service: 'salesforce', path: '/query', kind: 'expired', times: 0 }] })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    expect([queries(started), logins(started)]).toEqual([2, 2])
  })

  it('ends when the API requests of the day are used up, without another try', async () => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/query', kind: 'status', preset: 'daily-limit', times: 0 }],
    })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringContaining('24 hours'),
    })
    expect(queries(started)).toBe(1)
  })

  it.each(['concurrent-limit', 'unavailable'] as const)(
    'waits where the org is busy (%s), and goes on',
    async (preset) => {
      const started = await sandbox({
        faults: [{ service: 'salesforce', path: '/query', kind: 'status', preset, times: 2, retryAfter: 0 }],
      })
      expect((await read(accountsOf(crmOf(started)))).rows.length).toBeGreaterThan(0)
      expect(started.faults.fired).toHaveLength(2)
    },
  )

  it('ends where the org stays busy, in words that fit', async () => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/query', kind: 'status', preset: 'concurrent-limit', times: 0 }],
    })
    await expect(read(accountsOf(crmOf(started)))).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringContaining('ConcurrentRequests (Concurrent API Requests) Limit exceeded.') as string,
      hint: 'Other integrations keep the org busy: run it again later.',
    })
  })

  it('tells an API that is switched off as that, before and while it reads (SAFE-07)', async () => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/services/data', kind: 'status', preset: 'api-disabled', times: 0 }],
    })
    const refusal = {
      code: 'AUTH_FAILED',
      message: expect.stringContaining(
        'answered 403: API_DISABLED_FOR_ORG: The REST API is not enabled for this Organization.',
      ) as string,
      hint: expect.stringContaining('has to enable the API') as string,
    }
    const crm = crmOf(started)
    await expect(issuesOf(accountsOf(crm))).rejects.toMatchObject(refusal)
    await expect(read(accountsOf(crm))).rejects.toMatchObject(refusal)
  })

  it.each([
    [403, [{ errorCode: 'FUNCTIONALITY_NOT_ENABLED', message: 'Not enabled' }]],
    [403, [{ errorCode: 'SOMETHING_NEW', message: 'Not today' }]],
    [404, 'Not here'],
  ])('takes a refusal (%i, %j) for no object that does not exist', async (status, responseBody) => {
    const started = await sandbox({
      faults: [{ service: 'salesforce', path: '/describe', kind: 'status', status, responseBody, times: 0 }],
    })
    await expect(issuesOf(accountsOf(crmOf(started)))).rejects.toMatchObject({
      message: expect.stringContaining(`answered ${status}`) as string,
    })
  })

  it('goes on where the session ends on each of its later pages, once', async () => {
    const started = await sandbox({
      salesforce: { batchSize: 60 },
      faults: [{ service: 'salesforce', path: '/query/', kind: 'expired', times: 2 }],
    })
    const { rows, expected } = await read(accountsOf(crmOf(started)))
    expect(byId(rows)).toEqual(byId(expectedRows(started)))
    expect(expected).toEqual([rows.length])
  })

  it('never takes a short list for a whole one (SAFE-02)', async () => {
    const short = (child?: string) =>
      sandbox({
        faults: [{ service: 'salesforce', path: '/query', kind: 'short', ...(child === undefined ? {} : { child }) }],
      })
    await expect(read(accountsOf(crmOf(await short())))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('accounts'),
    })
    await expect(read(accountsOf(crmOf(await short(CHARGES))))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringMatching(new RegExp(`${CHARGES} of 001\\w{15}:`)),
    })
  })
})
