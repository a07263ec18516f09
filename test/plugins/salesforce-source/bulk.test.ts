import { describe, expect, it } from 'vitest'
import { collect, type Json } from 'zds'
import { salesforce } from 'zds/salesforce-source'
import { testRun } from 'zds/testing'
import { givesTokens, login, org, read, VERSION, type Org } from './org.ts'

const A = '001000000000001AAA'
const JOB = '750000000000001AAA'
const CSV = `"Name","Seats__c","Owner.Name","Id"\n"Acme","1200.0","","${A}"\n`

type JobSays = {
  readonly begun?: Json
  readonly looks?: readonly Json[]
  readonly links?: Json
  readonly csv?: string
}

/** An org whose jobs say what a test wants. */
async function orgOf({ begun = { id: JOB }, looks = [done(1)], links = pages(), csv = CSV }: JobSays): Promise<Org> {
  const made = await org()
  givesTokens(made)
  let looked = 0
  const job = `${VERSION}/jobs/query/${JOB}`
  made.app.post(`${VERSION}/jobs/query`, (c) => c.json(begun))
  made.app.get(job, (c) => c.json(looks[Math.min(looked++, looks.length - 1)]))
  made.app.get(`${job}/resultPages`, (c) => c.json(links))
  made.app.get(`${job}/results`, (c) => c.body(csv, 200, { 'content-type': 'text/csv' }))
  made.app.delete(job, (c) => c.body(null, 204))
  made.app.patch(job, (c) => c.json({}))
  made.app.get(`${VERSION}/sobjects/:object/describe`, (c) => c.json(DESCRIBED))
  return made
}

const DESCRIBED = {
  name: 'Account',
  fields: [
    { name: 'Id', type: 'id' },
    { name: 'Name', type: 'string' },
    { name: 'Seats__c', type: 'double' },
    { name: 'OwnerId', type: 'reference', relationshipName: 'Owner', referenceTo: ['Group', 'User'] },
  ],
  childRelationships: [],
}
const done = (rows: Json): Json => ({ id: JOB, state: 'JobComplete', numberRecordsProcessed: rows })
const page = (locator: string): Json => ({ resultUrl: `${VERSION}/jobs/query/${JOB}/results?locator=${locator}` })
const pages = (more: { readonly [name: string]: Json } = { done: true }): Json => ({
  resultPages: [page('a')],
  ...more,
})

const accountsOf = (made: Org) =>
  salesforce(login(made.url)).rows({
    name: 'accounts',
    object: 'Account',
    columns: ['Name', 'Seats__c', 'Owner.Name'],
    gather: 'bulk',
  })
const rowsOf = (made: Org) => read(accountsOf(made))

describe('rows of the Bulk API 2.0', () => {
  it('are typed as those of a query', async () => {
    const { rows, expected } = await rowsOf(await orgOf({}))
    expect(rows).toEqual([{ Name: 'Acme', Seats__c: 1200, 'Owner.Name': null }])
    expect(expected).toEqual([1])
  })

  it.each([
    [
      [1, 1],
      [1, 0],
    ],
    [
      [3, 2],
      [2, 1],
    ],
    [
      [1, 4],
      [4, 3],
    ],
    [
      [3, undefined],
      [1, 2],
    ],
    [
      [undefined, 5],
      [5, 0],
    ],
  ])(
    'SAFE-02: are as many as counts before and after say (%j), give or take what came and went: %j',
    async (counts, announced) => {
      const made = await orgOf({})
      const [refuses, left] = [made.count, [...counts]]
      made.count = (c) => {
        const rows = left.shift()
        return rows === undefined ? refuses(c) : c.json({ totalSize: rows, done: true, records: [] })
      }
      const run = testRun()
      await collect(accountsOf(made).read(run))
      expect(run.announced).toEqual([announced])
    },
  )

  it('keep each letter of long texts', async () => {
    const name = `x${'😀é'.repeat(40_000)}`
    const { rows } = await rowsOf(await orgOf({ csv: CSV.replace('Acme', name) }))
    expect(rows.map(({ Name }) => Name === name)).toEqual([true])
  })

  it('tell how far Salesforce is, and are looked at ever more rarely', async () => {
    const working = (rows?: number): Json => ({
      state: 'InProgress',
      ...(rows !== undefined && { numberRecordsProcessed: rows }),
    })
    const made = await orgOf({ looks: [working(), working(12_345), done(1)] })
    const { progress } = await rowsOf(made)
    expect(progress.filter((line) => line.includes('works on'))).toEqual([
      'Salesforce works on accounts: no rows so far',
      'Salesforce works on accounts: 12,345 rows so far',
    ])
  })

  it.each(['nextRecordsUrl', 'nextRecordUrl'])('are read to the last page, whose link is called %s', async (name) => {
    const made = await orgOf({
      links: pages({ done: false, [name]: `${VERSION}/jobs/query/${JOB}/resultPages/2` }),
      looks: [done(2)],
    })
    made.app.get(`${VERSION}/jobs/query/${JOB}/resultPages/2`, (c) => c.json({ resultPages: [page('b')], done: true }))
    const told = await rowsOf(made).catch((error: unknown) => error)
    // Both pages hold the same row.
    expect(told).toMatchObject({ code: 'INCOMPLETE', message: expect.stringContaining(`${A} came twice`) as string })
    expect(made.requests.filter((one) => one.includes('locator='))).toHaveLength(2)
  })

  it('are read by links of either form', async () => {
    const links = {
      resultChunks: [{ resultLink: `/jobs/query/${JOB}/results?locator=a` }],
      nextRecordsUrl: null,
      done: true,
    }
    expect((await rowsOf(await orgOf({ links }))).rows).toHaveLength(1)
  })

  it.each<[string, JobSays, string, string]>([
    ['a job without an id', { begun: {} }, 'HTTP_UNREADABLE', 'the answer for the job of accounts has no id'],
    ['a job without a state', { looks: [{}] }, 'HTTP_UNREADABLE', 'the answer for the job of accounts has no state'],
    [
      'a job that is complete, and of how many rows nobody says',
      { looks: [{ state: 'JobComplete' }] },
      'HTTP_UNREADABLE',
      'the answer for the job of accounts has no numberRecordsProcessed',
    ],
    [
      'a job that was ended by somebody',
      { looks: [{ state: 'Aborted' }] },
      'INCOMPLETE',
      'the job for accounts ended as Aborted',
    ],
    ['no pages', { links: {} }, 'HTTP_UNREADABLE', 'the answer for the job of accounts has no pages'],
    [
      'a page nowhere',
      { links: { resultPages: [{}], done: true } },
      'HTTP_UNREADABLE',
      'the answer for the job of accounts has a page without a link',
    ],
    [
      'more pages nowhere',
      { links: pages({ done: false }) },
      'HTTP_UNREADABLE',
      'the answer for the job of accounts says that there is more and not where',
    ],
    [
      'pages in a circle',
      { links: { resultPages: [], done: false, nextRecordsUrl: `${VERSION}/jobs/query/${JOB}/resultPages` } },
      'INCOMPLETE',
      'the pages of accounts lead back to one that was read already',
    ],
    ['fewer rows than the job has', { looks: [done(2)] }, 'INCOMPLETE', 'accounts: 2 rows were announced and 1 came'],
    ['more rows than the job has', { looks: [done(0)] }, 'INCOMPLETE', 'accounts: 0 rows were announced and 1 came'],
    [
      'other columns',
      { csv: `Name,Owner.Name,Seats__c,Id\n` },
      'HTTP_UNREADABLE',
      'the result for accounts has the columns Name, Owner.Name, Seats__c, Id',
    ],
    ['an empty page', { csv: '' }, 'HTTP_UNREADABLE', 'the result for accounts is empty'],
    ['a page that is no CSV', { csv: '"Name' }, 'HTTP_UNREADABLE', 'the result for accounts is no CSV'],
    [
      'a number that is none',
      { csv: CSV.replace('1200.0', 'many') },
      'HTTP_UNREADABLE',
      'a result has "many" as Seats__c, which is a double',
    ],
    ['a row of other columns', { csv: `${CSV}"a","b"\n` }, 'HTTP_UNREADABLE', 'the result for accounts is no CSV'],
  ])('%s: an error that says so', async (_what, says, code, message) => {
    const made = await orgOf(says)
    await expect(rowsOf(made)).rejects.toMatchObject({ code, message: `salesforce: ${message}` })
    const begun = says.begun === undefined
    expect(made.requests.includes(`DELETE ${VERSION}/jobs/query/${JOB}`)).toBe(begun)
  })
})
