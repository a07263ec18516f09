import { describe, expect, it } from 'vitest'
import { collect, type Json, type Source } from 'zds'
import { salesforce, soql } from 'zds/salesforce-source'
import { login, org, givesTokens, page, record, testRun, VERSION, type Org } from './org.ts'

const organizations: Source<string> = { name: 'organizations', read: async function* () {} }
const keys = {
  needs: [organizations],
  read: (run: Parameters<typeof organizations.read>[0]) => run.input(organizations),
}
const contacts = {
  name: 'contacts',
  object: 'Contact',
  columns: ['Name', 'Email', 'Account.Account_ID_18__c'],
  where: soql`Inactive_Contact__c = ${false} AND Role__c INCLUDES ${['Gitlab Admin']} AND Name != ${''} AND Email != ${''}`,
  in: 'Account.Account_ID_18__c',
  keys,
}
const idAt = (index: number): string => `001PL${String(index).padStart(10, '0')}YAA`

/** An org that knows one contact for each id in the query. */
async function contactOrg(
  contactOf = (id: string) => `003${id.slice(3)}`,
): Promise<Org & { readonly asked: string[][] }> {
  const made = await org()
  givesTokens(made)
  const asked: string[][] = []
  made.app.get(`${VERSION}/query`, (c) => {
    if (c.req.url.length > 16_384) return c.html('<h1>Bad Message 414</h1>', 414)
    const list = /IN \(((?:'[^']*',?)+)\)$/.exec(c.req.query('q') ?? '')?.[1] ?? ''
    const ids = list.split(',').map((literal) => literal.slice(1, -1))
    asked.push(ids)
    const found = ids.map((id) =>
      record('Contact', contactOf(id), {
        Name: 'n',
        Email: 'e',
        Account: record('Account', id, { Account_ID_18__c: id }),
      }),
    )
    return c.json(page(found.length, found))
  })
  return { ...made, asked }
}

async function lookUp(url: string, ids: readonly Json[], query: Partial<typeof contacts & { chunk: number }> = {}) {
  const { run, expected } = testRun(new Map([[organizations, ids]]))
  const rows = await collect(
    salesforce(login(url))
      .lookup({ ...contacts, ...query })
      .read(run),
  )
  return { rows, expected }
}

describe('lookup', () => {
  it('asks for 501 ids in two queries of at most 500, and announces the sum (CTC-01, CTC-02)', async () => {
    const { url, asked } = await contactOrg()
    const ids = Array.from({ length: 501 }, (_none, index) => idAt(index))
    const { rows, expected } = await lookUp(url, ids)
    expect(asked.map((part) => part.length)).toEqual([500, 1])
    expect(rows.map((row) => row['Account.Account_ID_18__c'])).toEqual(ids)
    expect(expected).toEqual([501])
  })

  it('asks for each key once', async () => {
    const { url, asked } = await contactOrg()
    await lookUp(url, [idAt(1), idAt(2), idAt(1)], { chunk: 2 })
    expect(asked).toEqual([[idAt(1), idAt(2)]])
  })

  it('asks for fewer keys at a time where the address would grow too long for Salesforce', async () => {
    const { url, asked } = await contactOrg()
    const ids = Array.from({ length: 500 }, (_none, index) => `${idAt(index)}-é`)
    const { rows } = await lookUp(url, ids)
    expect(asked.length).toBeGreaterThan(1)
    expect(asked.flat()).toEqual(ids)
    expect(rows).toHaveLength(500)
  })

  it('a key that no row can have costs that key only, and is told', async () => {
    const { url, asked } = await contactOrg()
    const { run, progress } = testRun(new Map([[organizations, [idAt(1), 'A'.repeat(20_000), idAt(2)]]]))
    const rows = await collect(salesforce(login(url)).lookup(contacts).read(run))
    expect(asked).toEqual([[idAt(1), idAt(2)]])
    expect(rows).toHaveLength(2)
    expect(progress).toContain('contacts: no row has a key of 20000 letters: AAAAAAAAAAAAAAAAAAAA…')
  })

  it('asks nothing when there are no keys, and that is no error', async () => {
    const { url, asked } = await contactOrg()
    expect(await lookUp(url, [])).toEqual({ rows: [], expected: [0] })
    expect(asked).toEqual([])
    const source = salesforce(login(url)).lookup(contacts)
    expect(source.mayBeEmpty).toBe(true)
    expect(source.needs).toEqual([organizations])
  })

  it('keeps the other conditions together: SOQL refuses AND beside OR', async () => {
    const { url, requests } = await contactOrg()
    await lookUp(url, [idAt(1)], { where: soql`A__c = ${1} OR B__c = ${2}` })
    expect(requests.at(-1)).toContain(`WHERE (A__c = 1 OR B__c = 2) AND Account.Account_ID_18__c IN ('${idAt(1)}')`)
  })

  it('keeps a key that looks like SOQL one literal', async () => {
    const { url, requests } = await contactOrg()
    await lookUp(url, ["x') OR (Name != '"])
    expect(requests.at(-1)).toContain(String.raw`IN ('x\') OR (Name != \'')`)
  })

  it('refuses conditions that leave no room for a key', async () => {
    const { url, asked } = await contactOrg()
    const where = soql`Name IN ${Array.from({ length: 2000 }, (_none, index) => `name ${index}`)}`
    await expect(lookUp(url, [idAt(1)], { where })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(asked).toEqual([])
  })

  it('refuses a row that comes in two of its queries (SAFE-02)', async () => {
    const { url } = await contactOrg(() => '003000000000001AAA')
    await expect(lookUp(url, [idAt(1), idAt(2)], { chunk: 1 })).rejects.toMatchObject({ code: 'INCOMPLETE' })
  })
})
