import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Json } from '../json.ts'
import { artifactsIn } from './artifacts.ts'
import { atomically, openDatabase, textIn } from './database.ts'
import { sqliteJournal } from './journal.ts'
import { sqliteLocks } from './locks.ts'
import type { Memory, Pruned, State } from './state.ts'

/** State in a directory of this machine: `state.db`, and a directory of artifacts for each run. */
export function localState(directory: string): State {
  const database = openDatabase(join(directory, 'state.db'))
  const runs = join(directory, 'runs')
  return {
    journal: sqliteJournal(database),
    locks: sqliteLocks(database),
    artifacts: (run) => artifactsIn(join(runs, run)),
    memory: (plugin) => memoryOf(database, plugin),
    scratch: directory,
    prune: (before) => prune(database, runs, before),
    close: async () => database.close(),
  }
}

function memoryOf(database: DatabaseSync, plugin: string): Memory {
  const read = database.prepare('SELECT value FROM memory WHERE plugin = ? AND name = ?')
  const write = database.prepare('INSERT OR REPLACE INTO memory (plugin, name, value) VALUES (?, ?, ?)')
  return {
    read: async (name) => {
      const row = read.get(plugin, name)
      return row && (JSON.parse(textIn(row, 'value')) as Json) // written by `write` below
    },
    write: async (name, value) => void write.run(plugin, name, JSON.stringify(value)),
  }
}

/** The newest run stays, whatever its age: it may be gone on with, and the next one is ordered after it. */
async function prune(database: DatabaseSync, runs: string, before: Date): Promise<Pruned> {
  const newest = 'SELECT id FROM runs ORDER BY rowid DESC LIMIT 1'
  const old = `started_at < ? AND id NOT IN (${newest})`
  const count = atomically(database, () => {
    database.prepare(`DELETE FROM steps WHERE run IN (SELECT id FROM runs WHERE ${old})`).run(before.toISOString())
    return Number(database.prepare(`DELETE FROM runs WHERE ${old}`).run(before.toISOString()).changes)
  })
  const kept = new Set(
    database
      .prepare('SELECT id FROM runs')
      .all()
      .map((row) => textIn(row, 'id')),
  )
  const names = await readdir(runs).catch(() => [])
  // A run's name begins with its moment.
  const limit = before.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const gone = names.filter((name) => !kept.has(name) && name.slice(0, limit.length) < limit)
  for (const name of gone) await rm(join(runs, name), { recursive: true, force: true })
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM')
  return { runs: count, artifacts: gone.length, kept: kept.size }
}
