import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { type Answer, type Client, type Loose, salesforceClient, smallWorld, text } from './client.ts'

const jobs = '/services/data/v62.0/jobs/query'
const accounts = Array.from({ length: 10 }, (_, n) => ({
  Id: `00100000000000${n}AAA`,
  Name: `A${n}`,
  Solutions_Architect_Lookup__c: n === 1 ? '005000000000001AAA' : null,
}))
const odd = {
  Id: '003000000000001AAA',
  Name: 'Ann "A", Söhne\nLine 2',
  Email: '',
  Inactive_Contact__c: false,
  AccountId: '001000000000001AAA',
  CreatedDate: '2026-05-01T07:25:37.000+0000',
  Rank__c: 12.5,
  Since__c: '2026-03-08',
}
const world = {
  ...smallWorld,
  salesforce: { Account: accounts, User: [{ Id: '005000000000001AAA', Name: 'Sam' }], Contact: [odd] },
}

let sandbox: Sandbox
let client: Client
beforeAll(async () => {
  sandbox = await startSandbox({
    world,
    salesforce: { bulkMs: { queued: 5, working: 5 }, bulkPageSize: 4 },
  })
  client = await salesforceClient(sandbox)
})
afterAll(() => sandbox.close())

const create = (query: string, more = {}): Promise<Answer> =>
  client('POST', jobs, { operation: 'query', query, ...more })

/** Polls a job until it has ended. */
const ended = async (started: Answer): Promise<Loose> => {
  for (let tries = 0; tries < 400; tries++) {
    const job = (await client('GET', `${jobs}/${text(started.body['id'])}`)).body
    if (!['UploadComplete', 'InProgress'].includes(text(job['state']))) return job
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('The job did not end')
}

const completed = async (query: string, more = {}): Promise<string> =>
  `${jobs}/${text((await ended(await create(query, more)))['id'])}`

const names = (page: Answer): string[] =>
  page.text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.replaceAll('"', ''))

describe('a query job', () => {
  test('goes from UploadComplete to JobComplete and has its results then, not before', async () => {
    const started = await create('SELECT Name FROM Account')
    expect(started).toMatchObject({
      status: 200,
      body: {
        id: expect.stringMatching(/^750\w{15}$/),
        operation: 'query',
        object: 'Account',
        state: 'UploadComplete',
        contentType: 'CSV',
        apiVersion: 62,
        lineEnding: 'LF',
        columnDelimiter: 'COMMA',
      },
    })
    const path = `${jobs}/${text(started.body['id'])}`
    expect(await client('GET', `${path}/results`)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALIDJOBSTATE' }],
    })
    expect(await ended(started)).toMatchObject({
      state: 'JobComplete',
      jobType: 'V2Query',
      numberRecordsProcessed: 10,
      retries: 0,
    })
    expect((await client('GET', jobs)).body['records']).toContainEqual(
      expect.objectContaining({ id: started.body['id'] }),
    )
    expect((await client('DELETE', path)).status).toBe(204)
    expect(await client('GET', path)).toMatchObject({ status: 404, body: [{ errorCode: 'NOT_FOUND' }] })
  })

  test('can be aborted while it runs', async () => {
    const started = await create('SELECT Name FROM Account')
    const path = `${jobs}/${text(started.body['id'])}`
    expect((await client('PATCH', path, { state: 'Aborted' })).body).toMatchObject({ state: 'Aborted' })
    expect(await ended(started)).toMatchObject({ state: 'Aborted' })
    expect((await client('GET', `${path}/results`)).status).toBe(400)
    expect(await client('PATCH', path, { state: 'Aborted' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALIDJOBSTATE', message: 'Aborting already Completed Job not allowed' }],
    })
  })

  test('has the rows of the moment it was created, and its call is counted', async () => {
    const before = await client('GET', '/services/data/v62.0/limits')
    const started = await create("SELECT Name FROM Account WHERE Name = 'A9'")
    const account = sandbox.salesforce.tables['Account']?.[9] ?? {}
    account['Name'] = 'Later'
    await ended(started)
    const page = await client('GET', `${jobs}/${text(started.body['id'])}/results`)
    account['Name'] = 'A9'
    expect(page.text).toBe('"Name"\n"A9"\n')
    const used = ({ headers }: Answer): number =>
      Number(/api-usage=(\d+)/.exec(headers.get('sforce-limit-info') ?? '')?.[1])
    expect(used(started)).toBe(used(before) + 1)
  })
})

describe('results', () => {
  test('CSV: null is empty, quotes are doubled, times end in Z, parents by path', async () => {
    const path = await completed(
      'SELECT id, Name, Email, account.name, Inactive_Contact__c, CreatedDate, Rank__c, Since__c, Account.Solutions_Architect_Lookup__r.Name FROM Contact',
    )
    const page = await client('GET', `${path}/results`)
    expect(page.headers.get('content-type')).toBe('text/csv; charset=UTF-8')
    expect(page.text).toBe(
      '"Id","Name","Email","Account.Name","Inactive_Contact__c","CreatedDate","Rank__c","Since__c","Account.Solutions_Architect_Lookup__r.Name"\n' +
        '"003000000000001AAA","Ann ""A"", Söhne\nLine 2",,"A1","false","2026-05-01T07:25:37.000Z","12.5","2026-03-08","Sam"\n',
    )
  })

  test('another delimiter and line ending', async () => {
    const path = await completed('SELECT Id, Name FROM User', { columnDelimiter: 'PIPE', lineEnding: 'CRLF' })
    expect((await client('GET', `${path}/results`)).text).toBe('"Id"|"Name"\r\n"005000000000001AAA"|"Sam"\r\n')
  })

  test('pages: the header on each, the number of rows, a locator until it is the word null', async () => {
    const path = await completed('SELECT Name FROM Account ORDER BY Name')
    const pages: Answer[] = []
    for (let locator = ''; locator !== 'null'; locator = text(pages.at(-1)?.headers.get('sforce-locator')))
      pages.push(await client('GET', `${path}/results${locator === '' ? '' : `?locator=${locator}`}`))
    expect(pages.map((page) => page.headers.get('sforce-numberofrecords'))).toEqual(['4', '4', '2'])
    expect(pages.every((page) => page.text.startsWith('"Name"\n'))).toBe(true)
    expect(pages.flatMap(names)).toEqual(accounts.map((account) => account.Name))
    const small = await client('GET', `${path}/results?maxRecords=3`)
    expect([
      names(small),
      (await client('GET', `${path}/results?maxRecords=99`)).headers.get('sforce-numberofrecords'),
    ]).toEqual([['A0', 'A1', 'A2'], '4'])
    expect((await client('GET', `${path}/results?locator=zzz`)).status).toBe(400)
  })

  test('without ORDER BY or LIMIT the rows come in an order of their own, always the same', async () => {
    const all = async (query: string): Promise<string[]> => {
      const path = await completed(query)
      const pages = [await client('GET', `${path}/results`)]
      for (let next = pages[0]; next?.headers.get('sforce-locator') !== 'null'; next = pages.at(-1))
        pages.push(await client('GET', `${path}/results?locator=${next?.headers.get('sforce-locator')}`))
      return pages.flatMap(names)
    }
    const inOrder = accounts.map((account) => account.Name)
    const found = await all('SELECT Name FROM Account')
    expect(found).not.toEqual(inOrder)
    expect(found.toSorted()).toEqual(inOrder)
    expect(await all('SELECT Name FROM Account')).toEqual(found)
    expect(await all('SELECT Name FROM Account LIMIT 9')).toEqual(inOrder.slice(0, 9))
  })

  test('no rows: the header alone', async () => {
    const path = await completed("SELECT Name FROM Account WHERE Name = 'nobody'")
    const page = await client('GET', `${path}/results`)
    expect([page.text, page.headers.get('sforce-numberofrecords'), page.headers.get('sforce-locator')]).toEqual([
      '"Name"\n',
      '0',
      'null',
    ])
  })

  test('resultPages: five addresses at a time, of the version of the job only', async () => {
    const many = sandbox.salesforce.tables['User'] ?? []
    for (let n = 0; n < 24; n++) many.push({ Id: `0050000000001${String(n).padStart(2, '0')}AAA`, Name: `U${n}` })
    const path = await completed('SELECT Name FROM User')
    many.splice(1)
    const first = await client('GET', `${path}/resultPages`)
    expect(first.body).toMatchObject({
      done: false,
      nextRecordsUrl: expect.stringContaining(`${path}/resultPages?locator=`),
    })
    const second = await client('GET', text(first.body['nextRecordsUrl']))
    expect(second.body).toMatchObject({ done: true, nextRecordsUrl: null })
    const urls = [first, second]
      .flatMap((answer) => [...(answer.body['resultPages'] ?? [])])
      .map((page) => text(page['resultUrl']))
    expect(urls).toHaveLength(7)
    const found = (await Promise.all(urls.map((url) => client('GET', url)))).flatMap(names)
    expect(new Set(found).size).toBe(25)
    expect(found).toHaveLength(25)
    for (const resource of ['results', 'resultPages'])
      expect((await client('GET', `${path.replace('v62.0', 'v61.0')}/${resource}`)).status).toBe(409)
    expect((await client('GET', `${path.replace('v62.0', 'v57.0')}/resultPages`)).status).toBe(404)
  })
})

test.each([
  ['SELECT Id, (SELECT Id FROM Contacts) FROM Account', 'Aggregate Relationships not supported in Bulk V2 Query'],
  ['SELECT COUNT() FROM Account', 'not supported in Bulk V2 Query'],
  ['SELECT Type, COUNT(Id) FROM Account GROUP BY Type', 'GROUP BY'],
  ['SELECT Id FROM Account LIMIT 5 OFFSET 2', 'OFFSET not supported'],
  ['SELECT Foo FROM Account', "No such column 'Foo' on entity 'Account'"],
  ['SELECT Id FROM Nothing', "sObject type 'Nothing' is not supported"],
  ['SELECT Id FROM', 'unexpected token'],
])('%s makes no job', async (query, message) => {
  const answer = await create(query)
  expect(answer.status).toBe(400)
  expect(text(answer.body[0]?.['message'])).toContain(message)
})

test.each([{ operation: 'insert' }, { contentType: 'JSON' }, { columnDelimiter: 'X' }, { lineEnding: 'CR' }])(
  '%o makes no job',
  async (more) => expect((await create('SELECT Id FROM Account', more)).status).toBe(400),
)
