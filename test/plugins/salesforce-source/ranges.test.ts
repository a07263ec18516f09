import { assert, integer, property, stringMatching } from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { startSandbox, generateWorld, type Row, type Sandbox } from 'zds/sandbox'
import { cuts } from '../../../plugins/salesforce-source/read/ranges.ts'
import { crmOf, read } from './org.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const CHARGES = 'Zuora__R00N40000001lGjTEAU__r'

async function started(accounts: number, more: Parameters<typeof startSandbox>[0] = {}): Promise<Sandbox> {
  open = await startSandbox({ world: generateWorld({ accounts, asOf: '2026-03-16' }), ...more })
  return open
}

function accountsOf(sandbox: Sandbox) {
  return crmOf(sandbox).rows({
    name: 'accounts',
    object: 'Account',
    columns: ['Id', 'Name', 'Solutions_Architect_Lookup__r.Name'],
    children: () => [{ relationship: CHARGES, columns: ['Id'] }],
    where: `Type = 'Customer' OR Type = 'Former Customer'`,
  })
}

const customers = (sandbox: Sandbox): Row[] =>
  (sandbox.salesforce.tables['Account'] ?? []).filter(
    ({ Type: type }) => type === 'Customer' || type === 'Former Customer',
  )
const soqlOf = ({ requests }: Sandbox) => requests.flatMap(({ query }) => query['q'] ?? [])
const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted()

describe('a long query', { timeout: 60_000 }, () => {
  it('is read in ranges at the same time, and they have the rows and child rows of the one query (SFA-04, SFA-05)', async () => {
    const one = await read(accountsOf(await started(3000, { salesforce: { batchSize: 1_000_000 } })))
    await open?.close()
    const sandbox = await started(3000, { salesforce: { batchSize: 100, childPageSize: 2 } })
    const ranges = await read(accountsOf(sandbox))
    expect(soqlOf(sandbox).filter((soql) => soql.includes('Id >= ') || soql.includes('Id < '))).toHaveLength(8)
    expect(ranges.rows).toHaveLength(customers(sandbox).length)
    expect(sorted(ranges.rows)).toEqual(sorted(one.rows))
    expect([one.expected, ranges.expected]).toEqual([[ranges.rows.length], [ranges.rows.length]])
  })

  it('comes in the same order each time, whichever answer comes first', async () => {
    const first = await read(accountsOf(await started(2000, { salesforce: { batchSize: 100 } })))
    await open?.close()
    const late = { service: 'salesforce', path: 'Id >= ', at: 2, kind: 'latency', ms: 200 } as const
    const second = await read(accountsOf(await started(2000, { salesforce: { batchSize: 100 }, faults: [late] })))
    expect(second.rows).toEqual(first.rows)
  })

  it('is counted as a whole: a range that lacks a row is no proof of completeness (SAFE-02)', async () => {
    const short = { service: 'salesforce', path: 'Id < ', kind: 'short' } as const
    const sandbox = await started(2000, { salesforce: { batchSize: 100 }, faults: [short] })
    await expect(read(accountsOf(sandbox))).rejects.toMatchObject({ code: 'INCOMPLETE' })
  })

  it('stays one where the Ids do not tell where to cut it', async () => {
    const sandbox = await started(2000, { salesforce: { batchSize: 100 } })
    const [row] = customers(sandbox)
    if (row !== undefined) row['Id'] = '9990000000000ZZAAA'
    const { rows } = await read(accountsOf(sandbox))
    expect(rows).toHaveLength(customers(sandbox).length)
    expect(soqlOf(sandbox).filter((soql) => soql.includes('Id < '))).toEqual([])
  })

  it('stays one where Salesforce does not tell its ends', async () => {
    const timeout = [{ message: 'Your query request was running for too long.', errorCode: 'QUERY_TIMEOUT' }]
    const refusal = {
      service: 'salesforce',
      path: 'ORDER BY',
      kind: 'status',
      status: 400,
      responseBody: timeout,
    } as const
    const sandbox = await started(2000, { salesforce: { batchSize: 100 }, faults: [refusal] })
    const { rows, progress } = await read(accountsOf(sandbox))
    expect(rows).toHaveLength(customers(sandbox).length)
    expect(progress.filter((line) => line.includes('does not tell the ends'))).toHaveLength(1)
  })

  it('of few rows is one query', async () => {
    const sandbox = await started(300, { salesforce: { batchSize: 50 } })
    expect((await read(accountsOf(sandbox))).rows).toHaveLength(customers(sandbox).length)
    expect(soqlOf(sandbox)).toHaveLength(2)
  })

  it('ends with the failure of one range, and asks for no more', async () => {
    const refusal = { service: 'salesforce', path: 'Id >= ', kind: 'status', preset: 'daily-limit' } as const
    const sandbox = await started(2000, { salesforce: { batchSize: 100 }, faults: [refusal] })
    await expect(read(accountsOf(sandbox))).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' })
  })
})

describe('where it is cut', () => {
  const id = stringMatching(/^[0-9A-Za-z]{12}$/).map((rest) => `001${rest}`)

  it('whatever the ends are, the cuts are Ids between them, in order, each once', () => {
    assert(
      property(id, id, integer({ min: 1, max: 8 }), (one, other, count) => {
        const found = cuts(one, other, count)
        const [low = '', high = ''] = [one, other].toSorted(byCode)
        expect(found.length).toBeLessThan(count)
        expect(found).toEqual([...new Set(found)].toSorted(byCode))
        for (const cut of found) expect([low, cut, high].toSorted(byCode)).toEqual([low, cut, high])
      }),
    )
  })

  it.each([
    ['001000000000000', '003000000000009'],
    ['', '001000000000009'],
    ['not-an-id', '001000000000009'],
  ])('between %j and %j there is nowhere', (first, last) => {
    expect(cuts(first, last, 8)).toEqual([])
  })
})

const byCode = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
