import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'
import type { Change, Fields, Json, Source } from 'zds'
import { observerLaws, processorLaws, settingOf, sourceLaws, targetLaws, testLaws, testRun } from 'zds/testing'
import { companiesWithContracts, companyFields } from '../../examples/any-service/companies.ts'
import { contactFields, contactSync } from '../../examples/any-service/contacts.ts'
import { csv } from '../../examples/any-service/csv.ts'
import { desk } from '../../examples/any-service/desk.ts'
import { junit } from '../../examples/any-service/junit.ts'
import { KEY, startHelpdesk } from '../support/helpdesk.ts'
import { held, sourceOf, syncOf, targetOf } from '../support/syncs.ts'

/** A file for the time of a law. */
function fileWith(text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'zds-any-service-'))
  const path = join(directory, 'file')
  writeFileSync(path, text)
  return { path, close: () => rmSync(directory, { recursive: true }) }
}

const file = sourceLaws(() => {
  const { path, close } = fileWith('number,name\r\n1,"Acme, ""the"" first"\r\n2,Öko\r\n\r\n3,"two\nlines"\r\n')
  const source = csv({ name: 'companies', path: settingOf('COMPANIES_CSV', path), columns: ['number', 'name'] })
  return { source, run: testRun, close }
})

const joined = processorLaws(() => ({
  source: companiesWithContracts({ companies: sourceOf('companies'), contracts: sourceOf('contracts') }),
  run: () =>
    testRun({
      companies: [
        { number: '1', name: 'Acme' },
        { number: '2', name: 'Öko' },
        { number: '03', name: 'Third' },
      ],
      contracts: [
        { customer: 1, plan: 'gold', seats: 5, ends: '2026-12-31' },
        { customer: 2, plan: 'gold', seats: 5, ends: '2026-01-01' },
        { customer: 3, plan: 'free', seats: 1, ends: '2027-12-31' },
      ],
    }),
}))

const companies = syncOf({}, { target: targetOf({ name: 'companies' }) })
const people = processorLaws(() => ({
  source: contactSync({
    rows: sourceOf('rows'),
    companies,
    contacts: targetOf({ types: contactFields }),
  }).desired,
  run: () =>
    testRun({
      rows: [
        { email: 'Ada@a.example', name: 'Ada', number: 'A' },
        { email: 'bo@b.example', name: 'Bo', number: 'B' },
        { email: 'cy@c.example', name: 'Cy', number: 'C' },
      ],
      companies: [held('0197a3f0-6f2c-7c3e-9d0a-2b1f5c4e8a11', 'A')],
      plan: [{ name: 'companies', changes: [{ op: 'create', key: 'B', fields: {} }] }],
    }),
}))

const helpdesk = targetLaws(async () => {
  const seeds = Array.from({ length: 104 }, (_, n) => ({
    customer_no: n,
    name: `Company ${n}`,
    plan: 'gold',
    seats: 5,
    active: true,
    note: 'by hand',
  }))
  const server = await startHelpdesk({ companies: seeds })
  const rows = server.tables.companies
  const ids = [...rows.keys()]
  const of = (n: number, to: Fields): Change => ({
    op: 'update',
    key: String(n),
    id: ids[n] ?? '',
    fields: Object.fromEntries(Object.entries(to).map(([field, value]) => [field, { from: null, to: value }])),
  })
  const creating = (n: number, name = `New ${n}`): Change => {
    const { id: _, ...change } = of(200 + n, { customer_no: 200 + n, name, plan: 'free', seats: 1, active: true })
    return { ...change, op: 'create' }
  }
  const many = (count: number, make: (n: number) => Change) => Array.from({ length: count }, (_, n) => make(n))
  return {
    target: desk({
      url: settingOf('DESK_URL', server.url),
      key: settingOf('DESK_KEY', KEY),
      resource: 'companies',
      fields: companyFields,
      unique: 'name',
    }),
    run: testRun,
    size: () => rows.size,
    gone: '0197a3f0-6f2c-7c3e-9d0a-2b1f5c4e8a11',
    create: (count) => many(count, (n) => creating(n)),
    update: (count) => many(count, (n) => of(n, { plan: 'free', seats: 7 })),
    retire: (count) => many(count, (n) => ({ ...of(n, { active: false }), op: 'retire' as const })),
    refused: (op) => (op === 'create' ? creating(9, 'company 50 ') : of(60, { name: 'COMPANY 50' })),
    untouched: ({ id = '', fields }) =>
      Object.fromEntries(Object.entries(rows.get(id) ?? {}).filter(([field]) => !(field in fields))),
    edit: async ({ id = '' }) => void server.put('companies', id, { plan: 'by hand' }),
    lose: () => void (server.trouble.lost = 1),
    answer: (status) => void (server.trouble.status = status),
    writes: server.writes,
    close: server.close,
  }
})

const report = observerLaws(() => {
  const { path, close } = fileWith('')
  return { observer: junit({ path: settingOf('JUNIT_FILE', path) }), run: testRun, close }
})

testLaws(test, 'a CSV file', file)
testLaws(test, 'companies with contracts', joined)
testLaws(test, 'contacts of companies', people)
testLaws(test, 'a help desk', helpdesk)
testLaws(test, 'a JUnit report', report)

it('a CSV file is read as RFC 4180 has it, and what is none is told with its line', async () => {
  const rows = async (text: string): Promise<Json[]> => {
    const { path, close } = fileWith(text)
    const source: Source = csv({ name: 'rows', path: settingOf('FILE', path), columns: ['a', 'b'] })
    try {
      const found: Json[] = []
      for await (const row of source.read(testRun())) found.push(row)
      return found
    } finally {
      close()
    }
  }
  expect(await rows('a,b\n1,"x, ""y""\nz"\n\n"",\n')).toEqual([
    { a: '1', b: 'x, "y"\nz' },
    { a: '', b: '' },
  ])
  expect(await rows('a,b\r\n1,2')).toEqual([{ a: '1', b: '2' }])
  await expect(rows('a,b\n1,2\n3\n')).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('record 2 has 1 values'),
  })
  await expect(rows('a,b\n1,2"\n')).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('file:2 has a quote'),
  })
})

it('each file of the example has fewer than 150 lines', () => {
  for (const name of ['csv', 'postgres', 'desk', 'companies', 'contacts', 'junit', 'sync.config'])
    expect(
      readFileSync(join(import.meta.dirname, `../../examples/any-service/${name}.ts`), 'utf8').split('\n').length,
    ).toBeLessThan(150)
})
