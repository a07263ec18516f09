import type { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '../json.ts'
import type { Known, Outcome, RunStatus, Step } from '../outcome.ts'
import { changeCount, type Plan, type Remark } from '../plan/plan.ts'
import type { RunWait } from '../waits.ts'
import { planBlocks, planInBlocks } from '../plan/parts.ts'
import { atomically, maybeIn, textIn, withTrouble, type SqliteRow } from './database.ts'
import { assertHeld } from './locks.ts'
import type { Hold, Journal, RunEvent, RunRecord } from './state.ts'

/**
 * The journal in the project's state database: on the disk when a call settles. Under a hold it
 * writes with its locks only.
 */
export function sqliteJournal(database: DatabaseSync, hold?: Hold): Journal {
  const write = <T>(work: () => T): T =>
    atomically(database, () => {
      if (hold !== undefined) assertHeld(database, hold)
      return work()
    })
  const begin = database.prepare(
    `INSERT INTO runs (id, digest, as_of, forced, status, started_at, approved_by, approved_because, changes)
     VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
  )
  const keep = database.prepare('INSERT INTO plans (run, number, block) VALUES (?, ?, ?)')
  const end = database.prepare('UPDATE runs SET status = ?, ended_at = ? WHERE id = ?')
  const resume = database.prepare(`UPDATE runs SET status = 'running', ended_at = NULL WHERE id = ?`)
  const claim = database.prepare('UPDATE runs SET told_at = ? WHERE id = ? AND told_at IS NULL')
  // Rows are numbered as they come; a clock may go backwards.
  const runs = database.prepare('SELECT * FROM runs ORDER BY rowid DESC LIMIT ?')
  const run = database.prepare('SELECT * FROM runs WHERE id = ?')
  const count = database.prepare(
    'INSERT OR REPLACE INTO counts (sync, address, desired, run, at) VALUES (?, ?, ?, ?, ?)',
  )
  const lastDesired = database.prepare('SELECT desired FROM counts WHERE sync = ? AND address = ?')
  const plan = database.prepare('SELECT block FROM plans WHERE run = ? ORDER BY number')
  const steps = database.prepare('SELECT * FROM steps WHERE run = ? AND sync = ? ORDER BY number')
  const done = database.prepare(
    `SELECT count(*) AS done FROM steps WHERE run = ?1 AND status = 'done' AND number IN
     (SELECT max(number) FROM steps WHERE run = ?1 GROUP BY sync, key)`,
  )
  const insert = database.prepare(
    'INSERT INTO steps (run, sync, key, status, target_id, job, code, message, partly, facts, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const note = database.prepare(
    'INSERT INTO events (run, kind, at, as_of, digest, changes, code, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const noted = database.prepare('SELECT * FROM events WHERE at >= ? ORDER BY number DESC')
  const noteWait = database.prepare(
    'INSERT INTO waits (run, sync, because, awaited, count, examples, since, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const waits = database.prepare('SELECT * FROM waits WHERE run = ? ORDER BY number')
  return withTrouble<Journal>(database, {
    under: (held) => sqliteJournal(database, held),
    begin: async ({ id, plan: made, forced, at, approval }) => {
      const { by = null, because = null } = approval ?? {}
      const blocks = [...planBlocks(made)]
      write(() => {
        begin.run(id, made.digest, made.asOf, forced ? 1 : 0, at.toISOString(), by, because, changeCount(made))
        for (const [number, block] of blocks.entries()) keep.run(id, number, block)
      })
    },
    record: async ({ run: of, sync, steps: some, at }) => {
      write(() => {
        for (const { key, status, id, job, code, message, ...more } of some.flatMap(rowsOf)) {
          const cells = [id, job, code, message, JSON.stringify(more.partly), JSON.stringify(more.facts)]
          insert.run(of, sync, key, status, ...cells.map((cell) => cell ?? null), at.toISOString())
        }
      })
    },
    end: async (of, status, at) => void write(() => end.run(status, at.toISOString(), of)),
    resume: async (of) => void write(() => resume.run(of)),
    count: async (all, of, at) =>
      write(() => {
        for (const { sync, address, desired } of all) count.run(sync, address, desired, of, at.toISOString())
      }),
    lastDesired: async (sync, address) => lastDesired.get(sync, address)?.['desired'] as number | undefined, // as counted
    claimTelling: async (of, at) => write(() => claim.run(at.toISOString(), of)).changes === 1,
    runs: async (most = -1) => runs.all(most).map(runOf),
    run: async (id) => {
      const found = run.get(id)
      return found && runOf(found)
    },
    plan: async (of) => {
      const text = plan.get(of)?.['block']
      if (typeof text === 'string') return JSON.parse(text) as Plan // as an earlier zds has written it
      return planInBlocks(plan.iterate(of).map((row) => row['block'] as Uint8Array)) // written by `begin` above
    },
    known: async (of, sync) => {
      const known = new Map<string, Known>()
      for (const row of steps.all(of, sync)) {
        const key = textIn(row, 'key')
        // The order of the last sending counts: it is the order of the rows of its job.
        known.delete(key)
        known.set(key, knownOf(row))
      }
      return known
    },
    done: async (of) => Number(done.get(of)?.['done']),
    note: async ({ run: of, kind, at, asOf, digest, changes, code, message }) => {
      const cells = [digest, changes, code, message].map((cell) => cell ?? null)
      write(() => note.run(of, kind, at, asOf, ...cells))
    },
    noted: async (since) => noted.all(since.toISOString()).map(eventOf),
    noteWaits: async (all) =>
      write(() => {
        for (const { run: of, sync, because, awaited, count: number, examples, since, until } of all)
          noteWait.run(of, sync, because, awaited, number, JSON.stringify(examples), since, until)
      }),
    waits: async (of) => waits.all(of).map(waitOf),
  })
}

type StepRow = {
  key: string
  status: Step['status']
  id?: string
  job?: string
  code?: string
  message?: string
  partly?: readonly Remark[]
  facts?: JsonObject
}

const rowsOf = (step: Step): StepRow[] => ('keys' in step ? step.keys.map((key) => ({ ...step, key })) : [step])

function knownOf(row: SqliteRow): Known {
  const status = row['status'] as Step['status'] // written by `record` above
  const key = textIn(row, 'key')
  switch (status) {
    case 'sending':
      return { kind: 'sending' }
    case 'accepted':
      return { kind: 'accepted', job: textIn(row, 'job') }
    case 'done': {
      const [partly, facts] = [maybeIn(row, 'partly'), maybeIn(row, 'facts')]
      const outcome: Outcome = {
        key,
        status,
        id: textIn(row, 'target_id'),
        ...(partly !== undefined && { partly: JSON.parse(partly) as readonly Remark[] }), // as above
        ...(facts !== undefined && { facts: JSON.parse(facts) as JsonObject }), // as above
      }
      return { kind: 'outcome', outcome }
    }
    case 'failed':
    case 'stale':
    case 'unresolved': {
      const id = maybeIn(row, 'target_id')
      const said = { code: textIn(row, 'code'), message: textIn(row, 'message') }
      return { kind: 'outcome', outcome: { key, status, ...said, ...(id !== undefined && { id }) } }
    }
  }
}

function eventOf(row: SqliteRow): RunEvent {
  return {
    run: textIn(row, 'run'),
    kind: row['kind'] as RunEvent['kind'], // written by `note` above
    at: textIn(row, 'at'),
    asOf: textIn(row, 'as_of'),
    digest: maybeIn(row, 'digest'),
    changes: row['changes'] === null ? undefined : Number(row['changes']),
    code: maybeIn(row, 'code'),
    message: maybeIn(row, 'message'),
  }
}

function waitOf(row: SqliteRow): RunWait {
  return {
    run: textIn(row, 'run'),
    sync: textIn(row, 'sync'),
    because: row['because'] as RunWait['because'], // written by `noteWaits` above
    awaited: textIn(row, 'awaited'),
    count: Number(row['count']),
    examples: JSON.parse(textIn(row, 'examples')) as RunWait['examples'], // as above
    since: textIn(row, 'since'),
    until: textIn(row, 'until'),
  }
}

function runOf(row: SqliteRow): RunRecord {
  const by = maybeIn(row, 'approved_by')
  return {
    id: textIn(row, 'id'),
    digest: textIn(row, 'digest'),
    asOf: textIn(row, 'as_of'),
    forced: row['forced'] === 1,
    status: row['status'] as RunStatus, // written by `end` above
    startedAt: textIn(row, 'started_at'),
    endedAt: maybeIn(row, 'ended_at'),
    approval: by === undefined ? undefined : { by, because: maybeIn(row, 'approved_because') },
    changes: Number(row['changes']),
  }
}
