import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { namesOf, salesforceClient, smallWorld, type Client } from './client.ts'

const contacts = [
  {
    Id: '003000000000001AAA',
    Name: 'Ann',
    Email: 'a@x.example',
    AccountId: '001000000000001AAA',
    Inactive_Contact__c: false,
    Role__c: 'Gitlab Admin;Billing',
  },
  {
    Id: '003000000000002AAA',
    Name: 'Bob',
    Email: '',
    AccountId: '001000000000001AAA',
    Inactive_Contact__c: true,
    Role__c: 'Billing',
  },
  { Id: '003000000000003AAA', Name: '', Email: 'c@x.example', AccountId: null, Role__c: null },
]
const terms = [
  { Id: 'a0S000000000001AAA', Name: 'T1', Zuora__SubscriptionEndDate__c: '2026-03-15' },
  { Id: 'a0S000000000002AAA', Name: 'T2', Zuora__SubscriptionEndDate__c: '2026-03-16' },
  { Id: 'a0S000000000003AAA', Name: 'T3', Zuora__SubscriptionEndDate__c: null },
]

let sandbox: Sandbox
let client: Client
beforeAll(async () => {
  sandbox = await startSandbox({
    world: {
      ...smallWorld,
      salesforce: { ...smallWorld.salesforce, Contact: contacts, Zuora__Subscription__c: terms },
    },
  })
  client = await salesforceClient(sandbox)
})
afterAll(() => sandbox.close())

const names = (soql: string): Promise<string[]> => namesOf(client, soql)

// Accounts: Acme (Customer, 12.5, on hold), O'Neil \ Söhne (Former Customer, null), beta_1 (null,
// 100).
test.each([
  ["Name = 'ACME'", ['Acme']],
  ["Type != 'Customer'", [String.raw`O'Neil \ Söhne`, 'beta_1']],
  ['Type = null', ['beta_1']],
  ['Type != null', ['Acme', String.raw`O'Neil \ Söhne`]],
  ["Type IN ('customer', 'former customer')", ['Acme', String.raw`O'Neil \ Söhne`]],
  ["Type NOT IN ('Customer')", [String.raw`O'Neil \ Söhne`, 'beta_1']],
  ['CARR_This_Account__c > 12', ['Acme', 'beta_1']],
  ['CARR_This_Account__c <= 12.5', ['Acme']],
  ['CARR_This_Account__c < 1000', ['Acme', 'beta_1']],
  ['Support_Hold__c = true', ['Acme']],
  ['Support_Hold__c = false', [String.raw`O'Neil \ Söhne`, 'beta_1']],
  ["Name LIKE 'a%'", ['Acme']],
  [String.raw`Name LIKE '%a\_1'`, ['beta_1']],
  ["Name LIKE 'bet__1'", ['beta_1']],
  [String.raw`Name = 'O\'Neil \\ S\u00f6hne'`, [String.raw`O'Neil \ Söhne`]],
  ["Id = '001000000000001'", ['Acme']],
  ["NOT Name = 'Acme'", [String.raw`O'Neil \ Söhne`, 'beta_1']],
  ["Type = null OR (Name = 'Acme' AND CARR_This_Account__c > 1)", ['Acme', 'beta_1']],
  ["(Type = null OR Name = 'Acme') AND CARR_This_Account__c > 50", ['beta_1']],
  ["NOT (Type = null OR Name = 'Acme')", [String.raw`O'Neil \ Söhne`]],
  ["Account.Name = 'Acme'", ['Acme']],
])('Account WHERE %s', async (where, expected) => {
  expect(await names(`SELECT Name FROM Account WHERE ${where}`)).toEqual(expected)
})

test.each([
  ["Role__c INCLUDES ('Gitlab Admin')", ['Ann']],
  ["Role__c INCLUDES ('Billing;Gitlab Admin', 'Nothing')", ['Ann']],
  ["Role__c INCLUDES ('Billing')", ['Ann', 'Bob']],
  ["Role__c = 'Billing;Gitlab Admin'", ['Ann']],
  ["Role__c EXCLUDES ('Gitlab Admin')", ['Bob', '']],
  ["Name != '' AND Email != ''", ['Ann']],
  ['Inactive_Contact__c = false', ['Ann', '']],
  ["Account.Account_ID_18__c IN ('001000000000001AAA')", ['Ann', 'Bob']],
  ["Account.Name = 'acme' AND Inactive_Contact__c = FALSE", ['Ann']],
])('Contact WHERE %s', async (where, expected) => {
  expect(await names(`SELECT Name FROM Contact WHERE ${where}`)).toEqual(expected)
})

test.each([
  ['>= 2026-03-16', ['T2']],
  ['< 2026-03-16', ['T1']],
  ['= TODAY', ['T2']],
  ['= YESTERDAY', ['T1']],
  ['= LAST_N_DAYS:5', ['T1', 'T2']],
  ['!= 2026-03-15', ['T2', 'T3']],
])('a date %s', async (condition, expected) => {
  expect(
    await names(`SELECT Name FROM Zuora__Subscription__c WHERE Zuora__SubscriptionEndDate__c ${condition}`),
  ).toEqual(expected)
})

test('ORDER BY, nulls first unless they are to be last, LIMIT and OFFSET', async () => {
  const order = 'SELECT Name FROM Zuora__Subscription__c ORDER BY Zuora__SubscriptionEndDate__c'
  expect(await names(order)).toEqual(['T3', 'T1', 'T2'])
  expect(await names(`${order} DESC NULLS LAST`)).toEqual(['T2', 'T1', 'T3'])
  expect(await names(`${order} LIMIT 1 OFFSET 1`)).toEqual(['T1'])
  expect(await names('select name from contact order by account.name nulls last, name desc')).toEqual([
    'Bob',
    'Ann',
    '',
  ])
})
