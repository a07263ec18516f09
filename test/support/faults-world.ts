import { generateWorld, type World } from 'zds/sandbox'

export const AS_OF = '2026-03-16'

/** A small world in which every kind of change is due, and every list has more than one page. */
export function faultWorld(): World {
  const world = generateWorld({ accounts: 40, seed: 1, asOf: AS_OF })
  const { Account = [], Contact = [], Zuora__Subscription__c: subscriptions = [] } = world.salesforce
  const { global, us_gov: usGov } = world.zendesk
  if (global === undefined || usGov === undefined) throw new Error('The world has both instances')
  const keyOf = (organization: {
    readonly organization_fields?: { readonly [field: string]: unknown } | undefined
  }): unknown => organization.organization_fields?.['salesforce_id']
  const held = (key: unknown, where = global): boolean => where.organizations.some((one) => keyOf(one) === key)
  const customers = Account.filter(({ Id, Type }) => Type === 'Customer' && held(Id))
  // Each of these gets an organization: the contact of the first is new, that of the second has no
  // organization, that of the third another.
  const fresh = customers.filter((account) => account['Latest_Sold_To_Contact__c'] !== null).slice(0, 3)
  const isFresh = (key: unknown): boolean => fresh.some(({ Id }) => Id === key)
  const [gone, moved, ...others] = customers.filter(({ Id }) => !isFresh(Id))
  const partner = Account.find(({ Type, Id }) => Type === 'Partner' && held(Id))
  const agencies = Account.filter(({ Id }) => held(Id, usGov))
  const [kept, agency] = agencies
  if (!gone || !moved || !partner || !kept || !agency) throw new Error('The generated world has too little in it')

  const [second, third] = fresh
    .slice(1)
    .map((account) => Contact.find(({ Id }) => Id === account['Latest_Sold_To_Contact__c'])?.['Email'])
  const renewed = subscriptions.find(
    ({ Zuora__Account__c: of }, at) => of === subscriptions[at - 1]?.['Zuora__Account__c'],
  )
  const people = Contact.filter(({ AccountId }) => AccountId === agency['Id']).map(({ Email }) => Email)
  const changed = new Set(
    others
      .slice(0, 4)
      .map(({ Id }) => Id)
      .concat(partner['Id'] ?? '', kept['Id'] ?? ''),
  )
  const added = ['001000000099991AAA', '001000000099992AAA'].map((Id, at) => ({
    ...partner,
    Id,
    Account_ID_18__c: Id,
    Name: `Partner ${at}`,
  }))

  return {
    ...world,
    salesforce: {
      ...world.salesforce,
      // One account has more subscriptions than fit a page of two, others more charges.
      Zuora__Subscription__c: [
        ...subscriptions,
        { ...renewed, Id: 'a0S000000099991AAA', Subscription_ID_18__c: 'a0S000000099991AAA', Name: 'A-S99999991' },
      ],
      Account: Account.filter((account) => account !== gone)
        .map((account) => (account === moved ? { ...account, Type: 'Prospect' } : account))
        .map((account) =>
          changed.has(account['Id']) ? { ...account, Account_Owner_Calc__c: 'Somebody New' } : account,
        )
        .concat(added),
      Contact: [
        ...Contact.map((one) => (one['AccountId'] === kept['Id'] ? { ...one, Name: `Dr. ${text(one['Name'])}` } : one)),
        ...Contact.filter(({ AccountId }) => AccountId === agency['Id']).map((one, at) => ({
          ...one,
          Id: `00300000009999${at}AAA`,
          Email: `new.${at}@agency.example`,
        })),
      ],
    },
    zendesk: {
      global: {
        ...global,
        organizations: [
          ...global.organizations.filter((one) => !isFresh(keyOf(one))),
          ...byHand(110),
          {
            name: 'A former partner',
            organization_fields: { salesforce_id: '001000000099993AAA', account_type: 'open_partner' },
          },
        ],
        users: [
          ...global.users.filter(({ email }) => email !== third && email !== second),
          { name: 'Second', email: text(second), role: 'end-user' },
          { name: 'Third', email: text(third), role: 'end-user', organization_id: global.organizations[1]?.id },
        ],
      },
      us_gov: {
        ...usGov,
        organizations: usGov.organizations.filter((one) => keyOf(one) !== agency['Id']),
        users: [
          ...usGov.users.filter(({ email }) => !people.includes(email ?? null)),
          // The first contact of the new organization is there already, without it; the others are
          // not.
          { name: 'Early', email: text(people[0]), role: 'end-user' },
          { name: 'Left', email: 'left@agency.example', role: 'end-user' },
          ...Array.from({ length: 100 }, (_, n) => ({
            name: `Agent ${n}`,
            email: `more.${n}@support.example`,
            role: 'agent' as const,
          })),
        ],
      },
    },
  }
}

const byHand = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `Made by hand ${n}` }))

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
