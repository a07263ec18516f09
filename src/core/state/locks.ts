import type { DatabaseSync } from 'node:sqlite'
import { atomically, maybeIn, textIn, withTrouble, type SqliteRow } from './database.ts'
import { LEASE_MS, lockLost, locksOver, type Leases } from './leases.ts'
import { mayLive, thisProcess } from './process.ts'
import type { Claim, Lock, Locks } from './state.ts'

/** Locks in the project's state database, by the clock of this machine. */
export function sqliteLocks(database: DatabaseSync): Locks {
  const select = database.prepare('SELECT * FROM locks ORDER BY instance')
  const insert = database.prepare('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const renew = database.prepare('UPDATE locks SET until = ? WHERE fence = ?')
  const drop = database.prepare('DELETE FROM locks WHERE fence = ?')
  const remove = database.prepare('DELETE FROM locks WHERE address = ? AND fence = ?')

  const leases: Leases = {
    take: async ({ places, run, fence }, _broken, now) =>
      atomically(database, () => {
        const wanted = new Set(places.map(({ address }) => address))
        const other = select
          .all()
          .filter((row) => !isOurs(row, run))
          .map((row) => lockOf(row, now))
          .find((lock) => wanted.has(lock.address) && lock.alive)
        if (other !== undefined) return other
        const { holder, host, machine, process, job } = thisProcess()
        const [since, until] = [now.toISOString(), leaseFrom(now)]
        for (const { address, instance } of places)
          insert.run(address, instance, run, fence, holder, host, machine, process, job, since, until)
        return undefined
      }),
    renew: async ({ places, fence }, now) => renew.run(leaseFrom(now), fence).changes === places.length,
    drop: async ({ fence }) => void drop.run(fence),
    held: async (now) => select.all().map((row) => lockOf(row, now)),
    release: async ({ address, fence }) => remove.run(address, fence).changes > 0,
  }
  return locksOver(withTrouble(database, leases))
}

/** Throws LOCK_LOST, naming the instance, where one of the locks is no longer its own. */
export function assertHeld(database: DatabaseSync, claim: Claim): void {
  const rows = database.prepare('SELECT address FROM locks WHERE fence = ?').all(claim.fence)
  const left = new Set(rows.map((row) => textIn(row, 'address')))
  if (left.size < claim.places.length) throw lockLost(claim, left)
}

/** A process may take again what it holds in the name of the same run. */
const isOurs = (row: SqliteRow, run: string): boolean =>
  row['run'] === run && row['machine'] === thisProcess().machine && row['process'] === process.pid

const leaseFrom = (now: Date): string => new Date(now.getTime() + LEASE_MS).toISOString()

/**
 * Whether it lives: the lease has not run out, and where its process can be seen from here, it
 * still exists.
 */
function lockOf(row: SqliteRow, now: Date): Lock {
  const [until, process] = [textIn(row, 'until'), Number(row['process'])]
  const seen = mayLive({ machine: textIn(row, 'machine'), process })
  return {
    address: textIn(row, 'address'),
    instance: textIn(row, 'instance'),
    run: textIn(row, 'run'),
    fence: textIn(row, 'fence'),
    holder: textIn(row, 'holder'),
    host: textIn(row, 'host'),
    process,
    job: maybeIn(row, 'job'),
    since: textIn(row, 'since'),
    until,
    alive: seen && Date.parse(until) > now.getTime(),
  }
}
