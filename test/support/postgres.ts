import { execFile, execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Certificate } from './certificate.ts'

/** A PostgreSQL of its own, in a directory that is thrown away, on this machine only. */
export interface Cluster {
  readonly port: number
  readonly directory: string
  /** The address of a new, empty database. */
  database(): Promise<string>
  /** Ends all connections and the server; `start` brings it back with all that it holds. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it for good, and removes it. */
  remove(): Promise<void>
}

const run = promisify(execFile)

/** Where the programs of a PostgreSQL are, the newest one's; undefined where there is none. */
export function findPostgres(): string | undefined {
  const places = [
    ...globSync('/usr/lib/postgresql/*/bin').toSorted(byVersion),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'pg_ctl')))
}

const byVersion = (a: string, b: string): number => Number(/\d+/.exec(b)?.[0]) - Number(/\d+/.exec(a)?.[0])

export const MISSING =
  'there is no PostgreSQL on this machine. To run them: apt-get install postgresql (Debian), brew install postgresql (macOS)'

/** With a certificate and its key, it takes TLS. */
export async function startPostgres(tls?: Certificate): Promise<Cluster> {
  const programs = findPostgres()
  if (programs === undefined) throw new Error(MISSING)
  const root = mkdtempSync(join(tmpdir(), 'zds-postgres-'))
  const directory = join(root, 'data')
  const port = await freePort()
  const settings = tls === undefined ? [] : ['ssl=on', `ssl_cert_file=${root}/cert`, `ssl_key_file=${root}/key`]
  for (const [name, text] of Object.entries(tls ?? {})) writeFileSync(join(root, name), text, { mode: 0o600 })
  // It refuses to run as root.
  const asRoot = userInfo().uid === 0
  if (asRoot) execFileSync('chown', ['-R', 'postgres', root])
  const call = (program: string, ...args: readonly string[]) => {
    const line = [join(programs, program), ...args]
    return asRoot
      ? run('setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', ...line], { cwd: root })
      : run(line[0] ?? '', line.slice(1), { cwd: root })
  }
  await call('initdb', '--pgdata', directory, '--username=zds', '--auth=trust', '--encoding=UTF8', '--no-sync')
  const options = [`-p ${port}`, '-c listen_addresses=127.0.0.1', `-k ${root}`, ...settings.map((one) => `-c ${one}`)]
  const start = async (): Promise<void> => {
    await call(
      'pg_ctl',
      'start',
      '--pgdata',
      directory,
      '--wait',
      '--silent',
      '--log',
      join(root, 'log'),
      '-o',
      options.join(' '),
    )
  }
  const stop = async (): Promise<void> => {
    await call('pg_ctl', 'stop', '--pgdata', directory, '--wait', '--silent', '--mode', 'immediate')
  }
  await start()
  return {
    port,
    directory,
    start,
    stop,
    database: () => newDatabase(`postgres://zds@127.0.0.1:${port}`),
    remove: async () => {
      await stop().catch(() => undefined)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

let databases = 0

/** The address of a new, empty database of a server. */
export async function newDatabase(server: string): Promise<string> {
  const name = `zds_${process.pid}_${(databases += 1)}_${Date.now()}`
  await sql(`${server}/postgres`, `CREATE DATABASE ${name}`)
  return `${server}/${name}`
}

/** What a statement gives, as rows. */
export async function sql(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows
  } finally {
    await client.end()
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
