import { describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import { settingOf, sourceLaws, testLaws, testRun } from 'zds/testing'
import { postgres } from '../../examples/any-service/postgres.ts'
import { anyService, PLANNED, type AnyService } from '../support/any-service.ts'
import { newDatabase, sql } from '../support/postgres.ts'
import { server } from './scene.ts'

const AS_OF = ['--as-of', '2026-03-16'] as const
const APPLY = ['apply', '--yes', '--force', ...AS_OF] as const

async function started(): Promise<AnyService> {
  const here = await anyService(server())
  onTestFinished(() => here.close())
  return here
}

/** What a plan made now would do, by sync. */
async function planned(here: AnyService): Promise<{ readonly [sync: string]: readonly string[] }> {
  const { code, stdout, stderr } = await here.zds(['plan', '--json', ...AS_OF])
  expect(code, stderr).toBe(0)
  const { syncs } = JSON.parse(stdout) as Plan // as documented
  return Object.fromEntries(syncs.map(({ name, changes }) => [name, [...changes].map(({ op, key }) => `${op} ${key}`)]))
}
const sorted = (plan: { readonly [sync: string]: readonly string[] }) =>
  Object.fromEntries(Object.entries(plan).map(([sync, changes]) => [sync, changes.toSorted()]))
const NOTHING = { companies: [], contacts: [] }
const CHANGES = Object.values(PLANNED).flat().length
const CREATES = Object.values(PLANNED)
  .flat()
  .filter((change) => change.startsWith('create')).length
const posts = ({ helpdesk }: AnyService): number =>
  helpdesk.requests.filter((request) => request.startsWith('POST')).length

/** Carries it out, and ends with this code. */
async function apply(here: AnyService, code = 0, args: readonly string[] = APPLY) {
  const ended = await here.zds(args)
  expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(code)
  return ended
}

const rows = sourceLaws(async () => {
  const database = await newDatabase(server())
  await sql(
    database,
    "CREATE TABLE things AS SELECT n, now() AS at, date '2026-03-16' AS day FROM generate_series(1, 2500) AS n",
  )
  return {
    source: postgres({
      name: 'things',
      url: settingOf('CONTRACTS_URL', database),
      query: 'SELECT n, at, day, n / 3.0 AS share, NULL AS nothing FROM things ORDER BY n',
    }),
    run: testRun,
  }
})
testLaws(test, 'a query of PostgreSQL', rows)

describe('a configuration of services that zds does not know', () => {
  test('SAFE-04: is planned, applied, and then there is nothing to do, also when it is applied twice more (keys that are numbers)', async () => {
    const here = await started()
    expect(sorted(await planned(here))).toEqual(sorted(PLANNED))
    await apply(here)
    expect(await planned(here)).toEqual(NOTHING)
    const after = here.holds()
    for (const _ of [1, 2]) await apply(here)
    expect(here.holds()).toEqual(after)
    expect(here.helpdesk.writes()).toBe(CHANGES)
    expect(after.companies).toContain('active=true customer_no=4 name=New 4 plan=gold seats=10')
    expect(after.companies).toContain('active=false customer_no=3 name=Cone plan=gold seats=10')
    // Refs became the UUIDs that the desk gave, and ids that were there stayed what they were.
    expect(after.contacts).toContain('active=true company_id=4 email=c4@new.example name=Contact 4')
    expect(after.contacts).toContain('active=true company_id=2 email=bo@bolt.example name=Bo')
    expect(after.contacts).toContain('active=true company_id=1 email=ada@acme.example name=Ada')
    expect(after.contacts).toContain('active=false company_id=1 email=eve@gone.example name=Eve')
  })

  test('leaves a report of each change for CI', async () => {
    const here = await started()
    here.helpdesk.put('companies', '0197a3f0-6f2c-7c3e-9d0a-ffffffffffff', { name: 'Of somebody', plan: 'refused' })
    await apply(here)
    const report = here.file('zds.xml')
    expect(report).toContain('<testsuite name="companies" tests="8" failures="0" errors="0" skipped="0">')
    expect(report.match(/<testcase /g)).toHaveLength(CHANGES + 1)
    expect(report).toContain('<testcase name="create bo@bolt.example"></testcase>')
  })

  test.each([1, 3, 8, 11, 16])(
    'SAFE-06: kill -9 right after write %i was carried out: the same command goes on, and nothing is done twice',
    async (at) => {
      const reference = await started()
      await apply(reference)
      const here = await started()
      const { trouble } = here.helpdesk
      const killed = await here.zds(APPLY, (kill) => {
        trouble.written = (count) => void (count === at && kill())
      })
      expect(killed.code).toBe(-1)
      delete trouble.written
      await apply(here)
      expect(here.holds()).toEqual(reference.holds())
      expect(posts(here)).toBe(CREATES)
      expect(await planned(here)).toEqual(NOTHING)
    },
  )

  test('undo is a plan: fields are set back, what was created is retired, contacts before companies', async () => {
    const here = await started()
    const before = here.holds()
    await apply(here)
    const undo = await here.zds(['undo', 'last', '--out', 'undo.json'])
    expect(undo.code, undo.stderr).toBe(0)
    const writes = here.helpdesk.requests.length
    await apply(here, 0, ['apply', 'undo.json', '--force'])
    const asked = here.helpdesk.requests.slice(writes).filter((request) => request.startsWith('PUT'))
    const resources = asked.map((request) => request.split('/')[3])
    expect(resources.lastIndexOf('contacts')).toBeLessThan(resources.indexOf('companies'))
    const created = (line: string): boolean => /customer_no=[4-9]|(c\d@new|bo@bolt)\.example/.test(line)
    const { companies, contacts } = here.holds()
    expect({
      companies: companies.filter((line) => !created(line)),
      contacts: contacts.filter((line) => !created(line)),
    }).toEqual(before)
    for (const line of [...companies, ...contacts].filter(created)) expect(line).toMatch(/active=false/)
  })
})

describe('a service with troubles of its own', () => {
  test('a POST that is answered 500 with Retry-After, and was carried out, is not repeated', async () => {
    const here = await started()
    here.helpdesk.trouble.status = 500
    await apply(here)
    expect(posts(here)).toBe(CREATES)
    delete here.helpdesk.trouble.status
    expect(await planned(here)).toEqual(NOTHING)
  })

  test('answers that are lost make nothing twice', async () => {
    const here = await started()
    here.helpdesk.trouble.lost = 5
    await apply(here)
    expect(here.helpdesk.writes()).toBe(CHANGES)
    expect(await planned(here)).toEqual(NOTHING)
  })

  test('409 for a name that somebody took since the plan is a failure of that record, in the words of the desk; the others are done', async () => {
    const here = await started()
    await here.zds(['plan', '--out', 'plan.json', ...AS_OF])
    here.helpdesk.put('companies', '0197a3f0-6f2c-7c3e-9d0a-ffffffffffff', { name: 'NEW 5', customer_no: 500 })
    const { stdout } = await apply(here, 4, ['apply', 'plan.json', '--force', ...AS_OF])
    expect(stdout).toContain('name: It should be a unique value')
    const report = here.file('zds.xml')
    expect(report).toMatch(
      /<testcase name="create 5"><failure message="http-409: desk: POST [^"]*It should be a unique value"\/>/,
    )
    expect(report).toMatch(
      /<testcase name="create c5@new.example"><skipped message="unresolved: company_id refers to 5 of companies/,
    )
    expect(here.holds().companies).toHaveLength(3 + 6)
    expect(posts(here)).toBe(CREATES - 1)
  })

  test('SAFE-03: no access ends the run, and is told of no record', async () => {
    const here = await started()
    here.helpdesk.trouble.status = 401
    const { stderr, stdout } = await apply(here, 1)
    expect(stderr).toContain('AUTH_FAILED')
    expect(stdout).not.toContain('http-401')
    expect(here.file('zds.xml')).toMatch(/<testcase name="[^"]+"><error message="failed: desk: /)
    delete here.helpdesk.trouble.status
    await apply(here)
    expect(await planned(here)).toEqual(NOTHING)
  })
})
