import { generateWorld, type World } from 'zds/sandbox'

export const AS_OF = '2026-03-16'

/** How many accounts of each kind there are. */
export type Size = { readonly customers: number; readonly agencies: number; readonly partners: number }

export const SMALL: Size = { customers: 34, agencies: 8, partners: 6 }
export const TINY: Size = { customers: 14, agencies: 4, partners: 3 }
/** Enough for 2,000 changes. */
export const LARGE: Size = { customers: 1640, agencies: 260, partners: 210 }

type Instance = World['zendesk'][string]

/**
 * A world in which every kind of change is due in every sync: new owners, new, lost and renamed
 * records, people of every fate.
 */
export function crashWorld(size: Size): World {
  const world = generateWorld({
    accounts: Math.max(size.customers * 2, size.agencies * 25, size.partners * 34),
    seed: 3,
    asOf: AS_OF,
  })
  const { global, us_gov: usGov } = world.zendesk
  const { Account = [], Contact = [], ...tables } = world.salesforce
  if (global === undefined || usGov === undefined) throw new Error('The world has both instances')

  const byKind = Map.groupBy(Account, (account) =>
    account['Type'] === 'Partner'
      ? ('partners' as const)
      : account['Ultimate_Parent_Sales_Segment_Employees__c'] === 'PubSec'
        ? ('agencies' as const)
        : ('customers' as const),
  )
  const kept = (['customers', 'agencies', 'partners'] as const).flatMap((kind) =>
    (byKind.get(kind) ?? []).slice(0, size[kind]),
  )
  const place = new Map(kept.map(({ Id }, at) => [textOf(Id), at]))
  const dropped = new Set(Account.flatMap(({ Id }) => (place.has(textOf(Id)) ? [] : [textOf(Id)])))
  const due = (id: unknown, every: number, at: number): boolean => (place.get(textOf(id)) ?? -1) % every === at
  const isNew = (id: unknown): boolean => due(id, 7, 1)

  return {
    ...world,
    salesforce: {
      ...Object.fromEntries(
        Object.entries(tables).map(([name, rows]) => [
          name,
          rows.filter((row) => !dropped.has(textOf(row['Zuora__Account__c']))),
        ]),
      ),
      Account: kept
        // Some accounts are gone, so that their organizations are retired.
        .filter(({ Id, Type }) => Type === 'Partner' || !due(Id, 13, 5))
        .map((account) => (due(account['Id'], 5, 4) ? account : { ...account, Account_Owner_Calc__c: 'Somebody New' })),
      Contact: Contact.filter(({ AccountId }) => !dropped.has(textOf(AccountId))).map((contact) =>
        due(contact['AccountId'], 4, 2) ? { ...contact, Name: `Dr. ${textOf(contact['Name'])}` } : contact,
      ),
    },
    zendesk: {
      global: withFormerPartner(changed(global, dropped, isNew)),
      us_gov: withStranger(changed(usGov, dropped, isNew)),
    },
  }
}

/**
 * The instance without the organizations of accounts that are not there or new; of the people of
 * new ones, some are there already.
 */
function changed(instance: Instance, dropped: ReadonlySet<string>, isNew: (id: unknown) => boolean): Instance {
  const gone = instance.organizations.filter(({ organization_fields: fields }) => {
    const key = fields?.['salesforce_id']
    return isNew(key) || (typeof key === 'string' && dropped.has(key))
  })
  const left = instance.organizations.filter((one) => !gone.includes(one))
  const ids = new Set(gone.map(({ id }) => id))
  const fresh = new Set(
    gone.flatMap(({ id, organization_fields: fields }) => (isNew(fields?.['salesforce_id']) ? [id] : [])),
  )
  const users = instance.users.flatMap((user, at) => {
    const home = user.organization_id ?? undefined
    if (home === undefined || !ids.has(home)) return [user]
    if (!fresh.has(home) || at % 3 === 0) return []
    return [{ ...user, organization_id: at % 3 === 1 ? null : left[3]?.id }]
  })
  return { ...instance, organizations: left, users }
}

/** With an organization that no partner belongs to any more. */
function withFormerPartner(instance: Instance): Instance {
  const former = {
    name: 'A former partner',
    organization_fields: { salesforce_id: '001000000099993AAA', account_type: 'open_partner' },
  }
  return { ...instance, organizations: [...instance.organizations, former] }
}

/** With a user who is no contact of anybody. */
function withStranger(instance: Instance): Instance {
  return {
    ...instance,
    users: [...instance.users, { name: 'A stranger', email: 'stranger@agency.example', role: 'end-user' }],
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
