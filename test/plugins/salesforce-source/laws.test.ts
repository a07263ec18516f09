import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { text, type Source } from 'zds'
import type { Salesforce } from 'zds/salesforce-source'
import { startSandbox, type World } from 'zds/sandbox'
import { sourceLaws, testLaws, testRun } from 'zds/testing'
import { crmOf } from './org.ts'

const WORLD = JSON.parse(
  readFileSync(new URL('../../fixtures/worlds/cases/world.json', import.meta.url), 'utf8'),
) as World // our own fixture

const laws = (sourceOf: (crm: Salesforce) => Source, inputs: { readonly [name: string]: readonly string[] } = {}) =>
  sourceLaws(async () => {
    const sandbox = await startSandbox({
      world: WORLD,
      salesforce: { batchSize: 7, bulkMs: { queued: 1, working: 1 } },
    })
    return {
      source: sourceOf(crmOf(sandbox)),
      run: () => testRun(inputs),
      requests: () => sandbox.requests.length,
      close: () => sandbox.close(),
    }
  })

const rowsBy = (gather: 'nested' | 'flat' | 'bulk') =>
  laws((crm) =>
    crm.rows({
      name: 'accounts',
      object: 'Account',
      key: 'Account_ID_18__c',
      columnsOf: [{ salesforce_id: text('Account_ID_18__c'), name: text('Name') }],
      children: () => [{ relationship: 'Zuora__Subscriptions__r', columns: ['Id'] }],
      gather,
    }),
  )

const ids = (WORLD.salesforce['Account'] ?? []).flatMap(({ Account_ID_18__c: id }) =>
  typeof id === 'string' ? [id] : [],
)
const accounts: Source<string> = { name: 'ids', read: async function* () {} }
const lookup = laws(
  (crm) =>
    crm.lookup({
      name: 'contacts',
      object: 'Contact',
      columns: ['Name', 'Email', 'Account.Account_ID_18__c'],
      in: 'Account.Account_ID_18__c',
      keys: { needs: [accounts], read: (run) => run.input(accounts) },
    }),
  { ids },
)

for (const gather of ['nested', 'flat', 'bulk'] as const) testLaws(test, `salesforce rows, ${gather}`, rowsBy(gather))
testLaws(test, 'a salesforce lookup', lookup)
