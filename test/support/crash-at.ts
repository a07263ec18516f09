/**
 * Preloaded into `zds` (`node --import`): the process kills itself with SIGKILL right before or
 * right after the n-th time that something reaches the disk in SQLite, or with ZDS_STATE_URL the
 * database, as `CRASH_AT=12:before` says. Without it, the number of such boundaries is written to
 * the file CRASH_COUNT.
 */
import { writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'

const [number = '', side = ''] = (process.env['CRASH_AT'] ?? '').split(':')
const countFile = process.env['CRASH_COUNT']
const labels: string[] = []
let last = 'the tables'

/** One boundary: a transaction, or a statement that is one of its own. */
function boundary<T>(label: string, write: () => T): T {
  labels.push(label)
  const due = labels.length === Number(number)
  if (due && side === 'before') die(label)
  const result = write()
  if (due) die(label)
  return result
}

function die(label: string): never {
  writeSync(2, `crash ${side} ${label}\n`)
  process.kill(process.pid, 'SIGKILL')
  // The signal comes at once; nothing may happen should it not.
  for (;;);
}

const owners = new WeakMap<StatementSync, { readonly database: DatabaseSync; readonly sql: string }>()

/** A boundary on the other side of a connection: `after` is once the answer has come. */
async function remoteBoundary<T>(label: string, write: () => Promise<T>): Promise<T> {
  labels.push(label)
  const due = labels.length === Number(number)
  if (due && side === 'before') die(label)
  const result = await write()
  if (due) die(label)
  return result
}

/** Puts `around` in the place of a method. */
function wrap<T>(
  prototype: T,
  method: keyof T,
  around: (self: T, given: readonly unknown[], call: () => unknown) => unknown,
): void {
  const own: unknown = prototype[method]
  if (typeof own !== 'function') throw new Error(`${String(method)} is no method`)
  const apply = (_: unknown, self: T, given: unknown[]): unknown =>
    around(self, given, () => Reflect.apply(own, self, given))
  Object.defineProperty(prototype, method, { value: new Proxy(own, { apply }) })
}

wrap(DatabaseSync.prototype, 'exec', (_, [sql], call) => (sql === 'COMMIT' ? boundary(last, call) : call()))
wrap(DatabaseSync.prototype, 'prepare', (database, [sql], call) => {
  const statement = call()
  if (statement instanceof StatementSync) owners.set(statement, { database, sql: String(sql) })
  return statement
})
wrap(StatementSync.prototype, 'run', (statement, bound, call) => {
  const owner = owners.get(statement)
  last = `${owner?.sql.trim().split(/\s+/).slice(0, 4).join(' ') ?? ''} ${stepIn(bound)}`.trim()
  return owner === undefined || owner.database.isTransaction ? call() : boundary(last, call)
})

if (process.env['ZDS_STATE_URL'] !== undefined) {
  const { Client } = await import('pg')
  // Renewals come by the clock, not by what the run does.
  const writes = /\b(INSERT INTO|DELETE FROM|UPDATE) (?!zds\.locks SET until)zds\.\w+( SET \w+)?/
  wrap(Client.prototype, 'query', (_, [sql, values], call) => {
    const [label] = writes.exec(typeof sql === 'string' ? sql : '') ?? []
    const bound = Array.isArray(values) ? values.flat() : []
    return label === undefined ? call() : remoteBoundary(`${label} ${stepIn(bound)}`.trim(), async () => call())
  })
}

/** Of a step its sync and status, for the report; nothing of other statements. */
function stepIn(bound: readonly unknown[]): string {
  const words = bound.filter(
    (value) => typeof value === 'string' && /^(sending|accepted|done|failed|stale|running|interrupted)$/.test(value),
  )
  return words.join(' ')
}

process.on('exit', () => {
  if (countFile !== undefined) writeFileSync(countFile, labels.join('\n'))
})
