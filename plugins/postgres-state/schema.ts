import { ZdsError } from 'zds'
import { atomically, type Database, type RunQuery, type PostgresSession } from './database.ts'

/**
 * How the schema became what it is, step by step: a database of any version goes forward through
 * the rest of them. What was released is never edited, only added to.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE zds.version (number integer NOT NULL);
  CREATE TABLE zds.runs (
    project text NOT NULL, id text NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY,
    digest text NOT NULL, as_of text NOT NULL, forced boolean NOT NULL, plan bytea NOT NULL, changes integer NOT NULL,
    status text NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz, told_at timestamptz,
    approved_by text, approved_because text,
    PRIMARY KEY (project, id)
  );
  CREATE INDEX runs_in_order ON zds.runs (project, number);
  CREATE TABLE zds.steps (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL, run text NOT NULL, sync text NOT NULL, key text NOT NULL, status text NOT NULL,
    step text NOT NULL, at timestamptz NOT NULL,
    FOREIGN KEY (project, run) REFERENCES zds.runs (project, id) ON DELETE CASCADE
  );
  CREATE INDEX steps_of_run ON zds.steps (project, run, sync, key);
  CREATE TABLE zds.counts (
    project text NOT NULL, sync text NOT NULL, address text NOT NULL,
    desired integer NOT NULL, run text NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (project, sync, address)
  );
  CREATE TABLE zds.locks (
    project text NOT NULL, address text NOT NULL, instance text NOT NULL, run text NOT NULL, fence uuid NOT NULL,
    holder text NOT NULL, host text NOT NULL, machine text NOT NULL, process integer NOT NULL, job text,
    since timestamptz NOT NULL, until timestamptz NOT NULL,
    PRIMARY KEY (project, address)
  );
  CREATE TABLE zds.memory (
    project text NOT NULL, plugin text NOT NULL, name text NOT NULL, value text NOT NULL,
    PRIMARY KEY (project, plugin, name)
  );
  CREATE TABLE zds.artifacts (
    project text NOT NULL, run text NOT NULL, name text NOT NULL, id uuid NOT NULL, parts integer NOT NULL,
    summary text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project, run, name)
  );
  CREATE TABLE zds.parts (
    project text NOT NULL, id uuid NOT NULL, number integer NOT NULL, rows bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project, id, number)
  );
  ALTER TABLE zds.parts ALTER COLUMN rows SET STORAGE EXTERNAL;
  ALTER TABLE zds.runs ALTER COLUMN plan SET STORAGE EXTERNAL;
  `,
  // Views are for people (docs/state.md): their columns stay, whatever becomes of the tables. What
  // JSON may hold and text may not makes a cell of a step empty.
  String.raw`
  CREATE TABLE zds.events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL, run text NOT NULL, kind text NOT NULL, at timestamptz NOT NULL, as_of text NOT NULL,
    digest text, changes integer, code text, message text
  );
  CREATE INDEX events_in_order ON zds.events (project, at);
  CREATE VIEW zds.zds_events AS SELECT project, run, kind, at, as_of, digest, changes, code, message FROM zds.events;
  CREATE VIEW zds.zds_runs AS
    SELECT project, id AS run, status, as_of, started_at, ended_at, digest, changes, forced, approved_by, approved_because
    FROM zds.runs;
  CREATE VIEW zds.zds_outcomes AS
    SELECT project, run, sync, key, status, told ->> 'id' AS id, told ->> 'code' AS code, told ->> 'message' AS message, at
    FROM (
      SELECT DISTINCT ON (project, run, sync, key) project, run, sync, key, status, at,
        CASE WHEN step ~ '\\u(0000|[dD][89a-fA-F])' THEN NULL ELSE step::json END AS told
      FROM zds.steps ORDER BY project, run, sync, key, number DESC
    ) AS last;
  `,
  `
  CREATE TABLE zds.waits (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL, run text NOT NULL, sync text NOT NULL, because text NOT NULL, awaited text NOT NULL,
    count integer NOT NULL, examples text NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL,
    FOREIGN KEY (project, run) REFERENCES zds.runs (project, id) ON DELETE CASCADE
  );
  CREATE INDEX waits_of_run ON zds.waits (project, run);
  CREATE VIEW zds.zds_waits AS
    SELECT project, run, sync, because, awaited, count, examples, since, until FROM zds.waits;
  `,
]

/**
 * Brings the database to the newest version, where it is of an earlier one. Throws STATE_INVALID
 * for one of a later version, and where this user may not do that.
 */
export async function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  const version = await versionIn(database.query)
  if (version > migrations.length) throw later(version, migrations.length)
  if (version === migrations.length) return
  const session = await database.session(() => undefined)
  try {
    await atomically(session, () => forward(session, migrations))
  } catch (error) {
    if (!(error instanceof ZdsError) || error.code !== 'AUTH_FAILED') throw error
    throw new ZdsError(
      'STATE_INVALID',
      `The state database is of version ${version}, and its user may not bring it to ${migrations.length}`,
      {
        cause: error,
        hint: 'Run zds status once as the owner of its schema (docs/state.md#roles).',
      },
    )
  } finally {
    session.close()
  }
}

/** One process at a time: whoever waited finds it done. */
async function forward({ query }: PostgresSession, migrations: readonly string[]): Promise<void> {
  await query(`SELECT pg_advisory_xact_lock(hashtext('zds migrations'))`)
  const [{ made } = { made: false }] = await query(`SELECT to_regnamespace('zds') IS NOT NULL AS made`)
  if (made !== true) await query('CREATE SCHEMA zds')
  const version = await versionIn(query)
  if (version >= migrations.length) return
  for (const step of migrations.slice(version)) await query(step)
  await query('DELETE FROM zds.version')
  await query('INSERT INTO zds.version VALUES ($1)', [migrations.length])
}

/** The version of the schema; 0 where there is none. */
async function versionIn(query: RunQuery): Promise<number> {
  const [{ made } = { made: false }] = await query(`SELECT to_regclass('zds.version') IS NOT NULL AS made`)
  if (made !== true) return 0
  const [row] = await query('SELECT number FROM zds.version')
  return Number(row?.['number'] ?? 0)
}

function later(version: number, known: number): ZdsError {
  return new ZdsError('STATE_INVALID', `The state database is of version ${version}, and this zds knows ${known}`, {
    hint: 'Use the zds that made it, or a newer one: a later state cannot be brought back.',
  })
}
