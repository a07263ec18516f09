import { describe, expect, it } from 'vitest'
import type { Json } from 'zds'
import { salesforce } from 'zds/salesforce-source'
import { login, orgWith, page, read, record, testRun, VERSION, type Org } from './org.ts'

const A = '001000000000001AAA'
const account = record('Account', A, { Name: 'Acme', Id: A })
const contact = record('Contact', '003000000000001AAA', {
  Email: 'a@acme.example',
  AccountId: A,
  Id: '003000000000001AAA',
})
const WITH_CONTACT = { ...account, Contacts: page(1, [contact]) }
const ROW = { Name: 'Acme', Contacts: [{ Email: 'a@acme.example' }] }

const QUERY = {
  name: 'accounts',
  object: 'Account',
  columns: ['Name'],
  children: () => [{ relationship: 'Contacts', columns: ['Email'] }],
}

const isOfContacts = (query: string | undefined): boolean => /FROM Contact\b/.test(query ?? '')

type OrgSays = {
  /** The answer to the query with child lists. */
  readonly nested: Json
  readonly contacts?: readonly Json[]
  /** What COUNT() says of the contacts; of the accounts it says nothing. */
  readonly counted?: number
}

async function orgOf({ nested, contacts = [contact], counted = contacts.length }: OrgSays): Promise<Org> {
  const made: Org = await orgWith((c) => {
    const asked = c.req.query('q')
    if (asked?.includes('SystemModstamp') === true) return c.json(page(0, []))
    if (isOfContacts(asked)) return c.json(page(contacts.length, contacts))
    return c.json(asked?.includes('FROM Contacts') === true ? nested : page(1, [account]))
  })
  const refuses = made.count
  made.count = (c) => (isOfContacts(c.req.query('q')) ? c.json(page(counted, [])) : refuses(c))
  made.app.get(`${VERSION}/sobjects/:object/describe`, (c) =>
    c.json({
      name: c.req.param('object'),
      fields: [{ name: 'Name', type: 'string' }],
      childRelationships: [{ relationshipName: 'Contacts', childSObject: 'Contact', field: 'AccountId' }],
    }),
  )
  return made
}

const asksContacts = ({ requests }: Org): boolean => requests.some(isOfContacts)
const asksJobs = ({ requests }: Org): boolean => requests.some((one) => one.includes('/jobs/query'))

describe('how many rows there are says how they are read', () => {
  // An answer that says that it has more rows than it has is whole only where it is not used.
  it.each([
    [1, 'nested', { rows: [ROW] }],
    [49_999, 'nested', { code: 'INCOMPLETE' }],
    [50_000, 'flat', { rows: [ROW], expected: [1] }],
    [249_999, 'flat', { rows: [ROW] }],
    [250_000, 'bulk', { code: 'INCOMPLETE' }],
  ])('%i: %s', async (total, way, comes) => {
    const made = await orgOf({ nested: page(total, [WITH_CONTACT]) })
    const told = await read(salesforce(login(made.url)).rows(QUERY)).catch((error: unknown) => error)
    expect([asksContacts(made), asksJobs(made)]).toEqual([way === 'flat', way === 'bulk'])
    expect(told).toMatchObject(comes)
  })

  it.each([
    ['nested', { rows: [ROW] }],
    ['flat', { rows: [ROW] }],
    ['bulk', { code: 'HTTP_REFUSED' }],
  ] as const)('unless the query says %s', async (gather, comes) => {
    const made = await orgOf({ nested: page(1, [WITH_CONTACT]) })
    const told = await read(salesforce(login(made.url)).rows({ ...QUERY, gather })).catch((error: unknown) => error)
    expect([asksContacts(made), asksJobs(made)]).toEqual([gather === 'flat', gather === 'bulk'])
    expect(told).toMatchObject(comes)
  })

  it('a query without children is not read flat', async () => {
    const records = Array.from({ length: 50_000 }, (_, n) => record('Account', `001${n}`, { Name: `${n}` }))
    const { children: _, ...query } = QUERY
    const other = await orgWith((c) => c.json(page(records.length, records)))
    expect((await read(salesforce(login(other.url)).rows(query))).rows).toHaveLength(50_000)
    expect(other.requests.filter((one) => one.includes('/query'))).toHaveLength(1)
  })

  it('many rows that cannot be read so are read with their children, and it is told why', async () => {
    const records = Array.from({ length: 50_000 }, (_, n) => ({
      ...record('Account', `001${n}`, { Name: `${n}` }),
      Contacts: null,
    }))
    const made = await orgOf({ nested: page(records.length, records), counted: 2 })
    const { rows, progress } = await read(salesforce(login(made.url)).rows(QUERY))
    expect(rows).toHaveLength(50_000)
    expect(progress).toContain(
      'accounts are read with their children, since it does not go otherwise (flat): ' +
        'salesforce: Contacts of accounts: 2 rows were counted and 1 came',
    )
  })

  it('what is wrong with a row is no reason to read it in another way', async () => {
    const twice = await orgWith((c) => {
      const asked = c.req.query('q') ?? ''
      return c.json(
        asked.includes('FROM Contacts')
          ? page(50_000, [WITH_CONTACT])
          : page(2, [account, { ...account, Id: 'other' }]),
      )
    })
    twice.app.get(`${VERSION}/sobjects/:object/describe`, (c) =>
      c.json({
        name: 'Account',
        fields: [],
        childRelationships: [{ relationshipName: 'Contacts', childSObject: 'Contact', field: 'AccountId' }],
      }),
    )
    await expect(read(salesforce(login(twice.url)).rows({ ...QUERY, key: 'Name' }))).rejects.toMatchObject({
      code: 'ROW_INVALID',
    })
  })

  it('a run that is aborted is not begun again in another way', async () => {
    const made = await orgOf({ nested: page(50_000, [WITH_CONTACT]), counted: 2 })
    const { run, controller } = testRun()
    const reason = new Error('enough')
    const aborting = { ...run, progress: () => controller.abort(reason) }
    await expect(salesforce(login(made.url)).rows(QUERY).read(aborting)[Symbol.asyncIterator]().next()).rejects.toBe(
      reason,
    )
  })
})

describe('flat rows', () => {
  it('are none where fewer children came than were counted (SAFE-02); more may have come meanwhile', async () => {
    const asked = { ...QUERY, gather: 'flat' } as const
    const lacking = await orgOf({ nested: null, counted: 2 })
    await expect(read(salesforce(login(lacking.url)).rows(asked))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: 'salesforce: Contacts of accounts: 2 rows were counted and 1 came',
    })
    const more = await orgOf({ nested: null, counted: 0 })
    expect((await read(salesforce(login(more.url)).rows(asked))).rows).toEqual([ROW])
  })

  it('are none where a child came twice, and another one may be missing (SAFE-02)', async () => {
    const made = await orgOf({ nested: null, contacts: [contact, contact] })
    await expect(read(salesforce(login(made.url)).rows({ ...QUERY, gather: 'flat' }))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message:
        'salesforce: child lists of accounts: the row 003000000000001AAA came twice, so another one may be missing',
    })
  })

  it('leave out children of nobody and of other parents, and have empty lists', async () => {
    const strangers = [null, '001000000000009AAA'].map((AccountId, n) =>
      record('Contact', `003${n}`, { Email: 'b', AccountId, Id: `003${n}` }),
    )
    const made = await orgOf({ nested: null, contacts: strangers })
    const { rows } = await read(salesforce(login(made.url)).rows({ ...QUERY, gather: 'flat' }))
    expect(rows).toEqual([{ Name: 'Acme', Contacts: [] }])
  })

  it('need a relationship that is there', async () => {
    const made = await orgOf({ nested: null })
    const children = () => [{ relationship: 'Kontakte', columns: ['Email'] }]
    await expect(read(salesforce(login(made.url)).rows({ ...QUERY, children, gather: 'flat' }))).rejects.toMatchObject({
      code: 'FIELD_UNKNOWN',
      message: 'salesforce: Account has no child relationship Kontakte',
    })
  })
})
