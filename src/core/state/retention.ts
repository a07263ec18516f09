import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { atomically, maybeIn, textIn } from './database.ts'
import { clearScratch, namesIn, runsFrom } from './scratch.ts'
import type { Kept, PruneResult } from './state.ts'

/** Runs that are never forgotten: those under way, and the newest. Rows are numbered as they come. */
const KEPT = 'SELECT run FROM locks UNION SELECT id FROM runs WHERE rowid = (SELECT max(rowid) FROM runs)'

/** Forgets what began before `before` in a state that is a directory with a database. */
export async function pruneLocal(
  database: DatabaseSync,
  directory: string,
  before: Date,
  unended = before,
): Promise<PruneResult> {
  const namesOf = (sql: string): Set<string> => {
    const rows = database.prepare(sql).all()
    return new Set(rows.map((row) => textIn(row, 'run')))
  }
  const ended = namesOf('SELECT DISTINCT run FROM events')
  const old = `started_at < ? AND id NOT IN (${KEPT})`
  const runs = atomically(database, () => {
    database.prepare('DELETE FROM events WHERE at < ?').run(before.toISOString())
    database.prepare(`DELETE FROM steps WHERE run IN (SELECT id FROM runs WHERE ${old})`).run(before.toISOString())
    return Number(database.prepare(`DELETE FROM runs WHERE ${old}`).run(before.toISOString()).changes)
  })
  // What is vacuumed is in the log first: until it is written back, the file has what was forgotten.
  if (runs > 0) database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  const kept = namesOf('SELECT id AS run FROM runs')
  const files = join(directory, 'runs')
  const isOld = (name: string): boolean => name < runsFrom(ended.has(name) ? before : unended)
  const gone = (await namesIn(files)).filter((name) => !kept.has(name) && isOld(name))
  for (const name of gone) await rm(join(files, name), { recursive: true, force: true })
  for (const name of await namesIn(files)) await clearScratch(join(files, name), before)
  await clearScratch(directory, before)
  return { runs, artifacts: gone.length }
}

/** What a state that is a directory keeps. */
export async function keptIn(database: DatabaseSync, directory: string): Promise<Kept> {
  const row = database.prepare('SELECT count(*) AS runs, min(started_at) AS since FROM runs').get() ?? {}
  const sizes = (await readdir(directory, { recursive: true }).catch(() => [])).map(async (name) => {
    const found = await stat(join(directory, name)).catch(() => undefined)
    return found?.isFile() === true ? found.size : 0
  })
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  return { runs: Number(row['runs']), since: maybeIn(row, 'since'), bytes }
}
