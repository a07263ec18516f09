/**
 * Preloaded into `zds` (`node --import`): the process kills itself with SIGKILL right before or right after the n-th time that something
 * reaches the disk in SQLite, as `CRASH_AT=12:before` says. Without it, the number of such boundaries is written to the file CRASH_COUNT.
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

const { exec, prepare } = DatabaseSync.prototype
const owners = new WeakMap<StatementSync, { readonly database: DatabaseSync; readonly sql: string }>()

DatabaseSync.prototype.exec = function (sql) {
  return sql === 'COMMIT' ? boundary(last, () => exec.call(this, sql)) : exec.call(this, sql)
}
DatabaseSync.prototype.prepare = function (sql, ...more) {
  const statement = prepare.call(this, sql, ...more)
  owners.set(statement, { database: this, sql })
  return statement
}
StatementSync.prototype.run = new Proxy(StatementSync.prototype.run, {
  apply: (run, statement: StatementSync, bound: unknown[]): unknown => {
    const owner = owners.get(statement)
    last = `${owner?.sql.trim().split(/\s+/).slice(0, 4).join(' ') ?? ''} ${stepIn(bound)}`.trim()
    const write = (): unknown => Reflect.apply(run, statement, bound)
    return owner === undefined || owner.database.isTransaction ? write() : boundary(last, write)
  },
})

/** Of a step its sync and status, for the report; nothing of other statements. */
function stepIn(bound: readonly unknown[]): string {
  const words = bound.filter((value) => typeof value === 'string' && /^(sending|accepted|done|failed|stale|running|interrupted)$/.test(value))
  return words.join(' ')
}

process.on('exit', () => {
  if (countFile !== undefined) writeFileSync(countFile, labels.join('\n'))
})
