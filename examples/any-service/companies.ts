import {
  always,
  checkbox,
  fact,
  integer,
  isObject,
  keyOf,
  name,
  text,
  typesOf,
  type FieldTable,
  type Json,
  type JsonObject,
  type Processor,
  type Run,
  type Source,
  type TypesOf,
} from 'zds'

/** A company of the desk: named by the file, its plan and seats by its contract. */
export const companyFields = {
  customer_no: integer('number'),
  name: name('name'),
  plan: text(fact('plan')),
  seats: integer(fact('seats')),
  active: checkbox([], always(true)),
} satisfies FieldTable

/**
 * Joins companies (`number`, `name`) with contracts (`customer`, `plan`, `seats`, `ends`) by the
 * customer's number.
 */
export function companiesWithContracts(from: {
  readonly companies: Source<JsonObject>
  readonly contracts: Source<JsonObject>
}): Processor<TypesOf<typeof companyFields>, 'no-contract'> {
  return {
    name: 'companies-with-contracts',
    types: typesOf(companyFields),
    words: { 'no-contract': 'has no contract that runs' },
    needs: [from.companies, from.contracts],
    read: async function* (run) {
      const contracts = await running(from.contracts, run)
      for await (const { number = null, name: called = null } of run.input(from.companies)) {
        // A file has text only.
        const customer_no = companyFields.customer_no.type.normalise(number)
        const key = keyOf(customer_no)
        const contract = contracts.get(key)
        if (contract === undefined) yield { kind: 'absent', key, reason: 'no-contract' }
        else yield { kind: 'record', key, fields: { customer_no, name: called, ...contract, active: true } }
      }
    },
  }
}

/** The contract of each customer that runs today. */
async function running(contracts: Source<JsonObject>, run: Run): Promise<ReadonlyMap<string, JsonObject>> {
  const found = new Map<string, { readonly [field: string]: Json }>()
  for await (const row of run.input(contracts)) {
    if (!isObject(row)) continue
    const { customer = null, plan = null, seats = null, ends } = row
    if (typeof ends === 'string' && ends >= run.clock.today) found.set(keyOf(customer), { plan, seats })
  }
  return found
}
