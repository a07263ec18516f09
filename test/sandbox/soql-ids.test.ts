import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { namesOf, salesforceClient, smallWorld, text, type Client } from './client.ts'

// In the order of ids: digits, capitals, small letters. Two differ in case alone.
const [one, capital, other, small] = [
  '001000000000001AAA',
  '00100000000000AAAQ',
  '00100000000000BAAQ',
  '00100000000000aAAA',
]
const ordered = [one, capital, other, small].map(text)

let sandbox: Sandbox
let client: Client
beforeAll(async () => {
  const Account = [small, capital, other, one].map((id) => ({ Id: text(id), Name: text(id) }))
  const Contact = ordered.toReversed().map((id, n) => ({ Id: `00300000000000${n}AAA`, Name: id, AccountId: id }))
  sandbox = await startSandbox({ world: { ...smallWorld, salesforce: { Account, Contact } } })
  client = await salesforceClient(sandbox)
})
afterAll(() => sandbox.close())

const names = (soql: string): Promise<string[]> => namesOf(client, soql)

test.each([
  [`Account WHERE Id = '${small}'`, [small]],
  [`Account WHERE Id IN ('${capital}')`, [capital]],
  [`Account WHERE Id >= '${other}' AND Id != '${small}'`, [other]],
  [`Contact WHERE AccountId = '${capital}'`, [capital]],
  [`Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Id = '${small}')`, [small]],
])('ids are told apart by case: %s', async (from, expected) => {
  expect(await names(`SELECT Name FROM ${from}`)).toEqual(expected)
})

test.each(['Account ORDER BY Id', 'Contact ORDER BY AccountId', 'Contact ORDER BY Account.Id'])(
  '%s: in the order of the ids',
  async (from) => {
    expect(await names(`SELECT Name FROM ${from}`)).toEqual(ordered)
    expect(await names(`SELECT Name FROM ${from} DESC`)).toEqual(ordered.toReversed())
  },
)

test.each(ordered)('the ranges below and from %s are the two parts of that order', async (id) => {
  const from = ordered.indexOf(id)
  expect(await names(`SELECT Name FROM Account WHERE Id < '${id}' ORDER BY Id`)).toEqual(ordered.slice(0, from))
  expect(await names(`SELECT Name FROM Account WHERE Id >= '${id}' ORDER BY Id`)).toEqual(ordered.slice(from))
})

test('texts are ordered without regard to case', async () => {
  expect(await names('SELECT Name FROM Account ORDER BY Name')).toEqual([one, small, capital, other])
})
