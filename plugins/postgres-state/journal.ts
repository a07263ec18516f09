import {
  lockLost,
  planBuilder,
  planParts,
  type Hold,
  type Journal,
  type Known,
  type Outcome,
  type PlanPart,
  type RunEvent,
  type RunRecord,
  type RunStatus,
  type RunWait,
  type Step,
} from 'zds'
import { maybe, moment, text, type Database, type PostgresRow } from './database.ts'
import type { FencedLocks } from './locks.ts'
import { unzipRows, zipRows } from './zip.ts'

const RUNS = `
  SELECT id, digest, as_of, forced, status, started_at, ended_at, approved_by, approved_because, changes
  FROM zds.runs WHERE project = $1`
const DESIRED = 'SELECT desired FROM zds.counts WHERE project = $1 AND sync = $2 AND address = $3'
const KNOWN = 'SELECT step FROM zds.steps WHERE project = $1 AND run = $2 AND sync = $3 ORDER BY number'
const DONE = `
  SELECT count(*)::integer AS done FROM (
    SELECT DISTINCT ON (sync, key) status FROM zds.steps WHERE project = $1 AND run = $2 ORDER BY sync, key, number DESC
  ) AS last WHERE status = 'done'`

/** What is written: each reads from `held`, which has a row as long as nothing forbids to write. */
const BEGIN = `
  INSERT INTO zds.runs (project, id, digest, as_of, forced, plan, status, started_at, approved_by, approved_because, changes)
  SELECT $1, $2, $3, $4, $5::boolean, $6::bytea, 'running', $7::timestamptz, $8, $9, $10::integer FROM held`
const RECORD = `
  INSERT INTO zds.steps (project, run, sync, key, status, step, at)
  SELECT $1, $2, $3, one.key, one.status, one.step, $7::timestamptz
  FROM held, unnest($4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS one (key, status, step, place) ORDER BY place`
const END = 'UPDATE zds.runs SET status = $3, ended_at = $4 FROM held WHERE project = $1 AND id = $2'
const RESUME = `UPDATE zds.runs SET status = 'running', ended_at = NULL FROM held WHERE project = $1 AND id = $2`
const TELL = 'UPDATE zds.runs SET told_at = $3 FROM held WHERE project = $1 AND id = $2 AND told_at IS NULL'
const COUNT = `
  INSERT INTO zds.counts (project, sync, address, desired, run, at)
  SELECT $1, one.sync, one.address, one.desired, $5, $6::timestamptz
  FROM held, unnest($2::text[], $3::text[], $4::integer[]) AS one (sync, address, desired)
  ON CONFLICT (project, sync, address) DO UPDATE SET desired = excluded.desired, run = excluded.run, at = excluded.at`

const NOTE = `
  INSERT INTO zds.events (project, run, kind, at, as_of, digest, changes, code, message)
  SELECT $1, $2, $3, $4::timestamptz, $5, $6, $7::integer, $8, $9 FROM held`
const NOTE_WAITS = `
  INSERT INTO zds.waits (project, run, sync, because, awaited, count, examples, since, until)
  SELECT $1, one.run, one.sync, one.because, one.awaited, one.count, one.examples, one.since, one.until
  FROM held, json_to_recordset($2::json) AS one
    (run text, sync text, because text, awaited text, count integer, examples text, since timestamptz, until timestamptz)`
const WAITS = 'SELECT * FROM zds.waits WHERE project = $1 AND run = $2 ORDER BY number'
const NOTED = 'SELECT * FROM zds.events WHERE project = $1 AND at >= $2 ORDER BY number DESC'

/**
 * The journal of one project: durable when a call settles. Under a hold it writes over its
 * connection, with its locks only.
 */
export function postgresJournal(database: Database, project: string, locks: FencedLocks, hold?: Hold): Journal {
  const ask: JournalQuery = (sql, ...values) => database.query(sql, [project, ...values])
  const write = async (sql: string, ...values: readonly unknown[]): Promise<number> => {
    const query = hold === undefined ? database.query : locks.queryOf(hold)
    const [row] = (await query?.(...statementOf(sql, [project, ...values], hold))) ?? []
    if (hold === undefined || row?.['held'] === true) return Number(row?.['written'])
    const left = await ask('SELECT address FROM zds.locks WHERE project = $1 AND fence = $2', hold.fence)
    throw lockLost(hold, new Set(left.map((one) => text(one, 'address'))))
  }
  return {
    under: (held) => postgresJournal(database, project, locks, held),
    begin: async ({ id, plan, forced, at, approval }) => {
      const changes = plan.syncs.reduce((sum, sync) => sum + sync.changes.length, 0)
      const made = await zipRows(planParts(plan))
      await write(BEGIN, id, plan.digest, plan.asOf, forced, made, at, approval?.by, approval?.because, changes)
    },
    record: async ({ run, sync, steps, at }) => {
      const all = steps.flatMap(oneByOne)
      const [keys, statuses] = [all.map(({ key }) => storable(key)), all.map(({ status }) => status)]
      await write(
        RECORD,
        run,
        sync,
        keys,
        statuses,
        all.map((one) => JSON.stringify(one)),
        at,
      )
    },
    end: async (run, status, at) => void (await write(END, run, status, at)),
    resume: async (run) => void (await write(RESUME, run)),
    count: async (all, run, at) => {
      const [syncs, addresses] = [all.map(({ sync }) => sync), all.map(({ address }) => address)]
      await write(
        COUNT,
        syncs,
        addresses,
        all.map(({ desired }) => desired),
        run,
        at,
      )
    },
    claimTelling: async (run, at) => (await write(TELL, run, at)) === 1,
    note: async ({ run, kind, at, asOf, digest, changes, code, message }) => {
      const said = message === undefined ? undefined : storable(message)
      await write(NOTE, run, kind, at, asOf, digest, changes, code, said)
    },
    noteWaits: async (waits) => {
      const rows = waits.map(({ examples, ...rest }) => ({ ...rest, examples: JSON.stringify(examples) }))
      await write(NOTE_WAITS, JSON.stringify(rows))
    },
    ...readingOf(ask),
  }
}

type JournalQuery = (sql: string, ...values: readonly unknown[]) => Promise<readonly PostgresRow[]>

function readingOf(
  ask: JournalQuery,
): Pick<Journal, 'lastDesired' | 'runs' | 'run' | 'plan' | 'known' | 'done' | 'noted' | 'waits'> {
  return {
    lastDesired: async (sync, address) => {
      const [row] = await ask(DESIRED, sync, address)
      return row && Number(row['desired'])
    },
    runs: async (most) => (await ask(`${RUNS} ORDER BY number DESC LIMIT $2`, most)).map(runOf),
    run: async (id) => (await ask(`${RUNS} AND id = $2`, id)).map(runOf)[0],
    plan: async (run) => {
      const [row] = await ask('SELECT plan FROM zds.runs WHERE project = $1 AND id = $2', run)
      const builder = planBuilder()
      for await (const part of row === undefined ? [] : unzipRows(row['plan'])) builder.add(part as PlanPart) // written by `begin` above
      return builder.plan()
    },
    known: async (run, sync) => {
      const known = new Map<string, Known>()
      for (const row of await ask(KNOWN, run, sync)) {
        const one = JSON.parse(text(row, 'step')) as One // written by `record` above
        // The order of the last sending counts: it is the order of the rows of its job.
        known.delete(one.key)
        known.set(one.key, knownOf(one))
      }
      return known
    },
    done: async (run) => Number((await ask(DONE, run))[0]?.['done']),
    noted: async (since) => (await ask(NOTED, since)).map(eventOf),
    waits: async (run) => (await ask(WAITS, run)).map(waitOf),
  }
}

/**
 * A statement that writes and says whether it might: `held` has a row only where all locks of the
 * hold are its own, and keeps them so until it is done. The values of the statement come first.
 */
function statementOf(sql: string, values: readonly unknown[], hold?: Hold): [text: string, values: readonly unknown[]] {
  const mine = `SELECT FROM zds.locks WHERE project = $1 AND fence = $${values.length + 1} ORDER BY address FOR SHARE`
  const held =
    hold === undefined ? 'SELECT 1' : `SELECT 1 FROM (${mine}) AS mine HAVING count(*) = $${values.length + 2}`
  return [
    `WITH held AS MATERIALIZED (${held}), written AS (${sql} RETURNING 1)
     SELECT (SELECT count(*) FROM written)::integer AS written, EXISTS (SELECT FROM held) AS held`,
    hold === undefined ? values : [...values, hold.fence, hold.places.length],
  ]
}

/** A step of one change. */
type One =
  | Outcome
  | { readonly key: string; readonly status: 'sending' }
  | { readonly key: string; readonly status: 'accepted'; readonly job: string }

function oneByOne(step: Step): One[] {
  if (!('keys' in step)) return [step]
  const { keys, ...rest } = step
  return keys.map((key) => ({ ...rest, key }))
}

function knownOf(one: One): Known {
  if (one.status === 'sending') return { kind: 'sending' }
  if (one.status === 'accepted') return { kind: 'accepted', job: one.job }
  return { kind: 'outcome', outcome: one }
}

/** A column of text takes all but these; the step itself is JSON, which escapes them. */
const storable = (said: string): string => said.toWellFormed().replaceAll('\0', '\uFFFD')

function eventOf(row: PostgresRow): RunEvent {
  return {
    run: text(row, 'run'),
    kind: row['kind'] as RunEvent['kind'], // written by `note` above
    at: moment(row, 'at'),
    asOf: text(row, 'as_of'),
    digest: maybe(row, 'digest'),
    changes: row['changes'] === null ? undefined : Number(row['changes']),
    code: maybe(row, 'code'),
    message: maybe(row, 'message'),
  }
}

function waitOf(row: PostgresRow): RunWait {
  return {
    run: text(row, 'run'),
    sync: text(row, 'sync'),
    because: row['because'] as RunWait['because'], // written by `noteWaits` above
    awaited: text(row, 'awaited'),
    count: Number(row['count']),
    examples: JSON.parse(text(row, 'examples')) as RunWait['examples'], // as above
    since: moment(row, 'since'),
    until: moment(row, 'until'),
  }
}

function runOf(row: PostgresRow): RunRecord {
  const by = maybe(row, 'approved_by')
  return {
    id: text(row, 'id'),
    digest: text(row, 'digest'),
    asOf: text(row, 'as_of'),
    forced: row['forced'] === true,
    status: row['status'] as RunStatus, // written by `end` above
    startedAt: moment(row, 'started_at'),
    endedAt: row['ended_at'] === null ? undefined : moment(row, 'ended_at'),
    approval: by === undefined ? undefined : { by, because: maybe(row, 'approved_because') },
    changes: Number(row['changes']),
  }
}
