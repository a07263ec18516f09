import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { atomically, openDatabase } from '../../../src/core/state/database.ts'
import { sqliteJournal } from '../../../src/core/state/journal.ts'
import { localState } from '../../../src/core/state/local.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-state-'))
  file = join(directory, '.zds', 'state.db')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** What opening the state refuses with. */
function refusal(path: string): unknown {
  try {
    openDatabase(path).close()
  } catch (error) {
    return error
  }
  return undefined
}

const invalid = (message: string, hint: string): unknown =>
  expect.objectContaining({
    code: 'STATE_INVALID',
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining(hint) as string,
  })

/** Holds the state as somebody who writes, in a thread of its own, for `ms` from now. */
async function writing(ms: number): Promise<Worker> {
  const work = `
    const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData: { file, ms } } = require('node:worker_threads')
    const database = new DatabaseSync(file)
    database.exec('BEGIN IMMEDIATE')
    parentPort.postMessage('writing')
    setTimeout(() => { database.exec('COMMIT'); database.close() }, ms)`
  const worker = new Worker(work, { eval: true, workerData: { file, ms } })
  await new Promise((resolve) => worker.once('message', resolve))
  return worker
}

/** The tables of the version before this one. */
const VERSION_2 = `
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
  PRAGMA user_version = 2;
`

describe('the state database', () => {
  it('is made where there is none, and opened again as it was left', () => {
    const first = openDatabase(file)
    first.exec(`INSERT INTO counts VALUES ('global', '', 440, 'run-1', '2026-03-16')`)
    first.close()
    const second = openDatabase(file)
    expect(second.prepare('SELECT desired FROM counts').all()).toMatchObject([{ desired: 440 }])
    second.close()
  })

  it('OPS-08: can be read by its owner only, in a directory of the same kind', () => {
    openDatabase(file).close()
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700])
  })

  it('OPS-08: is closed to others also where it was open to them', () => {
    openDatabase(file).close()
    const other = join(directory, 'open.db')
    writeFileSync(other, readFileSync(file), { mode: 0o644 })
    openDatabase(other).close()
    expect(statSync(other).mode & 0o777).toBe(0o600)
  })

  it('SAFE-06: is on the disk when a call returns, and can be read while somebody writes', () => {
    const writer = openDatabase(file)
    expect(writer.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
    writer.exec('BEGIN IMMEDIATE')
    writer.exec(`INSERT INTO counts VALUES ('global', '', 440, 'run-1', '2026-03-16')`)
    const reader = new DatabaseSync(file, { readOnly: true })
    expect(reader.prepare('SELECT * FROM counts').all()).toEqual([])
    writer.exec('COMMIT')
    expect(reader.prepare('SELECT * FROM counts').all()).toHaveLength(1)
    reader.close()
    writer.close()
  })

  it('is waited for while another process writes', async () => {
    openDatabase(file).close()
    const worker = await writing(300)
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    expect(refusal(file)).toBeUndefined()
    await ended
  })

  it('that is damaged is told as that wherever it is read, with its name', async () => {
    openDatabase(file).close()
    const fd = openSync(file, 'r+')
    const { size } = statSync(file)
    // The first page says which tables there are.
    writeSync(fd, Buffer.alloc(size - 4096, 'A'), 0, size - 4096, 4096)
    closeSync(fd)
    const state = localState(dirname(file))
    const { journal, locks } = state
    const [now, { signal }] = [new Date(), new AbortController()]
    const waiting = { waitMs: 0, clock: systemClock(), signal }
    for (const read of [
      () => journal.runs(),
      () => journal.known('run-1', 'global'),
      () => journal.lastDesired('global', ''),
      () => journal.plan('run-1'),
      () => journal.noted(now),
      () => locks.held(now),
      () => locks.take([{ address: 'a', instance: 'global' }], 'run-1', waiting),
      () => state.memory('source').read('cursor'),
      () => state.memory('source').write('cursor', 1),
    ])
      await expect(read()).rejects.toEqual(invalid(file, 'keep a copy and move it away'))
    await state.close()
  })

  it('of another version is refused with a way to go on, and left as it is', () => {
    const other = join(directory, 'other.db')
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE runs (id TEXT); PRAGMA user_version = 99')
    database.close()
    expect(refusal(other)).toEqual(
      invalid(`${other} was made by another version`, 'a later one cannot be brought back'),
    )
    const left = new DatabaseSync(other, { readOnly: true })
    expect(left.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'runs' }])
    expect(left.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 99 })
    left.close()
  })

  it('of an earlier version is brought to this one, with all that it holds', async () => {
    mkdirSync(dirname(file))
    const old = new DatabaseSync(file)
    old.exec(VERSION_2)
    old.exec(
      `INSERT INTO runs VALUES ('run-1', 'd', '2026-03-16', 0, '{"digest":"d","syncs":[]}', 'done', '2026-03-16', NULL, NULL, 'Ada', NULL)`,
    )
    old.exec(`INSERT INTO counts VALUES ('global', '', 440, 'run-1', '2026-03-16')`)
    old.close()
    const database = openDatabase(file)
    expect(database.prepare('SELECT id, approved_by, changes FROM runs').all()).toMatchObject([
      { id: 'run-1', approved_by: 'Ada', changes: 0 },
    ])
    expect(database.prepare('SELECT desired FROM counts').all()).toMatchObject([{ desired: 440 }])
    expect(database.prepare('SELECT address, fence FROM locks').all()).toEqual([])
    expect(await sqliteJournal(database).plan('run-1')).toEqual({ digest: 'd', syncs: [] })
    expect(await sqliteJournal(database).waits('run-1')).toEqual([])
    database.close()
    expect(refusal(file)).toBeUndefined()
  })

  it('is not what no database is', () => {
    const other = join(directory, 'text.db')
    writeFileSync(other, 'this is text, and long enough to be taken for a header of a database file, which it is not')
    expect(refusal(other)).toEqual(invalid('not a database', 'move it away'))
    expect(refusal(other)).toMatchObject({ cause: { code: 'ERR_SQLITE_ERROR' } })
  })
})

/** What is thrown; undefined where nothing is. */
function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

const passing = (message: string, hint: string): unknown =>
  expect.objectContaining({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining(message) as string,
    hint: expect.stringMatching(new RegExp(`^${hint}.*leave it there`)) as string,
  })

describe('a state that cannot be used now is told as that, and never to be moved away: it has what a run was doing', () => {
  const insert = (database: DatabaseSync, size = 1): unknown =>
    atomically(database, () =>
      database.exec(`INSERT INTO counts VALUES ('${'x'.repeat(size)}', '', 440, 'run-1', '2026-03-16')`),
    )

  it('while another process writes for too long', async () => {
    const database = openDatabase(file)
    database.exec('PRAGMA busy_timeout = 10')
    const worker = await writing(300)
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    expect(thrownBy(() => insert(database))).toEqual(passing('locked', 'Another process'))
    await ended
    insert(database)
    database.close()
  })

  it('on a full disk: nothing of it is kept, and with room it goes on', () => {
    const database = openDatabase(file)
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
    database.exec(`PRAGMA max_page_count = ${pages + 2}`)
    expect(thrownBy(() => insert(database, 100_000))).toEqual(passing('full', 'Make room'))
    expect(database.prepare('SELECT * FROM counts').all()).toEqual([])
    insert(database)
    expect(database.prepare('SELECT * FROM counts').all()).toHaveLength(1)
    database.close()
  })

  it('that may be read only', () => {
    const database = openDatabase(file)
    database.exec('PRAGMA query_only = 1')
    expect(thrownBy(() => insert(database))).toEqual(passing('readonly', 'Give this user'))
    database.close()
  })

  it('whose directory cannot be made', () => {
    writeFileSync(join(directory, 'file'), '')
    expect(refusal(join(directory, 'file', '.zds', 'state.db'))).toEqual(passing('ENOTDIR', 'Give this user'))
  })
})
