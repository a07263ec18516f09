import {
  checkbox,
  keyOf,
  keyReader,
  lowerCase,
  name,
  planSource,
  ref,
  reference,
  sync,
  text,
  typesOf,
  type FieldTable,
  type Json,
  type JsonObject,
  type Processor,
  type Run,
  type Source,
  type Sync,
  type Target,
  type TypesOf,
} from 'zds'

/** A contact of the desk, and the company that it belongs to. */
export const contactFields = {
  email: text('email'),
  name: name('name'),
  company_id: reference('number'),
  active: checkbox(),
} satisfies FieldTable

/**
 * Keeps the contacts of companies in step with rows of `email`, `name` and `number`, after the
 * companies.
 */
export function contactSync(from: {
  readonly rows: Source<JsonObject>
  readonly companies: Sync
  readonly contacts: Target<TypesOf<typeof contactFields>>
}): Sync {
  return sync({
    fields: contactFields,
    desired: contactsOf(from.rows, from.companies),
    target: from.contacts,
    after: [from.companies],
    // The desk writes addresses in lower case.
    rules: { key: 'email', fold: lowerCase, retire: { active: false } },
  })
}

function contactsOf(rows: Source<JsonObject>, companies: Sync): Processor<TypesOf<typeof contactFields>, 'no-company'> {
  return {
    name: 'contacts-of-companies',
    types: typesOf(contactFields),
    words: { 'no-company': 'belongs to a company that the desk does not have' },
    needs: [rows, companies.target, planSource(companies)],
    read: async function* (run) {
      const ids = await companyIds(companies, run)
      const keys = keyReader(companies.rules, companies.target.types)
      for await (const { email = null, name: called = null, number = null } of run.input(rows)) {
        const key = keyOf(email)
        const company = ids.get(keys.ofText(keyOf(number)).text)
        if (company === undefined) yield { kind: 'absent', key, reason: 'no-company' }
        else
          yield {
            kind: 'record',
            key,
            fields: { email: lowerCase(key) ?? key, name: called, company_id: company, active: true },
          }
      }
    },
  }
}

/** The company under each key: its UUID, or a ref where it is created in the same run. */
async function companyIds(companies: Sync, run: Run): Promise<ReadonlyMap<string, Json>> {
  const ids = new Map<string, Json>()
  const keys = keyReader(companies.rules, companies.target.types)
  for await (const { id, fields } of run.input(companies.target)) ids.set(keys.ofFields(fields).text, id)
  let of = ''
  for await (const part of run.input(planSource(companies)))
    if (!('op' in part)) of = part.name
    else if (part.op === 'create') ids.set(part.key, ref(of, part.key))
  return ids
}
