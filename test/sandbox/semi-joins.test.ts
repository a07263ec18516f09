import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { namesOf, queryPath, salesforceClient, smallWorld, text, type Client } from './client.ts'

const [acme, , beta] = ['001000000000001AAA', '001000000000002AAA', '001000000000003AAA']
const subscription = (n: number, account: string | null, status: string): Record<string, string | null> => ({
  Id: `a0S00000000000${n}AAA`,
  Name: `S${n}`,
  Zuora__Account__c: account,
  Zuora__Status__c: status,
})

let sandbox: Sandbox
let client: Client
beforeAll(async () => {
  sandbox = await startSandbox({
    world: {
      ...smallWorld,
      salesforce: {
        ...smallWorld.salesforce,
        Zuora__Subscription__c: [
          subscription(1, acme ?? null, 'Active'),
          subscription(2, beta ?? null, 'Cancelled'),
          subscription(3, null, 'Active'),
        ],
        Contact: [
          { Id: '003000000000001AAA', Name: 'Ann', AccountId: acme ?? null },
          { Id: '003000000000002AAA', Name: 'Bob', AccountId: beta ?? null },
          { Id: '003000000000003AAA', Name: 'Cy', AccountId: null },
        ],
      },
    },
  })
  client = await salesforceClient(sandbox)
})
afterAll(() => sandbox.close())

const names = (soql: string): Promise<string[]> => namesOf(client, soql)

describe('a semi-join finds the rows whose ids the sub-select finds', () => {
  const onAccounts = "SELECT Id FROM Account WHERE Name = 'Acme' OR Type = 'Former Customer'"
  test.each([
    [`Zuora__Subscription__c WHERE Zuora__Account__c IN (${onAccounts})`, ['S1']],
    [`Zuora__Subscription__c WHERE Zuora__Account__c NOT IN (${onAccounts})`, ['S2', 'S3']],
    [`Zuora__Subscription__c WHERE (Zuora__Account__c IN (${onAccounts})) AND (Name = 'S2' OR Name = 'S1')`, ['S1']],
    ['Account WHERE Id IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c)', ['Acme', 'beta_1']],
    [
      "Account WHERE Id IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c) AND Id NOT IN (SELECT AccountId FROM Contact WHERE Account.Name = 'Acme')",
      ['beta_1'],
    ],
    [
      "Contact WHERE AccountId IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c WHERE Zuora__Status__c = 'Active')",
      ['Ann'],
    ],
    // No id is found: nothing is in, and everything is not in.
    ["Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'x')", []],
    ["Contact WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'x')", ['Ann', 'Bob', 'Cy']],
    // Null is no id, on either side.
    ['Zuora__Subscription__c WHERE Zuora__Account__c IN (SELECT AccountId FROM Contact)', ['S1', 'S2']],
    ['Zuora__Subscription__c WHERE Zuora__Account__c NOT IN (SELECT AccountId FROM Contact)', ['S3']],
  ])('%s', async (from, expected) => {
    expect(await names(`SELECT Name FROM ${from}`)).toEqual(expected)
  })

  test('in a child list too', async () => {
    const answer = await client(
      'GET',
      queryPath(
        "SELECT Id, (SELECT Name FROM Zuora__Subscriptions__r WHERE Zuora__Account__c IN (SELECT Id FROM Account WHERE Name = 'Acme')) FROM Account",
      ),
    )
    expect([...(answer.body['records'] ?? [])].map((row) => row['Zuora__Subscriptions__r']?.['totalSize'])).toEqual([
      1,
      undefined,
      undefined,
    ])
  })
})

test('the sub-select is run once, however many rows there are', async () => {
  let read = 0
  const [account] = sandbox.salesforce.tables['Account'] ?? []
  const get = (): string => {
    read += 1
    return 'Customer'
  }
  Object.defineProperty(account, 'Type', { get })
  const onCustomers = "Zuora__Account__c IN (SELECT Id FROM Account WHERE Type = 'Customer')"
  expect(await names(`SELECT Name FROM Zuora__Subscription__c WHERE ${onCustomers}`)).toEqual(['S1'])
  expect(read).toBe(1)
})

describe('what Salesforce refuses is refused', () => {
  const contacts = 'Id IN (SELECT AccountId FROM Contact)'
  const top = 'only allowed at the top level WHERE expressions'
  test.each([
    [`Name = 'a' OR ${contacts}`, "Semi join sub-selects are not allowed with the 'OR' operator"],
    [`Name = 'a' AND (Type = 'b' OR ${contacts})`, top],
    [`(Name = 'a' AND ${contacts}) AND Type = 'b'`, top],
    [`NOT ${contacts}`, top],
    [
      'Id IN (SELECT AccountId FROM Contact WHERE AccountId IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c))',
      'Nesting of semi join sub-selects is not supported',
    ],
    [
      "Id IN (SELECT Id FROM Account WHERE Name = 'a')",
      'The inner and outer selects should not be on the same object type',
    ],
    ['Id IN (SELECT AccountId FROM Contact ORDER BY Name)', "unexpected token: 'ORDER'"],
    ['Id IN (SELECT AccountId FROM Contact LIMIT 5)', "unexpected token: 'LIMIT'"],
    ['Id IN (SELECT COUNT() FROM Contact)', "semi join sub selects can only query id fields, cannot use: 'COUNT()'"],
    ['Id IN (SELECT Name FROM Contact)', "semi join sub selects can only query id fields, cannot use: 'Name'"],
    [
      'Id IN (SELECT Account.Id FROM Contact)',
      "semi join sub selects can only query id fields, cannot use: 'Account.Id'",
    ],
    ['Name IN (SELECT AccountId FROM Contact)', "should be an id field, cannot use: 'Name'"],
    ['Id IN (SELECT Id FROM Contact)', 'should point to the same object type'],
    ['Id IN (SELECT Nothing FROM Contact)', "No such column 'Nothing' on entity 'Contact'"],
  ])('Account WHERE %s', async (where, message) => {
    const answer = await client('GET', queryPath(`SELECT Id FROM Account WHERE ${where}`))
    const errorCode = message.startsWith('No such') ? 'INVALID_FIELD' : 'MALFORMED_QUERY'
    expect(answer).toMatchObject({ status: 400, body: [{ errorCode }] })
    expect(text(answer.body[0]?.['message'])).toContain(message)
  })

  test('a third one', async () => {
    const answer = await client(
      'GET',
      queryPath(`SELECT Id FROM Account WHERE ${Array(3).fill(contacts).join(' AND ')}`),
    )
    expect(answer).toMatchObject({ status: 400, body: [{ errorCode: 'EXCEEDED_MAX_SEMIJOIN_SUBSELECTS' }] })
  })

  test('over a relationship', async () => {
    const answer = await client(
      'GET',
      queryPath('SELECT Id FROM Zuora__Subscription__c WHERE Zuora__Account__r.Id IN (SELECT AccountId FROM Contact)'),
    )
    expect(text(answer.body[0]?.['message'])).toContain("cannot use: 'Zuora__Account__r.Id'")
  })
})
