/**
 * No service that zds knows: companies from a file, contracts from PostgreSQL, a help desk that
 * speaks UUIDs, and a report for CI.
 */
import { defineConfig, env, secret, sync } from 'zds'
import { companiesWithContracts, companyFields } from './companies.ts'
import { contactFields, contactSync } from './contacts.ts'
import { csv } from './csv.ts'
import { desk } from './desk.ts'
import { junit } from './junit.ts'
import { postgres } from './postgres.ts'

const companyRows = csv({
  name: 'company-rows',
  path: env('COMPANIES_CSV', 'companies.csv'),
  columns: ['number', 'name'],
})
const contactRows = csv({
  name: 'contact-rows',
  path: env('CONTACTS_CSV', 'contacts.csv'),
  columns: ['email', 'name', 'number'],
})
const contracts = postgres({
  name: 'contracts',
  url: secret('CONTRACTS_URL'),
  query: 'SELECT customer, plan, seats, ends FROM contracts ORDER BY customer, ends',
})

const at = { url: env('DESK_URL'), key: secret('DESK_KEY') }

const companies = sync({
  fields: companyFields,
  desired: companiesWithContracts({ companies: companyRows, contracts }),
  target: desk({ ...at, resource: 'companies', fields: companyFields, unique: 'name' }),
  rules: { key: 'customer_no', unique: 'name', retire: { active: false } },
  limits: { retire: { share: 0.2 }, fields: { plan: { share: 0.5 } } },
})

const contacts = contactSync({
  rows: contactRows,
  companies,
  contacts: desk({ ...at, resource: 'contacts', fields: contactFields, unique: 'email' }),
})

export default defineConfig({
  sources: { companyRows, contactRows, contracts },
  targets: { companies, contacts },
  hooks: { report: junit({ path: env('JUNIT_FILE', 'zds.xml') }) },
})
