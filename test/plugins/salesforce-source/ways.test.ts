import { afterEach, describe, expect, it } from 'vitest'
import { collect, type JsonObject } from 'zds'
import {
  generateWorld,
  startSandbox,
  type FaultEffect,
  type FaultMatch,
  type Sandbox,
  type SandboxOptions,
} from 'zds/sandbox'
import { soql, soqlDate, type RowsQuery } from 'zds/salesforce-source'
import { testRun } from 'zds/testing'
import { crmOf, read } from './org.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const WORLD = { accounts: 600, asOf: '2026-03-16' }

async function started({ salesforce: more, ...options }: SandboxOptions = {}): Promise<Sandbox> {
  const small = { batchSize: 300, childPageSize: 2, bulkPageSize: 60, bulkMs: { queued: 1, working: 1 } }
  open = await startSandbox({ world: generateWorld(WORLD), ...options, salesforce: { ...small, ...more } })
  return open
}

const failing = async (fault: FaultEffect & Partial<FaultMatch>): Promise<Sandbox> =>
  started({ faults: [{ service: 'salesforce', ...fault }] })

const CHARGES = 'Zuora__R00N40000001lGjTEAU__r'
const SUBSCRIPTIONS = 'Zuora__Subscriptions__r'

/** Columns of all types, of a parent, and one in two spellings; both child lists with conditions. */
const QUERY: RowsQuery = {
  name: 'accounts',
  object: 'Account',
  columns: ['Name', 'NAME', 'Account_ID_18__c', 'Support_Hold__c', 'CreatedDate', 'Solutions_Architect_Lookup__r.Name'],
  key: 'Account_ID_18__c',
  where: soql`Type = ${'Customer'} OR Type = ${'Former Customer'}`,
  children: () => [
    {
      relationship: SUBSCRIPTIONS,
      columns: ['Id', 'Zuora__Status__c', 'Zuora__SubscriptionEndDate__c'],
      where: soql`Zuora__Status__c != ${'Cancelled'} OR Zuora__SubscriptionEndDate__c >= ${soqlDate('2026-01-01')}`,
    },
    { relationship: CHARGES, columns: ['Zuora__Quantity__c', 'Zuora__EffectiveEndDate__c', 'Name'] },
  ],
}

function accountsOf(sandbox: Sandbox, more: Partial<RowsQuery> = {}) {
  return crmOf(sandbox).rows({ ...QUERY, ...more })
}

const inOrder = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted()

/** Rows in one order, and the rows of their lists too. */
const alike = (rows: readonly JsonObject[]): string[] =>
  inOrder(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, Array.isArray(value) ? inOrder(value) : value]),
      ),
    ),
  )

const jobsOf = ({ requests }: Sandbox): string[] =>
  requests
    .filter(({ path }) => path.includes('/jobs/query'))
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/jobs/, 'jobs').replace(/750\w{15}/, 'ID')}`)
const kindsOf = (sandbox: Sandbox): string[] => [...new Set(jobsOf(sandbox))]

describe('the ways to read rows', { timeout: 60_000 }, () => {
  it.each(['flat', 'bulk'] as const)(
    '%s has the rows and the child rows that nested has (SFA-02, SFA-05)',
    async (gather) => {
      const sandbox = await started()
      const [account, other] = sandbox.salesforce.tables['Account'] ?? []
      Object.assign(account ?? {}, {
        Type: 'Customer',
        Name: ' "a", b;\n\'ć\' ',
        Support_Hold__c: null,
        CreatedDate: '2026-05-01T07:25:37.000+0000',
      })
      Object.assign(other ?? {}, { Type: 'Customer', Name: '001', Solutions_Architect_Lookup__c: null })
      const nested = await read(accountsOf(sandbox, { gather: 'nested' }))
      const told = await read(accountsOf(sandbox, { gather }))
      expect(nested.rows.length).toBeGreaterThan(300)
      expect(nested.rows.some((row) => Array.isArray(row[CHARGES]) && row[CHARGES].length > 2)).toBe(true)
      expect(alike(told.rows)).toEqual(alike(nested.rows))
      expect(told.expected).toEqual(nested.expected)
    },
  )

  it.each(['flat', 'bulk'] as const)(
    '%s has them also where the condition has a sub-query, and without a condition',
    async (gather) => {
      const sandbox = await started()
      const where = "Id IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c WHERE Zuora__Status__c = 'Active')"
      for (const asked of [{ where }, { where: 'Id != null' }]) {
        const nested = await read(accountsOf(sandbox, { ...asked, gather: 'nested' }))
        expect(nested.rows.length).toBeGreaterThan(100)
        expect(alike((await read(accountsOf(sandbox, { ...asked, gather }))).rows)).toEqual(alike(nested.rows))
      }
    },
  )

  it('SF-06: ranges of a query with a sub-query in its condition keep it out of parentheses', async () => {
    const sandbox = await started({ world: generateWorld({ ...WORLD, accounts: 3000 }) })
    const where = "Id NOT IN (SELECT Zuora__Account__c FROM Zuora__Subscription__c WHERE Zuora__Status__c = 'none')"
    const { rows } = await read(accountsOf(sandbox, { where, children: () => [] }))
    expect(rows).toHaveLength(sandbox.salesforce.tables['Account']?.length ?? 0)
    expect(sandbox.requests.filter(({ query }) => query['q']?.includes(' AND Id >= '))).not.toEqual([])
  })

  it('flat asks for children when all parents have come', async () => {
    const sandbox = await started()
    await read(accountsOf(sandbox, { gather: 'flat' }))
    const all = sandbox.requests.flatMap(({ query }) => query['q'] ?? [])
    const asked = all.filter((text) => !text.includes('SystemModstamp')).map((text) => / FROM (\w+)/.exec(text)?.[1])
    expect([...new Set(asked)]).toEqual(['Account', 'Zuora__Subscription__c', 'Zuora__SubscriptionProductCharge__c'])
    expect(asked.lastIndexOf('Account')).toBeLessThan(asked.indexOf('Zuora__Subscription__c'))
  })
})

/** Has others at work when an object is asked for the first time: before its rows are looked at. */
function meanwhile({ salesforce: { tables }, requests }: Sandbox, object: string, work: () => void): void {
  const rows = tables[object] ?? []
  let left: typeof work | undefined = work
  const isAsked = (): boolean => JSON.stringify(requests.at(-1) ?? null).includes(` FROM ${object}`)
  Object.defineProperty(tables, object, {
    enumerable: true,
    get: () => {
      const now = isAsked() ? left : undefined
      if (now !== undefined) left = undefined
      now?.()
      return rows
    },
  })
}

const SUBSCRIPTION = 'Zuora__Subscription__c'
const CHARGE = 'Zuora__SubscriptionProductCharge__c'

describe('what others change while it is read', { timeout: 60_000 }, () => {
  /** An account with a subscription, and how that is replaced by another one. */
  async function scene() {
    const sandbox = await started()
    const { tables } = sandbox.salesforce
    const rowsOf = (object: string, account: unknown) =>
      (tables[object] ?? []).filter((row) => row['Zuora__Account__c'] === account)
    const account = tables['Account']?.find(
      ({ Id, Type }) => Type === 'Customer' && rowsOf(CHARGE, Id).length > 0 && rowsOf(SUBSCRIPTION, Id).length === 1,
    )
    const SystemModstamp = new Date().toISOString().replace('Z', '+0000')
    const [subscription, charges] = [rowsOf(SUBSCRIPTION, account?.['Id'])[0], rowsOf(CHARGE, account?.['Id'])]
    const renewed = 'a0S000000RENEWDAAA'
    const renew = (): void => {
      tables[SUBSCRIPTION]?.push({ ...subscription, Id: renewed, SystemModstamp })
      tables[CHARGE]?.push(
        ...charges.map((row, at) => ({ ...row, Id: `a0C000000RENEW${at}AAA`, Zuora__Subscription__c: renewed })),
      )
      Object.assign(subscription ?? {}, { Zuora__Status__c: 'Cancelled', SystemModstamp })
      for (const row of charges) Object.assign(row, { Subscription_Status__c: 'Cancelled', SystemModstamp })
    }
    const children = () => [
      { relationship: SUBSCRIPTIONS, columns: ['Id'], where: "Zuora__Status__c != 'Cancelled'" },
      {
        relationship: CHARGES,
        columns: ['Zuora__Subscription__c'],
        where: "Subscription_Status__c != 'Cancelled'",
      },
    ]
    const readRow = async (gather: 'flat' | 'bulk' | 'nested') => {
      const told = await read(accountsOf(sandbox, { children, gather }))
      return { ...told, row: told.rows.find((row) => row['Account_ID_18__c'] === account?.['Account_ID_18__c']) }
    }
    return { sandbox, account, charges, renewed, renew, readRow, SystemModstamp }
  }

  it.each(['flat', 'bulk'] as const)(
    '%s: a subscription that is renewed between the lists is not lost: what changed is read again (SFA-05, SFA-06)',
    async (gather) => {
      const { sandbox, charges, renewed, renew, readRow } = await scene()
      meanwhile(sandbox, CHARGE, renew)
      const { row, rows, progress } = await readRow(gather)
      expect(row?.[SUBSCRIPTIONS]).toEqual([{ Id: renewed }])
      expect(row?.[CHARGES]).toEqual(charges.map(() => ({ Zuora__Subscription__c: renewed })))
      expect(progress).toContain('accounts: rows that changed while they were read are read again: 1')
      expect(alike(rows)).toEqual(alike((await readRow('nested')).rows))
    },
  )

  it('flat: a row that is no longer in the query is left out, so that the rows are too few (SAFE-02)', async () => {
    const { sandbox, account, readRow, SystemModstamp } = await scene()
    meanwhile(sandbox, CHARGE, () => Object.assign(account ?? {}, { Type: 'Prospect', SystemModstamp }))
    const { row, rows, expected } = await readRow('flat')
    expect(row).toBeUndefined()
    expect(expected).toEqual([rows.length + 1])
  })
})

describe('bulk: jobs', { timeout: 60_000 }, () => {
  it('are begun, looked at until they have ended, read page by page, and forgotten', async () => {
    const sandbox = await started()
    await read(accountsOf(sandbox, { gather: 'bulk' }))
    expect(kindsOf(sandbox)).toEqual([
      'POST jobs/query',
      'GET jobs/query/ID',
      'GET jobs/query/ID/resultPages',
      'GET jobs/query/ID/results',
      'DELETE jobs/query/ID',
    ])
    expect(jobsOf(sandbox).filter((one) => one.startsWith('DELETE'))).toHaveLength(3)
    expect(jobsOf(sandbox).filter((one) => one.endsWith('resultPages')).length).toBeGreaterThan(3)
  })

  it.each([
    [
      'fails',
      { kind: 'kill', as: 'failed', message: 'InternalServerError: no' },
      /job for accounts ended as Failed: InternalServerError: no/,
    ],
    ['never ends', { kind: 'stuck' }, /job for accounts, 750\w{15}, has not ended within an hour/],
    ['lacks a row', { kind: 'short', path: '/results' }, /accounts: \d+ rows were announced and \d+ came/],
  ] as const)('one that %s is told as INCOMPLETE, and is forgotten (SAFE-02)', async (_what, fault, said) => {
    const sandbox = await failing(fault)
    const error = await collect(accountsOf(sandbox, { gather: 'bulk' }).read(testRun())).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'INCOMPLETE', message: expect.stringMatching(said) as string })
    expect(jobsOf(sandbox).at(-1)).toBe('DELETE jobs/query/ID')
  })

  it('one that is under way when the run is aborted is ended', async () => {
    const sandbox = await failing({ kind: 'stuck' })
    const run = testRun()
    const reason = new Error('enough')
    const aborting = { ...run, progress: () => run.abort(reason) }
    await expect(collect(accountsOf(sandbox, { gather: 'bulk' }).read(aborting))).rejects.toBe(reason)
    expect(jobsOf(sandbox).slice(-2)).toEqual(['PATCH jobs/query/ID', 'DELETE jobs/query/ID'])
  })

  it('one whose reader stops early is forgotten', async () => {
    const sandbox = await started()
    for await (const row of accountsOf(sandbox, { gather: 'bulk' }).read(testRun())) {
      expect(row).toHaveProperty(CHARGES)
      break
    }
    expect(jobsOf(sandbox).filter((one) => one.startsWith('DELETE'))).toHaveLength(3)
  })

  it.each([
    ['an answer to its beginning is lost', { kind: 'lost', method: 'POST', path: '/jobs/query' }],
    ['a page breaks off', { kind: 'cut', path: '/results' }],
    ['a token ends', { kind: 'expired', path: '/resultPages' }],
    ['a look fails', { kind: 'status', status: 503, method: 'GET', path: '/jobs/query/750' }],
  ] as const)('are read all the same where %s', async (_what, fault) => {
    const sandbox = await failing(fault)
    const { rows } = await read(accountsOf(sandbox, { gather: 'bulk' }))
    expect(alike(rows)).toEqual(alike((await read(accountsOf(sandbox, { gather: 'nested' }))).rows))
    expect(sandbox.faults.fired).toHaveLength(1)
  })

  it('a result that cannot be deleted is told, and no failure', async () => {
    const sandbox = await failing({
      kind: 'status',
      status: 400,
      method: 'DELETE',
      path: '/jobs/query',
      times: 0,
    })
    const { rows, progress } = await read(accountsOf(sandbox, { gather: 'bulk' }))
    expect(rows.length).toBeGreaterThan(300)
    expect(progress.filter((line) => line.startsWith('Salesforce keeps the result for '))).toHaveLength(3)
  })
})
