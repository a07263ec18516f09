import { foldAddress, type Explained, type ExplainedRule, type JsonObject, type Run, type Source } from 'zds'
import { contactColumns, contactOf, firstOfEach, type Contact } from './contacts.ts'

/** The rules by which the fields of a user are made. */
export const RULES = {
  name: 'CTC-01',
  email: 'USR-03',
  role: 'USR-06',
  organization_id: 'CTC-06',
  not_in_sfdc: 'AMB-24',
} as const

const [NAME, EMAIL, ACCOUNT] = contactColumns

const FIELDS: Explained['fields'] = {
  name: { from: NAME, rules: [] },
  email: { from: EMAIL, rules: [] },
  organization_id: { from: `the organization of ${ACCOUNT}`, rules: [] },
  not_in_sfdc: { from: 'the configuration', rules: [] },
}

/** Whose address is never touched (USR-02), and which contacts count (CTC-01). */
type Judging = {
  readonly isProtected: (email: string) => boolean
  readonly counts: (contact: Contact) => boolean
}

/** The contacts with this address, and which of them counts. */
export async function explain(
  contacts: Source<JsonObject>,
  { isProtected, counts }: Judging,
  asked: string,
  run: Run,
): Promise<readonly Explained[]> {
  const key = foldAddress(asked)
  const found: { readonly row: JsonObject; readonly contact: Contact }[] = []
  for await (const row of run.input(contacts)) {
    const contact = contactOf(row)
    if (contact?.email === key) found.push({ row, contact })
  }
  const [first] = firstOfEach(
    found.map(({ contact }) => contact),
    counts,
  )
  if (first === undefined) return []
  return [
    {
      key,
      ...(isProtected(key) && { absent: 'protected' }),
      rows: found.map(({ row }) => ({ source: contacts.name, row })),
      rules: isProtected(key) ? [PROTECTED] : rulesOf(first),
      fields: isProtected(key) ? {} : FIELDS,
    },
  ]
}

const PROTECTED: ExplainedRule = { id: 'USR-02', about: 'The address is protected: it is never touched.', changed: {} }

function rulesOf({ contact, others }: ReturnType<typeof firstOfEach>[number]): ExplainedRule[] {
  const read = { [ACCOUNT]: contact.account, [NAME]: contact.name }
  const chosen = others.map(({ account, name }) => `${name} of ${account}`)
  return [
    { id: 'CTC-01', about: 'A support contact of an organization of the instance is a user.', read, changed: {} },
    ...(chosen.length === 0
      ? []
      : [
          { id: 'AMB-21', about: `The first by account and name counts; not ${chosen.join(', ')}.`, read, changed: {} },
        ]),
    { id: 'CTC-06', about: 'The user belongs to the organization of the account.', read, changed: {} },
  ]
}
