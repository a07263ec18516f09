import { foldAddress, isObject, ZdsError, type Json, type JsonObject } from 'zds'

/** The columns of a Salesforce contact that the user sync reads (CTC-01). */
export const contactColumns = ['Name', 'Email', 'Account.Account_ID_18__c'] as const

/** A support contact of an account; the address is folded, as Zendesk compares addresses. */
export type Contact = { readonly name: string; readonly email: string; readonly account: string }

/**
 * A row of Salesforce as a contact; undefined without an address (CTC-04). Throws ROW_INVALID
 * without name or account.
 */
export function contactOf(row: Json): Contact | undefined {
  const [name, email, account] = contactColumns.map((column) => textIn(isObject(row) ? row : {}, column))
  if (email === undefined) return undefined
  if (name !== undefined && account !== undefined) return { name, email: foldAddress(email), account }
  throw new ZdsError(
    'ROW_INVALID',
    `salesforce: a contact${account === undefined ? '' : ` of account ${account}`} has no name or no account`,
    {
      hint: `Its query has to ask for ${contactColumns.join(', ')}.`,
    },
  )
}

function textIn(row: JsonObject, column: string): string | undefined {
  const value = row[column]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/**
 * The first by account and name of those with one address, and the others (AMB-21). One that does
 * not count, as its account has no organization, is never before one that does (CTC-01).
 */
export function firstOfEach(
  contacts: readonly Contact[],
  counts: (contact: Contact) => boolean,
): readonly { readonly contact: Contact; readonly others: readonly Contact[] }[] {
  const groups = Map.groupBy(contacts, ({ email }) => email)
  return [...groups.values()].flatMap((some) => {
    const ordered = some.toSorted((a, b) => order(a.account, b.account) || order(a.name, b.name))
    const contact = ordered.find(counts) ?? ordered[0]
    return contact === undefined ? [] : [{ contact, others: ordered.filter((other) => other !== contact) }]
  })
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
