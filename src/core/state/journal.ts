import type { JsonObject } from '../json.ts'
import type { Known, Step } from '../outcome.ts'
import type { Plan } from '../plan/plan.ts'
import { atomically, maybeIn, openState, textIn, type Row } from './database.ts'

/**
 * `running`: going on, or killed. `interrupted` and `failed`: stopped before every change was
 * attempted. `abandoned`: nobody goes on with it.
 */
export type RunStatus = 'running' | 'done' | 'failed' | 'interrupted' | 'abandoned'

/** Who let a plan pass its limits, and why. */
export type Approval = { readonly by: string; readonly because?: string | undefined }

type Begun = {
  readonly id: string
  readonly plan: Plan
  readonly forced: boolean
  readonly at: Date
  readonly approval?: Approval | undefined
}

/** A run as the journal knows it. */
export type RunRecord = {
  readonly id: string
  readonly digest: string
  readonly forced: boolean
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt: string | undefined
  readonly approval: Approval | undefined
}

/**
 * How many records a sync desired at the address that it writes to: another address is another
 * world.
 */
export type Desires = { readonly sync: string; readonly address: string; readonly desired: number }

/**
 * The memory of applies: which plan, whether it was forced, each step of each change with its
 * moment. Written through to the disk.
 */
export interface Journal {
  begin(run: Begun): void
  /** Everything or nothing of `steps` is recorded, and is on the disk when this returns. */
  record(run: string, sync: string, steps: readonly Step[], at: Date): void
  end(run: string, status: RunStatus, at: Date): void
  /** Goes on with a run that had stopped. */
  resume(run: string): void
  /** Remembers how many records each sync of a plan desired, once it was carried out. */
  count(desired: readonly Desires[], run: string, at: Date): void
  /** How many records a sync desired when a plan was last carried out. */
  lastDesired(sync: string, address: string): number | undefined
  /** True exactly once for a run: who gets it may tell the world of it (at most once, SYN-04). */
  claimTelling(run: string, at: Date): boolean
  /** Runs, the newest first. */
  runs(): RunRecord[]
  plan(run: string): Plan | undefined
  /** How far each change of a sync has come, by key, in the order in which they were sent. */
  known(run: string, sync: string): Map<string, Known>
  close(): void
}

/** A journal in one SQLite database, which may be shared by processes. */
export function sqliteJournal(file: string): Journal {
  const database = openState(file)
  const begin = database.prepare(
    `INSERT INTO runs (id, digest, as_of, forced, plan, status, started_at, approved_by, approved_because) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?)`,
  )
  const end = database.prepare('UPDATE runs SET status = ?, ended_at = ? WHERE id = ?')
  const resume = database.prepare(`UPDATE runs SET status = 'running', ended_at = NULL WHERE id = ?`)
  const claim = database.prepare('UPDATE runs SET told_at = ? WHERE id = ? AND told_at IS NULL')
  const runs = database.prepare('SELECT * FROM runs ORDER BY started_at DESC, id DESC')
  const count = database.prepare(
    'INSERT OR REPLACE INTO counts (sync, address, desired, run, at) VALUES (?, ?, ?, ?, ?)',
  )
  const lastDesired = database.prepare('SELECT desired FROM counts WHERE sync = ? AND address = ?')
  const plan = database.prepare('SELECT plan FROM runs WHERE id = ?')
  const steps = database.prepare('SELECT * FROM steps WHERE run = ? AND sync = ? ORDER BY number')
  const insert = database.prepare(
    'INSERT INTO steps (run, sync, key, status, target_id, job, code, message, facts, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return {
    begin: ({ id, plan: made, forced, at, approval }) => {
      const { by = null, because = null } = approval ?? {}
      begin.run(id, made.digest, made.asOf, forced ? 1 : 0, JSON.stringify(made), at.toISOString(), by, because)
    },
    record: (run, sync, some, at) => {
      atomically(database, () => {
        for (const { key, status, id, job, code, message, facts } of some.flatMap(rowsOf)) {
          const told = facts === undefined ? null : JSON.stringify(facts)
          insert.run(
            run,
            sync,
            key,
            status,
            id ?? null,
            job ?? null,
            code ?? null,
            message ?? null,
            told,
            at.toISOString(),
          )
        }
      })
    },
    end: (run, status, at) => {
      end.run(status, at.toISOString(), run)
    },
    resume: (run) => {
      resume.run(run)
    },
    count: (all, run, at) => {
      atomically(database, () => {
        for (const { sync, address, desired } of all) count.run(sync, address, desired, run, at.toISOString())
      })
    },
    lastDesired: (sync, address) => {
      const desired = lastDesired.get(sync, address)?.['desired']
      return typeof desired === 'number' ? desired : undefined
    },
    claimTelling: (run, at) => claim.run(at.toISOString(), run).changes === 1,
    runs: () => runs.all().map(runOf),
    plan: (run) => {
      const text = plan.get(run)?.['plan']
      return typeof text === 'string' ? (JSON.parse(text) as Plan) : undefined // written by `begin` above
    },
    known: (run, sync) => {
      const known = new Map<string, Known>()
      for (const row of steps.all(run, sync)) {
        const key = textIn(row, 'key')
        // The order of the last sending counts: it is the order of the rows of its job.
        known.delete(key)
        known.set(key, knownOf(row))
      }
      return known
    },
    close: () => database.close(),
  }
}

type StepRow = {
  key: string
  status: Step['status']
  id?: string
  job?: string
  code?: string
  message?: string
  facts?: JsonObject
}

function rowsOf(step: Step): StepRow[] {
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

function knownOf(row: Row): Known {
  const status = row['status'] as Step['status'] // written by `record` above
  const key = textIn(row, 'key')
  switch (status) {
    case 'sending':
      return { kind: 'sending' }
    case 'accepted':
      return { kind: 'accepted', job: textIn(row, 'job') }
    case 'done': {
      const facts = maybeIn(row, 'facts')
      const outcome = { key, status, id: textIn(row, 'target_id') }
      return {
        kind: 'outcome',
        outcome: facts === undefined ? outcome : { ...outcome, facts: JSON.parse(facts) as JsonObject },
      } // as above
    }
    case 'failed':
    case 'stale':
    case 'unresolved':
      return { kind: 'outcome', outcome: { key, status, code: textIn(row, 'code'), message: textIn(row, 'message') } }
  }
}

function runOf(row: Row): RunRecord {
  const by = maybeIn(row, 'approved_by')
  return {
    id: textIn(row, 'id'),
    digest: textIn(row, 'digest'),
    forced: row['forced'] === 1,
    status: row['status'] as RunStatus, // written by `end` above
    startedAt: textIn(row, 'started_at'),
    endedAt: maybeIn(row, 'ended_at'),
    approval: by === undefined ? undefined : { by, because: maybeIn(row, 'approved_because') },
  }
}
