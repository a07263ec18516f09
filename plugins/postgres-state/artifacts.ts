import { createHash, randomUUID } from 'node:crypto'
import { ZdsError, type Artifacts, type Summary } from 'zds'
import { text, type Database } from './database.ts'
import { partsOf, rowsIn, unzip, zip } from './zip.ts'

const PUT_PART = 'INSERT INTO zds.parts (project, id, number, rows) VALUES ($1, $2, $3, $4)'
const DROP_PARTS = 'DELETE FROM zds.parts WHERE project = $1 AND id = $2'
/** From here on it is there, in the place of an earlier one. */
const PUT = `
  WITH before AS (SELECT id FROM zds.artifacts WHERE project = $1 AND run = $2 AND name = $3),
  gone AS (DELETE FROM zds.parts USING before WHERE project = $1 AND parts.id = before.id)
  INSERT INTO zds.artifacts (project, run, name, id, parts, summary) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (project, run, name)
  DO UPDATE SET id = excluded.id, parts = excluded.parts, summary = excluded.summary, at = clock_timestamp()`
const GET = 'SELECT id, parts, summary FROM zds.artifacts WHERE project = $1 AND run = $2 AND name = $3'
const RUNS = 'SELECT DISTINCT run COLLATE "C" AS run FROM zds.artifacts WHERE project = $1 ORDER BY 1 DESC'
const GET_PART = 'SELECT rows FROM zds.parts WHERE project = $1 AND id = $2 AND number = $3'

/** The artifacts of a run: NDJSON in compressed parts, whole or not there. */
export function postgresArtifacts({ query }: Database, project: string, run: string): Artifacts {
  const found = async (name: string) => {
    const [row] = await query(GET, [project, run, name])
    if (row !== undefined) return row
    throw new ZdsError('ARTIFACT_MISSING', `There is no artifact ${name}`, { hint: 'Run its stage first.' })
  }
  return {
    write: async (name, rows, summarise = (count) => ({ rows: count, complete: true })) => {
      const id = randomUUID()
      try {
        let [count, parts] = [0, 0]
        const hash = createHash('sha256')
        for await (const part of partsOf(rows)) {
          count += part.rows
          hash.update(part.text)
          await query(PUT_PART, [project, id, parts++, await zip(part.text)])
        }
        const summary = summarise(count, hash.digest('hex'))
        await query(PUT, [project, run, name, id, parts, JSON.stringify(summary)])
        return summary
      } catch (error) {
        // What stays behind, because the database is gone too, is forgotten with the runs of its
        // time.
        await query(DROP_PARTS, [project, id]).catch(() => undefined)
        throw error
      }
    },
    read: async function* (name) {
      const artifact = await found(name)
      for (let number = 0; number < Number(artifact['parts']); number += 1) {
        const [part] = await query(GET_PART, [project, artifact['id'], number])
        if (part === undefined)
          throw new ZdsError('ARTIFACT_MISSING', `The artifact ${name} breaks off`, { hint: 'Run its stage again.' })
        yield* rowsIn(await unzip(part['rows']))
      }
    },
    summary: async (name) => JSON.parse(text(await found(name), 'summary')) as Summary, // written by `write` above
  }
}

/** The runs that have left artifacts, the newest first: names of runs begin with their moment. */
export async function runsWithArtifacts({ query }: Database, project: string): Promise<string[]> {
  return (await query(RUNS, [project])).map((row) => text(row, 'run'))
}
