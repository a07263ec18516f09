import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Plan } from './plan.ts'
import type { Step } from './outcome.ts'

export type RunStatus = 'running' | 'done' | 'failed' | 'interrupted'

/** The memory of applies: which plan, whether it was forced, each step of each sync with its moment. Written through to the disk. */
export interface Journal {
  begin(run: { readonly id: string; readonly plan: Plan; readonly forced: boolean; readonly at: Date }): void
  /** Everything or nothing of `steps` is recorded, and is on the disk when this returns. */
  record(run: string, sync: string, steps: readonly Step[], at: Date): void
  end(run: string, status: RunStatus, at: Date): void
  close(): void
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, as_of TEXT NOT NULL, forced INTEGER NOT NULL,
    status TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS steps (
    run TEXT NOT NULL REFERENCES runs (id), sync TEXT NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL,
    target_id TEXT, job TEXT, code TEXT, message TEXT, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS steps_of_run ON steps (run, sync, key);
`

/** A journal in one SQLite database, which may be shared by processes. */
export function sqliteJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(file, { timeout: 10_000 })
  database.exec(SCHEMA)
  const begin = database.prepare('INSERT INTO runs (id, digest, as_of, forced, status, started_at) VALUES (?, ?, ?, ?, ?, ?)')
  const end = database.prepare('UPDATE runs SET status = ?, ended_at = ? WHERE id = ?')
  const insert = database.prepare(
    'INSERT INTO steps (run, sync, key, status, target_id, job, code, message, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return {
    begin: ({ id, plan, forced, at }) => {
      begin.run(id, plan.digest, plan.asOf, forced ? 1 : 0, 'running', at.toISOString())
    },
    record: (run, sync, steps, at) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        for (const row of steps.flatMap(rowsOf)) {
          insert.run(
            run,
            sync,
            row.key,
            row.status,
            row.id ?? null,
            row.job ?? null,
            row.code ?? null,
            row.message ?? null,
            at.toISOString(),
          )
        }
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    end: (run, status, at) => {
      end.run(status, at.toISOString(), run)
    },
    close: () => database.close(),
  }
}

type Row = { key: string; status: Step['status']; id?: string; job?: string; code?: string; message?: string }

function rowsOf(step: Step): Row[] {
  switch (step.status) {
    case 'sending':
      return step.keys.map((key) => ({ key, status: step.status }))
    case 'accepted':
      return step.keys.map((key) => ({ key, status: step.status, job: step.job }))
    case 'done':
    case 'failed':
    case 'stale':
    case 'unresolved':
      return [step]
  }
}
