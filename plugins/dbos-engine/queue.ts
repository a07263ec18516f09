import { createHash } from 'node:crypto'
import { Pool } from 'pg'
import { messageOf, WORKER, ZdsError, type Lock, type Place, type Post, type Task } from 'zds'
import type { DbosOptions } from './options.ts'

/** The one kind of workflow: a stage of a run. */
export const WORKFLOW = 'stage'

/** Where DBOS keeps what is asked for, beside the schema of the state. */
export const SCHEMA = 'zds_dbos'

/** DBOS reads an address, and then takes the pool that it is given. */
export const UNUSED = 'postgres://zds@localhost/zds'

/** What one project asks for: a worker takes only what was asked with its own configuration. */
export const queueOf = ({ project }: DbosOptions): string => `zds ${project.read()}`

/** A stage of a run is one task, whoever asks for it. */
export const idOf = ({ run, stage }: Task): string => `${run} ${stage}`

export function poolAt(connection: ReturnType<DbosOptions['connection']>): Pool {
  const pool = new Pool({ ...connection, max: 5, keepAlive: true, allowExitOnIdle: true })
  // A connection that breaks while nobody uses it is replaced by a new one.
  pool.on('error', () => undefined)
  return pool
}

/** The place that a worker locks: it lives as long as it has it. */
export const placeOf = (worker: string, { fingerprint }: Pick<Post, 'fingerprint'>): Place => ({
  address: `${WORKER}${versionOf(fingerprint)} ${worker}`,
  instance: `worker ${worker}`,
})

/** The workers that live and have the same configuration. */
export async function workersIn({ state, clock, fingerprint }: Post): Promise<Set<string>> {
  const locks = await state.locks.held(clock.now())
  const ours = (lock: Lock): boolean => lock.alive && lock.address.startsWith(`${WORKER}${versionOf(fingerprint)} `)
  return new Set(locks.filter(ours).map(({ run }) => run))
}

/** What DBOS calls a configuration, which may name addresses. */
export const versionOf = (fingerprint: string): string =>
  createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)

/** DBOS tells nobody: its messages may quote what went wrong with a record. */
const nothing = (): void => undefined
export const QUIET = { info: nothing, debug: nothing, warn: nothing, error: nothing }

/** For a failure of the connection, which a state over the same database would have met too. */
export function unreachable(cause: unknown): never {
  throw new ZdsError('STATE_UNAVAILABLE', `The database of the workers cannot be reached: ${messageOf(cause)}`, {
    cause,
    hint: 'It is that of the state: ZDS_STATE_URL (docs/state.md).',
  })
}
