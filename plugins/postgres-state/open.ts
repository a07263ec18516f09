import { join } from 'node:path'
import { clearScratch, privateDirectory, type Json, type Memory, type State } from 'zds'
import { connectionOf } from './address.ts'
import { postgresArtifacts, runsWithArtifacts } from './artifacts.ts'
import { databaseAt, text, type Database } from './database.ts'
import type { PostgresOptions } from './options.ts'
import { postgresJournal } from './journal.ts'
import { postgresLocks } from './locks.ts'
import { kept, pruneRuns } from './retention.ts'
import { migrate } from './schema.ts'

/** Connects, brings the schema to this version, and makes the directory for sorting. */
export async function open({ url, project: name }: PostgresOptions, directory: string): Promise<State> {
  const database = databaseAt(connectionOf(url))
  const project = name.read()
  const scratch = join(directory, 'scratch')
  for (const path of [directory, scratch]) privateDirectory(path)
  await migrate(database).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  const locks = postgresLocks(database, project)
  return {
    journal: postgresJournal(database, project, locks),
    locks,
    artifacts: (run) => postgresArtifacts(database, project, run),
    runs: () => runsWithArtifacts(database, project),
    memory: (plugin) => memoryOf(database, project, plugin),
    scratch,
    prune: async (before, unended) => {
      await clearScratch(scratch, before)
      return pruneRuns(database, project, before, unended)
    },
    kept: () => kept(database, project),
    close: () => database.close(),
  }
}

function memoryOf({ query }: Database, project: string, plugin: string): Memory {
  return {
    read: async (name) => {
      const [row] = await query('SELECT value FROM zds.memory WHERE project = $1 AND plugin = $2 AND name = $3', [
        project,
        plugin,
        name,
      ])
      return row && (JSON.parse(text(row, 'value')) as Json) // written by `write` below
    },
    write: async (name, value) =>
      void (await query(
        `INSERT INTO zds.memory (project, plugin, name, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project, plugin, name) DO UPDATE SET value = excluded.value`,
        [project, plugin, name, JSON.stringify(value)],
      )),
  }
}
