import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, ZdsError } from '../errors.ts'

/** Changes with the tables below. */
const VERSION = 2

const SCHEMA = `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, as_of TEXT NOT NULL, forced INTEGER NOT NULL, plan TEXT NOT NULL,
    status TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, told_at TEXT,
    approved_by TEXT, approved_because TEXT
  ) STRICT;
  CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES runs (id), sync TEXT NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL,
    target_id TEXT, job TEXT, code TEXT, message TEXT, facts TEXT, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX steps_of_run ON steps (run, sync, key);
  CREATE TABLE locks (
    instance TEXT PRIMARY KEY, run TEXT NOT NULL, holder TEXT NOT NULL, host TEXT NOT NULL, process INTEGER NOT NULL,
    job TEXT, since TEXT NOT NULL, until TEXT NOT NULL
  ) STRICT;
  CREATE TABLE counts (
    sync TEXT NOT NULL, address TEXT NOT NULL, desired INTEGER NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (sync, address)
  ) STRICT;
  PRAGMA user_version = ${VERSION};
`

/**
 * The database of a project's state, `.zds/state.db`: what it writes is on the disk when a call
 * returns. Processes may share it. Throws STATE_INVALID for one of another version, or one that is
 * damaged.
 */
export function openState(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    const database = new DatabaseSync(file, { timeout: 10_000 })
    chmodSync(file, 0o600)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    atomically(database, () => prepare(database, file))
    return database
  } catch (cause) {
    if (cause instanceof ZdsError) throw cause
    throw new ZdsError('STATE_INVALID', `${file} cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: 'If it is damaged, move it away: a new one is made, and the next plan shows what is left to do.',
    })
  }
}

function prepare(database: DatabaseSync, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  const [used] = database.prepare('SELECT 1 FROM sqlite_schema').all()
  if (version !== VERSION && used !== undefined) throw otherVersion(file)
  if (used === undefined) database.exec(SCHEMA)
}

function otherVersion(file: string): ZdsError {
  return new ZdsError('STATE_INVALID', `${file} was made by another version of zds`, {
    hint: 'See with that version (zds status) that no run is unfinished, then move the file away: a new one is made.',
  })
}

/** Runs `work` so that all or nothing of what it writes is kept. */
export function atomically<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** A row of one of the tables above. */
export type Row = { readonly [column: string]: unknown }

/** The text of a column that has one in every row of its kind. */
export const textIn = (row: Row, column: string): string => String(row[column])

/** The text of a column that may be empty. */
export const maybeIn = (row: Row, column: string): string | undefined =>
  row[column] === null ? undefined : textIn(row, column)
