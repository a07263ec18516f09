import { runsFrom, type Kept, type PruneResult } from 'zds'
import { moment, type Database } from './database.ts'

/** The newest run stays, whatever its age, and what is under way; steps go with their runs. */
const RUNS = `
  DELETE FROM zds.runs WHERE project = $1 AND started_at < $2
  AND number <> (SELECT max(number) FROM zds.runs WHERE project = $1)
  AND id NOT IN (SELECT run FROM zds.locks WHERE project = $1) RETURNING 1`
const ARTIFACTS = `
  WITH gone AS (
    DELETE FROM zds.artifacts WHERE project = $1
    AND run COLLATE "C" < CASE WHEN run IN (SELECT run FROM zds.events WHERE project = $1) THEN $2 ELSE $3 END
    AND run NOT IN (SELECT id FROM zds.runs WHERE project = $1) RETURNING run, id
  ), parts AS (DELETE FROM zds.parts USING gone WHERE project = $1 AND parts.id = gone.id)
  SELECT DISTINCT run FROM gone`
/** Parts of artifacts that were never whole, since their process was killed. */
const REST = `
  DELETE FROM zds.parts WHERE project = $1 AND at < $2
  AND NOT EXISTS (SELECT FROM zds.artifacts WHERE artifacts.project = $1 AND artifacts.id = parts.id)`
const EVENTS = 'DELETE FROM zds.events WHERE project = $1 AND at < $2'
const KEPT = `
  SELECT (SELECT count(*) FROM zds.runs WHERE project = $1)::integer AS runs,
  (SELECT min(started_at) FROM zds.runs WHERE project = $1) AS since,
  (SELECT coalesce(sum(octet_length(plan)), 0) FROM zds.runs WHERE project = $1)::float8
  + (SELECT coalesce(sum(octet_length(step)), 0) FROM zds.steps WHERE project = $1)::float8
  + (SELECT coalesce(sum(octet_length(rows)), 0) FROM zds.parts WHERE project = $1)::float8 AS bytes`

/**
 * Forgets the runs of a project that began before `before`, their artifacts, and what killed runs
 * left of others; of those that have noted no end what is older than `unended`.
 */
export async function pruneRuns(
  { query }: Database,
  project: string,
  before: Date,
  unended = before,
): Promise<PruneResult> {
  const runs = await query(RUNS, [project, before])
  const artifacts = await query(ARTIFACTS, [project, runsFrom(before), runsFrom(unended)])
  await query(REST, [project, unended])
  await query(EVENTS, [project, before])
  return { runs: runs.length, artifacts: artifacts.length }
}

export async function kept({ query }: Database, project: string): Promise<Kept> {
  const [row = {}] = await query(KEPT, [project])
  const since = row['since'] === null ? undefined : moment(row, 'since')
  return { runs: Number(row['runs']), since, bytes: Number(row['bytes']) }
}
