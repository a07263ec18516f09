import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, ZdsError } from '../errors.ts'
import { keepPrivate, privateDirectory } from './private.ts'
import { codeOfTrouble, unavailable } from './trouble.ts'

const LOCKS = `
  CREATE TABLE locks (
    address TEXT PRIMARY KEY, instance TEXT NOT NULL, run TEXT NOT NULL, fence TEXT NOT NULL, holder TEXT NOT NULL,
    host TEXT NOT NULL, machine TEXT NOT NULL, process INTEGER NOT NULL, job TEXT, since TEXT NOT NULL, until TEXT NOT NULL
  ) STRICT;
  CREATE TABLE memory (plugin TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (plugin, name)) STRICT;
`

/** Views are for people (docs/state.md): their columns stay, whatever becomes of the tables. */
const EVENTS = `
  CREATE TABLE events (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, as_of TEXT NOT NULL,
    digest TEXT, changes INTEGER, code TEXT, message TEXT
  ) STRICT;
  CREATE VIEW zds_events AS SELECT run, kind, at, as_of, digest, changes, code, message FROM events;
  CREATE VIEW zds_runs AS
    SELECT id AS run, status, as_of, started_at, ended_at, digest, changes, forced, approved_by, approved_because FROM runs;
  CREATE VIEW zds_outcomes AS
    SELECT run, sync, key, status, target_id AS id, code, message, at FROM steps
    WHERE number IN (SELECT max(number) FROM steps GROUP BY run, sync, key);
`

/** The plan of a run in blocks; as one text where an earlier zds has kept it. */
const PLANS = `
  CREATE TABLE plans (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, number INTEGER NOT NULL, block ANY NOT NULL,
    PRIMARY KEY (run, number)
  ) STRICT;
`

/** What changes of a run waited for. */
const WAITS = `
  CREATE TABLE waits (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, sync TEXT NOT NULL,
    because TEXT NOT NULL, awaited TEXT NOT NULL, count INTEGER NOT NULL, examples TEXT NOT NULL,
    since TEXT NOT NULL, until TEXT NOT NULL
  ) STRICT;
  CREATE VIEW zds_waits AS SELECT run, sync, because, awaited, count, examples, since, until FROM waits;
`

const SCHEMA = `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, as_of TEXT NOT NULL, forced INTEGER NOT NULL,
    status TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, told_at TEXT,
    approved_by TEXT, approved_because TEXT, changes INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES runs (id), sync TEXT NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL,
    target_id TEXT, job TEXT, code TEXT, message TEXT, partly TEXT, facts TEXT, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX steps_of_run ON steps (run, sync, key);
  CREATE TABLE counts (
    sync TEXT NOT NULL, address TEXT NOT NULL, desired INTEGER NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (sync, address)
  ) STRICT;
  ${LOCKS}
  ${EVENTS}
  ${PLANS}
  ${WAITS}
`

/**
 * How a database of each version becomes one of the next; the last entry leads to the schema above.
 */
const MIGRATIONS: { readonly [from: number]: string } = {
  2: `ALTER TABLE runs ADD COLUMN changes INTEGER NOT NULL DEFAULT 0; ALTER TABLE steps ADD COLUMN partly TEXT; DROP TABLE locks; ${LOCKS}`,
  3: EVENTS,
  4: `${PLANS} INSERT INTO plans SELECT id, 0, plan FROM runs; ALTER TABLE runs DROP COLUMN plan;`,
  5: WAITS,
}
const VERSION = 6

/**
 * The database of a project's state, `.zds/state.db`: what it writes is on the disk when a call
 * returns. Processes may share it. One of an earlier version is brought to this one. Throws
 * STATE_INVALID for one of a later version and one that is no database, STATE_UNAVAILABLE for one
 * that cannot be used now.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    privateDirectory(dirname(file))
    for (const part of ['', '-wal', '-shm']) keepPrivate(`${file}${part}`, 'file')
    const database = new DatabaseSync(file, { timeout: 10_000 })
    keepPrivate(file, 'file')
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    atomically(database, () => migrate(database, file))
    opened.set(database, identityOf(file))
    return database
  } catch (cause) {
    throw troubleOf(cause, file)
  }
}

/** Which file each of them is, by what the system knows it. */
const opened = new WeakMap<DatabaseSync, string | undefined>()

function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/**
 * A file that was deleted or moved takes what is written all the same, and nobody finds it there:
 * neither who goes on with the run, nor who asks for its locks.
 */
function assertThere(database: DatabaseSync): void {
  const [file, was] = [database.location(), opened.get(database)]
  if (file === null || was === undefined || identityOf(file) === was) return
  throw new ZdsError('STATE_UNAVAILABLE', `${file} is not what it was: it was deleted, moved or replaced meanwhile`, {
    hint: 'Put it back where it was; then the same command goes on. Where it is lost, zds plan says what is left to do.',
  })
}

function migrate(database: DatabaseSync, file: string): void {
  const [used] = database.prepare('SELECT 1 FROM sqlite_schema').all()
  if (used === undefined) database.exec(SCHEMA)
  else {
    let version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    for (let step = MIGRATIONS[version]; step !== undefined; step = MIGRATIONS[version]) {
      database.exec(step)
      version += 1
    }
    if (version !== VERSION) throw otherVersion(file)
  }
  database.exec(`PRAGMA user_version = ${VERSION}`)
}

function otherVersion(file: string): ZdsError {
  return new ZdsError('STATE_INVALID', `${file} was made by another version of zds`, {
    hint: 'Use that version, or the newest: an earlier state is brought to it, a later one cannot be brought back.',
  })
}

/**
 * Why the state cannot be used. Only for a file that is no database, moving it away is a way out:
 * any other has what a run was doing.
 */
function troubleOf(cause: unknown, file: string | null): unknown {
  const trouble = unavailable(cause, String(file), ' Nothing in it is lost: leave it there.')
  if (trouble !== cause || codeOfTrouble(cause) === undefined) return trouble
  return new ZdsError('STATE_INVALID', `${file} cannot be used: ${messageOf(cause)}`, {
    cause,
    hint: 'If it is damaged, keep a copy and move it away: a new one is made, and the next plan shows what is left to do.',
  })
}

/**
 * Runs `work` so that all or nothing of what it writes is kept. Throws STATE_UNAVAILABLE where that
 * is not possible now.
 */
export function atomically<T>(database: DatabaseSync, work: () => T): T {
  try {
    assertThere(database)
    database.exec('BEGIN IMMEDIATE')
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw troubleOf(error, database.location())
  }
}

/** Methods that read and write a database; what fails in them is told as its trouble. */
export function withTrouble<Methods extends object>(database: DatabaseSync, methods: Methods): Methods {
  const all = methods as { [name: string]: Method } // whose members are functions all
  const told = Object.entries(all).map(([name, method]) => {
    const call: Method = (...given) => {
      const result = method(...given)
      if (!(result instanceof Promise)) return result
      return result.catch((cause: unknown) => {
        throw troubleOf(cause, database.location())
      })
    }
    return [name, call] as const
  })
  return Object.fromEntries(told) as Methods // the same, one by one
}

type Method = (...given: readonly unknown[]) => unknown

/** A row of one of the tables above. */
export type SqliteRow = { readonly [column: string]: unknown }

/** The text of a column that has one in every row of its kind. */
export const textIn = (row: SqliteRow, column: string): string => String(row[column])

/** The text of a column that may be empty. */
export const maybeIn = (row: SqliteRow, column: string): string | undefined =>
  row[column] === null ? undefined : textIn(row, column)
