import { Client, DatabaseError, Pool, type PoolConfig } from 'pg'
import { messageOf, ZdsError } from 'zds'

/** A row of a result. */
export type PostgresRow = { readonly [column: string]: unknown }
/** The text of a column that has one in every row. */
export const text = (row: PostgresRow, column: string): string => String(row[column])

/** The text of a column that may be empty. */
export const maybe = (row: PostgresRow, column: string): string | undefined =>
  row[column] === null ? undefined : text(row, column)

/** The moment of a column that has one in every row, as ISO text. */
export function moment(row: PostgresRow, column: string): string {
  const value = row[column]
  return value instanceof Date ? value.toISOString() : text(row, column)
}

/** One statement with its values, `$1` and on. Throws what `troubleOf` makes of the failure. */
export type RunQuery = (text: string, values?: readonly unknown[]) => Promise<readonly PostgresRow[]>

/** A connection for one holder. */
export type PostgresSession = { readonly query: RunQuery; close(): void }

export interface Database {
  /** Whatever connection is free, or a new one. */
  readonly query: RunQuery
  /** `broken` is called when the connection ends before it is closed. */
  session(broken: (cause: unknown) => void): Promise<PostgresSession>
  close(): Promise<void>
}

/** Connections of one process at a time, beside those of the locks that it holds: each has its own. */
const CONNECTIONS = 5
/**
 * An answer that takes longer will not come: shorter than a lease, so that nobody waits for a lost
 * one.
 */
const ANSWER_MS = 20_000

export function databaseAt(config: PoolConfig): Database {
  const patient = { ...config, keepAlive: true, connectionTimeoutMillis: 10_000, query_timeout: ANSWER_MS }
  const pool = new Pool({ ...patient, max: CONNECTIONS, allowExitOnIdle: true })
  // A connection that breaks while nobody uses it is replaced by a new one.
  pool.on('error', () => undefined)
  const where = `${config.host}:${config.port}`
  const told = (error: unknown): never => {
    throw troubleOf(error, where)
  }
  return {
    query: (text, values = []) => pool.query<PostgresRow>(text, [...values]).then(({ rows }) => rows, told),
    session: async (broken) => {
      const client = new Client(patient)
      const session = sessionOf(client, where, broken)
      await client.connect().catch(told)
      return session
    },
    close: () => pool.end(),
  }
}

/** A connection whose statements wait for one another; what breaks it breaks it for good. */
function sessionOf(client: Client, where: string, broken: (cause: unknown) => void): PostgresSession {
  let end: ZdsError | undefined
  let last: Promise<unknown> = Promise.resolve()
  const fail = (error: unknown): void => {
    end ??= troubleOf(error, where)
    broken(end)
  }
  client.on('error', fail)
  const send = async (text: string, values: readonly unknown[]): Promise<readonly PostgresRow[]> => {
    if (end !== undefined) throw end
    try {
      return (await client.query<PostgresRow>(text, [...values])).rows
    } catch (error) {
      const trouble = troubleOf(error, where)
      if (trouble.code === 'STATE_UNAVAILABLE') fail(error)
      throw trouble
    }
  }
  return {
    query: (text, values = []) => {
      const next = last.then(() => send(text, values))
      last = next.catch(() => undefined)
      return next
    },
    close: () => {
      // What becomes of it from here on is nobody's.
      client.off('error', fail).on('error', () => undefined)
      void client.end().catch(() => undefined)
    },
  }
}

/**
 * All or nothing of what `work` writes. Should this process be stopped meanwhile, nobody waits for
 * it for long.
 */
export async function atomically<T>({ query }: Pick<PostgresSession, 'query'>, work: () => Promise<T>): Promise<T> {
  await query('BEGIN')
  try {
    await query(`SET LOCAL idle_in_transaction_session_timeout = '10s'`)
    const result = await work()
    await query('COMMIT')
    return result
  } catch (error) {
    await query('ROLLBACK').catch(() => undefined) // a connection that is gone has rolled back
    throw error
  }
}

const LATER = 'When it can be reached again, the same command goes on where this one stopped.'
const ROLES = 'Check the address, and the rights of its user (docs/state.md#roles).'

/**
 * Why a statement failed, in words that say what to do: no database, no right, or what it says
 * itself.
 */
function troubleOf(error: unknown, where: string): ZdsError {
  if (error instanceof ZdsError) return error
  const message = `The state database at ${where}`
  if (!(error instanceof DatabaseError))
    return new ZdsError('STATE_UNAVAILABLE', `${message} cannot be reached: ${messageOf(error)}`, {
      cause: error,
      hint: /certificate|SSL|TLS|altname/i.test(messageOf(error)) ? TLS : LATER,
    })
  const said = `${message} says: ${error.message}`
  // Classes of SQLSTATE: no access, no such database, no right.
  if (/^(28|3D|42501)/.test(error.code ?? '')) return new ZdsError('AUTH_FAILED', said, { cause: error, hint: ROLES })
  // A connection that is over, too little of something, shut down, a transaction that waited too
  // long.
  if (/^(08|53|57|58|25P0)/.test(error.code ?? ''))
    return new ZdsError('STATE_UNAVAILABLE', said, { cause: error, hint: LATER })
  return new ZdsError('STATE_INVALID', said, { cause: error, hint: 'See what else uses its schema zds.' })
}

const TLS =
  'Its certificate has to be one of an authority that this machine knows: sslrootcert in the address, or NODE_EXTRA_CA_CERTS.'
