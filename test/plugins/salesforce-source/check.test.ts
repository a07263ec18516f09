import { describe, expect, it } from 'vitest'
import { text, type Json } from 'zds'
import { salesforce } from 'zds/salesforce-source'
import { complaint, cut, givesTokens, issuesOf, login, org, VERSION, type Org } from './org.ts'

const field = (name: string, relationshipName: string | null = null, referenceTo: string[] = []): Json => ({
  name,
  relationshipName,
  referenceTo,
})
const child = (relationshipName: string | null, childSObject: string): Json => ({
  relationshipName,
  childSObject,
  field: 'AccountId',
})
const OBJECTS: { readonly [object: string]: Json } = {
  account: {
    name: 'Account',
    fields: [
      field('Id'),
      field('Name'),
      field('Support_Level__c'),
      field('OwnerId', 'Owner', ['Group', 'User']),
      field('Secret__c', 'Secret__r', ['Secret__c']),
    ],
    childRelationships: [child('Contacts', 'Contact'), child(null, 'Note'), child('Secrets__r', 'Secret__c')],
  },
  user: {
    name: 'User',
    fields: [field('Name'), field('Email'), field('ManagerId', 'Manager', ['User'])],
    childRelationships: [],
  },
  group: { name: 'Group', fields: [field('Name')], childRelationships: [] },
  contact: {
    name: 'Contact',
    fields: [field('Email'), field('AccountId', 'Account', ['Account'])],
    childRelationships: [],
  },
}

async function describedOrg(): Promise<Org> {
  const made = await org()
  givesTokens(made)
  made.app.get(`${VERSION}/sobjects/:object/describe`, (c) => {
    const object = OBJECTS[c.req.param('object').toLowerCase()]
    return object === undefined
      ? complaint(c, 404, 'NOT_FOUND', 'The requested resource does not exist')
      : c.json(object)
  })
  return made
}

const accounts = { name: 'accounts', object: 'Account', columns: ['Name'] }
const contactsOf = (columns: string[]) => () => [{ relationship: 'Contacts', columns }]

describe('check (SAFE-07)', () => {
  it('finds nothing wrong with columns that exist, whatever their case, up through parents and down to children', async () => {
    const { url } = await describedOrg()
    const columns = ['NAME', 'Owner.Name', 'owner.email', 'Owner.Manager.Manager.Name']
    const source = salesforce(login(url)).rows({
      ...accounts,
      columns,
      children: contactsOf(['Email', 'Account.Owner.Name']),
    })
    expect(await issuesOf(source)).toEqual([])
  })

  it('finds everything wrong at once, each with its place and what was probably meant', async () => {
    const { url } = await describedOrg()
    const source = salesforce(login(url)).rows({
      ...accounts,
      columnsOf: [{ level: text('Suport_Level__c') }],
      columns: ['Owner.Emial', 'Ownr.Name', 'Zzzzzzzz'],
      children: () => [
        { relationship: 'Contacts', columns: ['Emails', 'Account.Nam'] },
        { relationship: 'Contcts', columns: ['Id'] },
      ],
    })
    const issue = (where: string, hint: string) =>
      expect.objectContaining({
        code: 'FIELD_UNKNOWN',
        where: `salesforce ${where}`,
        hint: expect.stringContaining(hint),
      })
    expect(await issuesOf(source)).toEqual([
      issue('Account.Suport_Level__c', '"Support_Level__c"'),
      issue('Account.Owner.Emial', 'API name'),
      issue('Account.Ownr.Name', '"Owner"'),
      issue('Account.Zzzzzzzz', 'API name'),
      issue('Contact.Emails', '"Email"'),
      issue('Contact.Account.Nam', '"Name"'),
      issue('Account.Contcts', '"Contacts"'),
    ])
  })

  it('reports objects that the user may not see', async () => {
    const { url } = await describedOrg()
    const crm = salesforce(login(url))
    expect(await issuesOf(crm.rows({ ...accounts, object: 'Opportunity' }))).toEqual([
      expect.objectContaining({
        code: 'FIELD_UNKNOWN',
        where: 'salesforce Opportunity',
        hint: expect.stringContaining('read access'),
      }),
    ])
    const children = () => [{ relationship: 'Secrets__r', columns: ['Id'] }]
    expect(await issuesOf(crm.rows({ ...accounts, columns: ['Secret__r.Name'], children }))).toEqual([
      expect.objectContaining({ where: 'salesforce Account.Secret__r.Name' }),
      expect.objectContaining({ where: 'salesforce Account.Secrets__r' }),
    ])
  })

  it('checks the column of a lookup', async () => {
    const { url } = await describedOrg()
    const keys = { needs: [], read: async function* () {} }
    const source = salesforce(login(url)).lookup({
      name: 'contacts',
      object: 'Contact',
      columns: ['Email'],
      in: 'Account.Id18__c',
      keys,
    })
    expect(await issuesOf(source)).toEqual([expect.objectContaining({ where: 'salesforce Contact.Account.Id18__c' })])
  })

  it('asks for each description once, though several sources need it', async () => {
    const { url, requests } = await describedOrg()
    const crm = salesforce(login(url))
    const source = crm.rows({
      ...accounts,
      columns: ['Owner.Name', 'Owner.Email'],
      children: contactsOf(['Account.Name']),
    })
    await Promise.all([issuesOf(source), issuesOf(source), issuesOf(crm.rows({ ...accounts, object: 'ACCOUNT' }))])
    const described = requests.filter((line) => line.endsWith('/describe'))
    expect(described).toHaveLength(new Set(described.map((line) => line.toLowerCase())).size)
  })

  it('goes through the same HTTP layer: a description that breaks off or is refused with 401 is asked for again, and the process lives', async () => {
    const made = await org()
    givesTokens(made)
    let asked = 0
    made.app.get(`${VERSION}/sobjects/Account/describe`, (c) => {
      asked += 1
      if (asked === 1) return cut(c)
      if (asked === 2) return complaint(c, 401, 'INVALID_SESSION_ID', 'Session expired or invalid')
      return c.json(OBJECTS['account'] ?? null)
    })
    expect(await issuesOf(salesforce(login(made.url)).rows(accounts))).toEqual([])
    expect(asked).toBe(3)
    expect(made.logins).toHaveLength(2)
  })

  it('takes JSON that is no description for none', async () => {
    const made = await org()
    givesTokens(made)
    made.app.get(`${VERSION}/sobjects/Account/describe`, (c) => c.json({ name: 'Account' }))
    await expect(issuesOf(salesforce(login(made.url)).rows(accounts))).rejects.toMatchObject({
      code: 'HTTP_UNREADABLE',
    })
  })

  it('fails, and is no issue, when nothing can be known: a failure is not remembered', async () => {
    const made = await org()
    givesTokens(made)
    let limited = true
    made.app.get(`${VERSION}/sobjects/Account/describe`, (c) =>
      limited
        ? complaint(c, 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
        : c.json(OBJECTS['account'] ?? null),
    )
    const source = salesforce(login(made.url)).rows(accounts)
    await expect(issuesOf(source)).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    limited = false
    expect(await issuesOf(source)).toEqual([])
  })
})
