import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from 'zds'
import { KEY, startHelpdesk, type Helpdesk } from './helpdesk.ts'
import { newDatabase, sql } from './postgres.ts'
import type { Result } from './zds.ts'

const ROOT = join(import.meta.dirname, '../..')
const NEW = [4, 5, 6, 7, 8, 9]

const COMPANIES = ['number,name', '1,Acme', '2,"Bolt, Inc."', '3,Cone', ...NEW.map((n) => `${n},New ${n}`)]
/** The desk writes addresses in lower case. */
const CONTACTS = [
  'email,name,number',
  'Ada@Acme.example,Ada,1',
  'bo@bolt.example,Bo,2',
  ...NEW.map((n) => `c${n}@new.example,Contact ${n},${n}`),
]

const company = (customer_no: number, name: string, plan: string): JsonObject => ({
  customer_no,
  name,
  plan,
  seats: 10,
  active: true,
})

/** What an apply of it does, by sync. */
export const PLANNED = {
  companies: ['update 2', 'retire 3', ...NEW.map((n) => `create ${n}`)],
  contacts: ['create bo@bolt.example', ...NEW.map((n) => `create c${n}@new.example`), 'retire eve@gone.example'],
}

export interface AnyService {
  readonly helpdesk: Helpdesk
  readonly directory: string
  /** Runs `zds`; `at` gets its process. */
  zds(args: readonly string[], at?: (kill: () => void) => void): Promise<Result>
  /**
   * What the desk holds, without ids: companies by their number, contacts with the number of their
   * company.
   */
  holds(): { readonly companies: readonly string[]; readonly contacts: readonly string[] }
  file(name: string): string
  close(): Promise<void>
}

/** The example with a database, a help desk and files of its own. */
export async function anyService(server: string): Promise<AnyService> {
  const database = await newDatabase(server)
  await sql(database, 'CREATE TABLE contracts (customer int8, plan text, seats int, ends date)')
  await sql(
    database,
    `INSERT INTO contracts SELECT n, 'gold', 10, date '2026-12-31' FROM generate_series(1, 9) AS n WHERE n <> 3`,
  )
  await sql(database, `INSERT INTO contracts VALUES (3, 'gold', 10, date '2026-01-31')`)
  const helpdesk = await startHelpdesk({
    companies: [company(1, 'Acme', 'gold'), company(2, 'Bolt, Inc.', 'free'), company(3, 'Cone', 'gold')],
  })
  const [acme = ''] = helpdesk.tables.companies.keys()
  for (const [n, email] of ['ADA@acme.example', 'eve@gone.example'].entries())
    helpdesk.put('contacts', `0197a3f0-6f2c-7c3e-9d0a-00000000000${n}`, {
      email,
      name: n === 0 ? 'Ada' : 'Eve',
      company_id: acme,
      active: true,
    })

  const directory = mkdtempSync(join(ROOT, 'test/.tmp-'))
  cpSync(join(ROOT, 'examples/any-service'), directory, { recursive: true })
  writeFileSync(join(directory, 'companies.csv'), `${COMPANIES.join('\r\n')}\r\n`)
  writeFileSync(join(directory, 'contacts.csv'), `${CONTACTS.join('\n')}\n`)
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    NO_COLOR: '1',
    CONTRACTS_URL: database,
    DESK_URL: helpdesk.url,
    DESK_KEY: KEY,
    ZDS_HTTP_BASE_DELAY_MS: '5',
  }
  const rows = (of: 'companies' | 'contacts') => [...helpdesk.tables[of].values()]
  return {
    helpdesk,
    directory,
    zds: (args, at) => zds(args, directory, env, at),
    holds: () => ({
      companies: rows('companies').map(lineOf).toSorted(inOrder),
      contacts: rows('contacts')
        .map((row) => {
          const of = helpdesk.tables.companies.get(textOf(row['company_id']))
          return lineOf({ ...row, company_id: of?.['customer_no'] ?? null })
        })
        .toSorted(inOrder),
    }),
    file: (name) => readFileSync(join(directory, name), 'utf8'),
    close: async () => {
      rmSync(directory, { recursive: true, force: true })
      await helpdesk.close()
    },
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const inOrder = (one: string, other: string): number => (one < other ? -1 : 1)
const lineOf = (row: JsonObject): string =>
  Object.entries(row)
    .filter(([field]) => field !== 'id')
    .toSorted(([one], [other]) => inOrder(one, other))
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')

function zds(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  at: (kill: () => void) => void = () => undefined,
): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/zds.js'), ...args], { cwd, env })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => void (said[name] += text))
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }))
    at(() => void child.kill('SIGKILL'))
  })
}
