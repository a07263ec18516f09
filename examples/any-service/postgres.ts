import { Client } from 'pg'
import { messageOf, ZdsError, type JsonObject, type Run, type Setting, type Source } from 'zds'

/** So many rows are in memory at a time. */
const ROWS = 1000

/**
 * The rows of a query, as PostgreSQL writes them in JSON: dates and moments are text. All of one
 * moment, and as many as were counted. Throws HTTP_REFUSED with what the server says.
 */
export function postgres(options: {
  readonly name: string
  /** The address with user and password: a secret. */
  readonly url: Setting
  /** A SELECT that says its order. */
  readonly query: string
}): Source<JsonObject> {
  const { name, url, query } = options
  return {
    name,
    check: async (run) => {
      const fault = await within(url, run, async (client) => client.query(`EXPLAIN ${query}`)).then(
        () => undefined,
        messageOf,
      )
      return fault === undefined ? [] : [{ code: 'FIELD_UNKNOWN', where: name, message: fault }]
    },
    read: async function* (run) {
      const client = await connected(url, run)
      const stop = (): void => void client.end()
      run.signal.addEventListener('abort', stop)
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
        const counted = await client.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM (${query}) AS q`)
        run.expect(counted.rows[0]?.rows ?? 0)
        await client.query(`DECLARE found NO SCROLL CURSOR FOR SELECT row_to_json(q) AS row FROM (${query}) AS q`)
        for (;;) {
          const { rows } = await client.query<{ row: JsonObject }>(`FETCH ${ROWS} FROM found`)
          for (const { row } of rows) yield row
          if (rows.length < ROWS) return
        }
      } catch (error) {
        run.signal.throwIfAborted()
        throw failed(name, error)
      } finally {
        run.signal.removeEventListener('abort', stop)
        await client.end().catch(() => undefined)
      }
    },
  }
}

async function connected(url: Setting, run: Run): Promise<Client> {
  run.signal.throwIfAborted()
  const client = new Client({ connectionString: url.read(), application_name: 'zds' })
  // What breaks between two queries is told by the next one.
  client.on('error', () => undefined)
  await client.connect().catch((error: unknown) => {
    throw failed(url.name, error)
  })
  return client
}

async function within(url: Setting, run: Run, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = await connected(url, run)
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

const failed = (what: string, cause: unknown): ZdsError =>
  cause instanceof ZdsError ? cause : new ZdsError('HTTP_REFUSED', `${what}: ${messageOf(cause)}`, { cause })
