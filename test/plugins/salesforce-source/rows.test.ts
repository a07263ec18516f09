import { describe, expect, it } from 'vitest'
import { checkbox, collect, fact, text } from 'zds'
import { salesforce, soql, soqlDate } from 'zds/salesforce-source'
import { complaint, cut, login, orgWith, page, read, record, says, testRun, VERSION, type Org } from './org.ts'

const A = '001000000000001AAA'
const B = '001000000000002AAA'
const account = (id: string, fields: Parameters<typeof record>[2] = {}) =>
  record('Account', id, { Name: `name of ${id}`, ...fields })
const contact = (email: string) => record('Contact', `003-${email}`, { Email: email })
const accounts = { name: 'accounts', object: 'Account', columns: ['Name'] }
const withContacts = { ...accounts, children: () => [{ relationship: 'Contacts', columns: ['Email'] }] }

describe('rows: the query', () => {
  it('asks for the columns of the field tables, the further ones and the key, and knows the date (SFA-02)', async () => {
    const { url, requests } = await orgWith(says(page(0, [])))
    const table = {
      salesforce_id: text('Id18__c'),
      restricted: checkbox('Restricted__c'),
      level: text(fact('level')),
      both: text(['Id18__c', 'Name']),
    }
    const source = salesforce(login(url)).rows({
      name: 'accounts',
      object: 'Account',
      columnsOf: [table, { owner: text('Owner.Name') }],
      columns: ['Type'],
      key: 'Id18__c',
      children: (today) => [
        { relationship: 'Contacts', columns: ['Email'], where: soql`Until__c >= ${soqlDate(today)}` },
      ],
      where: (today) => soql`Type = ${'Customer'} AND Since__c <= ${soqlDate(today)}`,
    })
    await read(source)
    expect(requests.at(-1)).toBe(
      `GET ${VERSION}/query?q=SELECT Id18__c, Restricted__c, Name, Owner.Name, Type, (SELECT Email FROM Contacts WHERE Until__c >= 2026-11-24) ` +
        `FROM Account WHERE Type = 'Customer' AND Since__c <= 2026-11-24`,
    )
  })

  it('refuses a query whose address Salesforce would not take', async () => {
    const { url } = await orgWith(says(page(0, [])))
    const where = soql`Name IN ${Array.from({ length: 2000 }, (_none, index) => `name ${index}`)}`
    await expect(read(salesforce(login(url)).rows({ ...accounts, where }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('accounts'),
    })
  })
})

describe('rows: their shape', () => {
  it('are flat: parents as dotted paths, null where there is no parent, every column present, child lists always arrays (SFA-05, SFA-23)', async () => {
    const columns = ['Name', 'Owner.Name', 'Owner.Manager.Email', 'website', 'Missing__c']
    const { url } = await orgWith(
      says(
        page(2, [
          account(A, {
            Website: 'a.example',
            Owner: record('User', '005', { Name: 'Bo', Manager: null }),
            Contacts: null,
          }),
          account(B, { Website: null, Owner: null, Contacts: page(1, [contact('x@b.example')]) }),
        ]),
      ),
    )
    const { rows, expected, progress } = await read(salesforce(login(url)).rows({ ...withContacts, columns }))
    expect(rows).toEqual([
      {
        Name: `name of ${A}`,
        'Owner.Name': 'Bo',
        'Owner.Manager.Email': null,
        website: 'a.example',
        Missing__c: null,
        Contacts: [],
      },
      {
        Name: `name of ${B}`,
        'Owner.Name': null,
        'Owner.Manager.Email': null,
        website: null,
        Missing__c: null,
        Contacts: [{ Email: 'x@b.example' }],
      },
    ])
    expect(expected).toEqual([2])
    expect(progress).toContain('2 of 2 rows')
  })

  it('come one by one: a page is asked for when the one before it has been dealt with', async () => {
    const { url, requests } = await orgWith(says(page(2, [account(A)], 'two')), says(page(2, [account(B)])))
    for await (const _row of salesforce(login(url)).rows(accounts).read(testRun().run)) break
    expect(requests.filter((line) => line.startsWith('GET'))).toHaveLength(1)
  })
})

describe('rows: pages', () => {
  it('reads the child pages of a parent to their end before the next page of parents (SFA-04, SFA-05)', async () => {
    const children = (total: number, emails: string[], next?: string) => page(total, emails.map(contact), next)
    const { url, requests } = await orgWith(
      says(page(2, [account(A, { Contacts: children(3, ['1@a'], 'kids-1') })], 'parents-1')),
      says(children(3, ['2@a'], 'kids-2')),
      says(children(3, ['3@a'])),
      says(page(2, [account(B, { Contacts: null })])),
    )
    const { rows } = await read(salesforce(login(url)).rows(withContacts))
    expect(rows.map((row) => row['Contacts'])).toEqual([[{ Email: '1@a' }, { Email: '2@a' }, { Email: '3@a' }], []])
    expect(requests.slice(2)).toEqual(
      ['kids-1', 'kids-2', 'parents-1'].map((locator) => `GET ${VERSION}/query/${locator}`),
    )
  })

  it('does not follow a link to another host', async () => {
    const { url } = await orgWith(
      says({ totalSize: 2, done: false, nextRecordsUrl: 'https://elsewhere.example/query/1', records: [account(A)] }),
    )
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
  })

  it('ends when pages lead in a circle', async () => {
    const { url, requests } = await orgWith(says(page(2, [account(A)], 'round')), says(page(2, [], 'round')))
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({ code: 'INCOMPLETE' })
    expect(requests.length).toBeLessThan(6)
  })
})

describe('rows: a count of their own (SAFE-02)', () => {
  const counting = async (count?: Org['count']) => {
    const made = await orgWith(says(page(2, [account(A), account(B)])))
    if (count !== undefined) made.count = count
    return {
      made,
      ...(await read(salesforce(login(made.url)).rows({ ...accounts, where: soql`Type = ${'Customer'}` }))),
    }
  }

  it('is asked for under the same conditions, and is the number that the engine holds the rows against', async () => {
    const { made, rows, expected } = await counting(says(page(3, [])))
    expect(made.counts).toEqual(["SELECT COUNT() FROM Account WHERE Type = 'Customer'"])
    expect([rows.length, expected]).toEqual([2, [3]])
  })

  it.each<[string, Org['count'] | undefined, RegExp]>([
    ['refused', undefined, /QUERY_TIMEOUT/],
    ['unavailable', (c) => c.html('<html>maintenance</html>', 503), /503/],
    ['unreadable', says({ totalSize: 'many' }), /is not a query result/],
  ])('may be %s: then the total that came with the rows stands, and that is told', async (_, count, why) => {
    const { expected, progress } = await counting(count)
    expect(expected).toEqual([2])
    const told = progress.find((line) => line.includes('is not checked against a count'))
    expect(told).toMatch(/^Salesforce does not count accounts \(/)
    expect(told).toMatch(why)
  })
})

describe('rows: completeness (SAFE-02)', () => {
  it.each([
    ['fewer rows than announced', [page(3, [account(A), account(B)])], '3 rows were announced and 2 came'],
    ['more rows than announced', [page(1, [account(A), account(B)])], '1 rows were announced and 2 came'],
    ['a total that changes', [page(2, [account(A)], 'x'), page(3, [account(B)])], '2 rows were announced, then 3'],
    ['a row that comes twice', [page(2, [account(A)], 'x'), page(2, [account(A)])], `the row ${A} came twice`],
  ])('refuses %s', async (_what, pages, message) => {
    const { url } = await orgWith(...pages.map(says))
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('again'),
    })
  })

  it('refuses a child list with fewer rows than it announced, and names the parent', async () => {
    const { url } = await orgWith(
      says(page(2, [account(A, { Contacts: null }), account(B, { Contacts: page(2, [contact('x')]) })])),
    )
    await expect(read(salesforce(login(url)).rows(withContacts))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining(`Contacts of ${B}: 2 rows were announced and 1 came`),
    })
  })

  it('refuses a parent without its child list: null says that there are none, silence says nothing', async () => {
    const { url } = await orgWith(says(page(1, [account(A)])))
    await expect(read(salesforce(login(url)).rows(withContacts))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
  })

  it('refuses two rows with one key, and names both', async () => {
    const { url } = await orgWith(says(page(2, [account(A, { K__c: 'k' }), account(B, { K__c: 'k' })])))
    await expect(read(salesforce(login(url)).rows({ ...accounts, key: 'K__c' }))).rejects.toMatchObject({
      code: 'ROW_INVALID',
      hint: expect.stringContaining(`${A} and ${B}`),
    })
  })

  it.each([
    {},
    [],
    { totalSize: 1, done: false, records: [] },
    { totalSize: 1, done: true, records: ['row'] },
    { totalSize: '1', done: true, records: [] },
  ])('takes the answer %j for no list at all', async (body) => {
    const { url } = await orgWith(says(body))
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
  })

  it('an empty source stops a run unless the configuration says that it may be empty', () => {
    const crm = salesforce(login('http://localhost'))
    expect(crm.rows(accounts).mayBeEmpty).toBe(false)
    expect(crm.rows({ ...accounts, mayBeEmpty: true }).mayBeEmpty).toBe(true)
  })
})

describe('rows: trouble on the way', () => {
  it('reads a page again whose answer breaks off, and the process lives', async () => {
    let asked = 0
    const { url } = await orgWith((c) => {
      if (++asked > 1) return c.json(page(1, [account(A)]))
      return cut(c)
    })
    expect((await read(salesforce(login(url)).rows(accounts))).rows).toHaveLength(1)
    expect(asked).toBe(2)
  })

  it('tries again after a 503 that is an HTML page, and after a 420 without a body', async () => {
    const { url } = await orgWith(
      (c) => c.html('<h1>Unavailable</h1>', 503),
      () => new Response(null, { status: 420 }),
      says(page(1, [account(A)])),
    )
    expect((await read(salesforce(login(url)).rows(accounts))).rows).toHaveLength(1)
  })

  const expired = (c: Parameters<typeof complaint>[0]) =>
    complaint(c, 400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  const over = (c: Parameters<typeof complaint>[0]) =>
    complaint(c, 401, 'INVALID_SESSION_ID', 'Session expired or invalid')
  const first = says(page(2, [account(A)], 'more'))
  const second = says(page(2, [account(B)]))

  it.each([
    ['the result has expired', [expired]],
    ['the session has ended, and the result with it', [over, over]],
  ])('begins again when %s, and hands out no row twice', async (_what, ends) => {
    const { url } = await orgWith(first, ...ends, first, second)
    const { rows, expected } = await read(salesforce(login(url)).rows(accounts))
    expect(rows).toEqual([{ Name: `name of ${A}` }, { Name: `name of ${B}` }])
    expect(expected).toEqual([2])
  })

  it('begins again when the result expires before a row was handed out', async () => {
    const kids = says(page(1, [account(A, { Contacts: page(2, [contact('1')], 'kids') })]))
    const { url } = await orgWith(kids, expired, kids, says(page(2, [contact('2')])))
    expect((await read(salesforce(login(url)).rows(withContacts))).rows).toHaveLength(1)
  })

  it.each([
    ['result', [expired], 6],
    ['session', [over, over], 9],
  ])('ends after three beginnings when the %s ends each time, and blames no credentials', async (_what, ends, gets) => {
    const round = [first, ...ends]
    const { url, requests } = await orgWith(...round, ...round, ...round)
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: 'salesforce: the result for accounts, or the session, ended before it was read to its end',
    })
    expect(requests.filter((line) => line.startsWith('GET'))).toHaveLength(gets)
  })

  it('does not begin again where the rows handed out could be others', async () => {
    const moved = await orgWith(first, expired, says(page(3, [account(A)], 'more')))
    await expect(read(salesforce(login(moved.url)).rows(accounts))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: 'salesforce: accounts changed while they were read',
    })
    const nameless = await orgWith(
      says(page(2, [{ attributes: { type: 'AggregateResult' }, Name: 'x' }], 'more')),
      expired,
    )
    await expect(read(salesforce(login(nameless.url)).rows(accounts))).rejects.toMatchObject({ code: 'INCOMPLETE' })
    expect(nameless.requests.filter((line) => line.startsWith('GET'))).toHaveLength(2)
  })

  it('a chain of pages without rows is not followed (SAFE-02)', async () => {
    const { url, requests } = await orgWith(first, says(page(2, [], 'on')), says(page(2, [], 'and-on')))
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('do not end') as string,
    })
    expect(requests.filter((line) => line.startsWith('GET'))).toHaveLength(2)
  })

  it('names the object and the column that Salesforce does not know', async () => {
    const message =
      "\nSELECT Name, Foo__c FROM Account\n             ^\nERROR at Row:1:Column:14\nNo such column 'Foo__c' on entity 'Account'. If you are attempting…"
    const { url } = await orgWith((c) => complaint(c, 400, 'INVALID_FIELD', message))
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({
      code: 'FIELD_UNKNOWN',
      issues: [
        { code: 'FIELD_UNKNOWN', where: 'salesforce Account.Foo__c', hint: expect.stringContaining('API name') },
      ],
    })
  })

  it('names the relationship or the object that Salesforce does not know', async () => {
    const rejected = async (errorCode: string, message: string) => {
      const { url } = await orgWith((c) => complaint(c, 400, errorCode, message))
      return read(salesforce(login(url)).rows(accounts)).catch((error: unknown) => error)
    }
    expect(await rejected('INVALID_FIELD', "Didn't understand relationship 'Boss' in field path.")).toMatchObject({
      code: 'FIELD_UNKNOWN',
      issues: [{ where: 'salesforce Account.Boss' }],
    })
    expect(await rejected('INVALID_TYPE', "sObject type 'Account' is not supported.")).toMatchObject({
      code: 'FIELD_UNKNOWN',
      issues: [{ where: 'salesforce Account' }],
    })
    expect(await rejected('INVALID_FIELD', 'value of filter criterion must be of type dateTime')).toMatchObject({
      code: 'HTTP_REFUSED',
    })
    expect(await rejected('MALFORMED_QUERY', "unexpected token: 'FORM'")).toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.stringContaining("MALFORMED_QUERY: unexpected token: 'FORM'"),
      hint: expect.stringContaining('where'),
    })
  })

  it('does not go on asking when the API requests of the day are used up', async () => {
    const { url, requests } = await orgWith((c) =>
      complaint(c, 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
    )
    await expect(read(salesforce(login(url)).rows(accounts))).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringContaining('24 hours'),
    })
    expect(requests.filter((line) => line.startsWith('GET'))).toHaveLength(1)
  })

  it('reads twice with the same result: no state is kept between reads but the session', async () => {
    const { url, logins } = await orgWith(says(page(1, [account(A)])))
    const source = salesforce(login(url)).rows(accounts)
    expect(await collect(source.read(testRun().run))).toEqual(await collect(source.read(testRun().run)))
    expect(logins).toHaveLength(1)
  })
})
