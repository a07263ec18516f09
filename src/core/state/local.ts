import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Json } from '../json.ts'
import { artifactsIn } from './artifacts.ts'
import { openDatabase, textIn, withTrouble } from './database.ts'
import { sqliteJournal } from './journal.ts'
import { sqliteLocks } from './locks.ts'
import { keepPrivate } from './private.ts'
import { keptIn, pruneLocal } from './retention.ts'
import { namesIn } from './scratch.ts'
import type { Memory, State } from './state.ts'

/** State in a directory of this machine: `state.db`, and a directory of artifacts for each run. */
export function localState(directory: string): State {
  const database = openDatabase(join(directory, 'state.db'))
  const runs = join(directory, 'runs')
  keepPrivate(runs, 'directory')
  return {
    journal: sqliteJournal(database),
    locks: sqliteLocks(database),
    artifacts: (run) => artifactsIn(join(runs, run)),
    // Names of runs begin with their moment.
    runs: async () => (await namesIn(runs)).toSorted().toReversed(),
    memory: (plugin) => memoryOf(database, plugin),
    scratch: directory,
    prune: (before, unended) => pruneLocal(database, directory, before, unended),
    kept: () => keptIn(database, directory),
    close: async () => database.close(),
  }
}

function memoryOf(database: DatabaseSync, plugin: string): Memory {
  const read = database.prepare('SELECT value FROM memory WHERE plugin = ? AND name = ?')
  const write = database.prepare('INSERT OR REPLACE INTO memory (plugin, name, value) VALUES (?, ?, ?)')
  return withTrouble<Memory>(database, {
    read: async (name) => {
      const row = read.get(plugin, name)
      return row && (JSON.parse(textIn(row, 'value')) as Json) // written by `write` below
    },
    write: async (name, value) => void write.run(plugin, name, JSON.stringify(value)),
  })
}
