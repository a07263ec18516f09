import { createSign, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Row, type Sandbox } from 'zds/sandbox'
import {
  type Answer,
  type Client,
  queryPath,
  salesforceClient,
  salesforceForm,
  send,
  smallWorld,
  text,
} from './client.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const accounts: Row[] = Array.from({ length: 7 }, (_, n) => ({
  Id: `00100000000000${n}AAA`,
  Name: `A${n}`,
  Solutions_Architect_Lookup__c: n === 1 ? '005000000000001AAA' : null,
}))
const subscriptions: Row[] = Array.from({ length: 5 }, (_, n) => ({
  Id: `a0S00000000000${n}AAA`,
  Name: `S${n}`,
  Zuora__Account__c: accounts[1]?.['Id'] ?? null,
  Zuora__Status__c: n === 4 ? 'Cancelled' : 'Active',
}))
const world = {
  ...smallWorld,
  salesforce: {
    Account: accounts,
    User: [{ Id: '005000000000001AAA', Name: 'Sam' }],
    Zuora__Subscription__c: subscriptions,
    Widget__c: [{ Id: 'a99000000000001AAA', Name: 'w', Size__c: 3, Owner_Account__c: '001000000000001AAA' }],
  },
}

let sandbox: Sandbox
let client: Client
const query = (soql: string): Promise<Answer> => client('GET', queryPath(soql))
const children = `SELECT Id, (SELECT Id, Name FROM Zuora__Subscriptions__r WHERE Zuora__Status__c != 'Cancelled') FROM Account`

beforeAll(async () => {
  sandbox = await startSandbox({
    world,
    salesforce: { batchSize: 4, childPageSize: 2, jwt: { publicKey, usernames: ['bot@example.com'] } },
  })
  client = await salesforceClient(sandbox)
})
afterAll(() => sandbox.close())

describe('token', () => {
  const grant = (form: Record<string, string>, headers = {}): Promise<Answer> =>
    send(`${sandbox.salesforce.url}/services/oauth2/token`, 'POST', new URLSearchParams(form), headers)

  test('client credentials, in the form or as Basic', async () => {
    const answer = await send(`${sandbox.salesforce.url}/services/oauth2/token`, 'POST', salesforceForm(sandbox))
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      instance_url: sandbox.salesforce.url,
      issued_at: expect.stringMatching(/^\d{13}$/),
    })
    expect(answer.body['id']).toMatch(/\/id\/00D\w+\/005\w+$/)
    expect(answer.body['expires_in']).toBeUndefined()
    const basic = Buffer.from(
      `${sandbox.env['SALESFORCE_CLIENT_ID']}:${sandbox.env['SALESFORCE_CLIENT_SECRET']}`,
    ).toString('base64')
    expect((await grant({ grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` })).status).toBe(200)
  })

  test.each([
    [{ grant_type: 'client_credentials', client_id: 'other', client_secret: 'x' }, 'invalid_client_id'],
    [{ grant_type: 'client_credentials', client_id: 'sandbox-salesforce', client_secret: 'x' }, 'invalid_client'],
    [{ grant_type: 'password', username: 'a', password: 'b' }, 'invalid_grant'],
    [{ grant_type: 'magic' }, 'unsupported_grant_type'],
  ])('%o is refused with %s', async (form, error) => {
    expect(await grant(form)).toMatchObject({ status: 400, body: { error } })
  })

  test('JWT bearer: signature and claims are checked', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const assertion = (claims: object): string => {
      const text = `${part({ alg: 'RS256' })}.${part({ iss: 'sandbox-salesforce', sub: 'bot@example.com', aud: 'https://login.salesforce.com', exp: Date.now() / 1000 + 60, ...claims })}`
      return `${text}.${createSign('RSA-SHA256').update(text).sign(keys.privateKey, 'base64url')}`
    }
    const flow = (text: string): Promise<Answer> =>
      grant({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text })
    expect((await flow(assertion({}))).status).toBe(200)
    for (const claims of [
      { iss: 'x' },
      { sub: 'x@example.com' },
      { aud: 'https://example.com' },
      { exp: 1 },
      { exp: Date.now() / 1000 + 3600 },
    ]) {
      expect(await flow(assertion(claims))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    }
    expect((await flow(`${assertion({}).slice(0, -8)}AAAAAAAA`)).body).toMatchObject({ error: 'invalid_grant' })
  })

  test('everything else needs one', async () => {
    const answer = await send(sandbox.salesforce.url + queryPath('SELECT Id FROM Account'), 'GET')
    expect(answer).toMatchObject({
      status: 401,
      body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
    })
  })
})

describe('query', () => {
  test('records have attributes, nulls, and a whole parent null where the lookup is empty', async () => {
    const answer = await query(
      'SELECT Name, CARR_This_Account__c, Solutions_Architect_Lookup__r.Name FROM Account LIMIT 2',
    )
    expect(answer.body).toEqual({
      totalSize: 2,
      done: true,
      records: [
        {
          attributes: { type: 'Account', url: '/services/data/v62.0/sobjects/Account/001000000000000AAA' },
          Name: 'A0',
          CARR_This_Account__c: null,
          Solutions_Architect_Lookup__r: null,
        },
        {
          attributes: { type: 'Account', url: '/services/data/v62.0/sobjects/Account/001000000000001AAA' },
          Name: 'A1',
          CARR_This_Account__c: null,
          Solutions_Architect_Lookup__r: {
            attributes: { type: 'User', url: '/services/data/v62.0/sobjects/User/005000000000001AAA' },
            Name: 'Sam',
          },
        },
      ],
    })
    expect(answer.headers.get('sforce-limit-info')).toMatch(/^api-usage=\d+\/15000$/)
  })

  test('pages: the locator stays, its offset moves, the total repeats', async () => {
    const first = await query('SELECT Id FROM Account')
    expect(first.body).toMatchObject({ totalSize: 7, done: false })
    expect(first.body['records']).toHaveLength(4)
    const next = text(first.body['nextRecordsUrl'])
    expect(next).toMatch(/^\/services\/data\/v62\.0\/query\/0r8\w{15}-4$/)
    const second = await client('GET', next)
    expect(second.body).toMatchObject({ totalSize: 7, done: true })
    expect(second.body['nextRecordsUrl']).toBeUndefined()
    expect(second.body['records']).toHaveLength(3)
    expect(await client('GET', next.replace(/-4$/, '-99'))).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_QUERY_LOCATOR' }],
    })
  })

  test('child lists: null without children, their own pages, counted into the batch', async () => {
    const first = await query(children)
    // A0 takes one place, A1 three with its two children on the page, so A2 no longer fits.
    expect(first.body['records']).toHaveLength(2)
    expect(first.body['records']?.[0]?.['Zuora__Subscriptions__r']).toBeNull()
    const list = first.body['records']?.[1]?.['Zuora__Subscriptions__r']
    expect(list).toMatchObject({ totalSize: 4, done: false, records: [{ Name: 'S0' }, { Name: 'S1' }] })
    const rest = await client('GET', text(list?.['nextRecordsUrl']))
    expect(rest.body).toMatchObject({ totalSize: 4, done: true, records: [{ Name: 'S2' }, { Name: 'S3' }] })
  })

  test('COUNT() puts the number into totalSize', async () => {
    expect((await query("SELECT COUNT() FROM Account WHERE Name != 'A0'")).body).toEqual({
      totalSize: 6,
      done: true,
      records: [],
    })
  })

  test('a table nobody declared can be queried, its lookups too', async () => {
    const answer = await query('SELECT Size__c, Owner_Account__r.Name FROM Widget__c')
    expect(answer.body['records']).toMatchObject([{ Size__c: 3, Owner_Account__r: { Name: 'A1' } }])
  })

  test('known objects may be empty, and rows changed in the tables show at once', async () => {
    expect((await query('SELECT Name, Account.Account_ID_18__c FROM Contact')).body).toEqual({
      totalSize: 0,
      done: true,
      records: [],
    })
    sandbox.salesforce.tables['Account']?.push({ Id: '001000000000009AAA', Name: 'New', Brand_New__c: 'x' })
    expect((await query("SELECT Name FROM Account WHERE Brand_New__c = 'X'")).body).toMatchObject({ totalSize: 1 })
    sandbox.salesforce.tables['Account']?.pop()
  })

  test.each([
    [
      'SELECT Foo FROM Account',
      'INVALID_FIELD',
      "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'.",
    ],
    ['SELECT Id FROM Accounts', 'INVALID_TYPE', "sObject type 'Accounts' is not supported."],
    ['SELECT X__r.Name FROM Account', 'INVALID_FIELD', "Didn't understand relationship 'X__r' in field path"],
    [
      'SELECT Id, (SELECT Id FROM Things__r) FROM Account',
      'INVALID_TYPE',
      "Didn't understand relationship 'Things__r' in FROM part of query call",
    ],
    ['SELECT Id, id FROM Account', 'INVALID_FIELD', 'duplicate field selected: id'],
    [
      "SELECT Id FROM Account WHERE Type = 'a' AND Name = 'b' OR Name = 'c'",
      'MALFORMED_QUERY',
      "unexpected token: 'OR'",
    ],
    ['SELECT Id FROM', 'MALFORMED_QUERY', "unexpected token: '<EOF>'"],
    [
      "SELECT Id FROM Account WHERE CreatedDate > '2026-01-01'",
      'INVALID_FIELD',
      'must be of type dateTime and should not be enclosed in quotes',
    ],
    [
      'SELECT Id FROM Zuora__Subscription__c WHERE Zuora__SubscriptionEndDate__c > 2026-01-01T00:00:00Z',
      'INVALID_FIELD',
      'must be of type date',
    ],
    ["SELECT Id FROM Account WHERE Name INCLUDES ('a')", 'INVALID_FIELD', 'multipicklist'],
    [String.raw`SELECT Id FROM Account WHERE Name = 'a\qb'`, 'MALFORMED_QUERY', 'no viable alternative'],
  ])('%s is refused', async (soql, errorCode, message) => {
    const answer = await query(soql)
    expect(answer).toMatchObject({ status: 400, body: [{ errorCode }] })
    expect(text(answer.body[0]?.['message'])).toContain(message)
  })

  test('a URI above 16,384 bytes is too long', async () => {
    expect(
      (await query(`SELECT Id FROM Account WHERE Name IN (${`'${'x'.repeat(100)}',`.repeat(170)}'y')`)).status,
    ).toBe(414)
  })
})

test('describe and limits', async () => {
  const described = await client('GET', '/services/data/v58.0/sobjects/account/describe')
  expect(described.body).toMatchObject({ name: 'Account', keyPrefix: '001', queryable: true })
  const fields = [...(described.body['fields'] ?? [])]
  expect(fields.find((field) => text(field['name']) === 'Latest_Sold_To_Contact__c')).toMatchObject({
    type: 'reference',
    referenceTo: ['Contact'],
    relationshipName: 'Latest_Sold_To_Contact__r',
  })
  expect(described.body['childRelationships']).toContainEqual(
    expect.objectContaining({
      relationshipName: 'Zuora__R00N40000001lGjTEAU__r',
      childSObject: 'Zuora__SubscriptionProductCharge__c',
      field: 'Zuora__Account__c',
    }),
  )
  expect((await client('GET', '/services/data/v58.0/sobjects/Nothing/describe')).status).toBe(404)
  expect((await client('GET', '/services/data/v58.0/limits')).body).toMatchObject({ DailyApiRequests: { Max: 15_000 } })
  expect((await client('GET', '/services/data')).body).toContainEqual(
    expect.objectContaining({ url: '/services/data/v58.0' }),
  )
})
