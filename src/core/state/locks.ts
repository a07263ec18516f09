import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { ZdsError } from '../errors.ts'
import { atomically, maybeIn, textIn, type Row } from './database.ts'
import { exists, self } from './process.ts'
import type { Hold, Lock, Locks, Place } from './state.ts'

/** A lock that its holder does not renew for this long is nobody's. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
const ASK_AGAIN_MS = 1_000

/** Locks in the project's state database. */
export function sqliteLocks(database: DatabaseSync): Locks {
  const select = database.prepare('SELECT * FROM locks ORDER BY instance')
  const insert = database.prepare('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const renew = database.prepare('UPDATE locks SET until = ? WHERE fence = ?')
  const drop = database.prepare('DELETE FROM locks WHERE fence = ?')
  const remove = database.prepare('DELETE FROM locks WHERE address = ?')

  /** The lock in the way, or undefined when all were taken. */
  const attempt = (places: readonly Place[], run: string, fence: string, now: Date): Lock | undefined =>
    atomically(database, () => {
      const wanted = new Set(places.map(({ address }) => address))
      const other = select
        .all()
        .map((row) => lockOf(row, now))
        .find((lock) => wanted.has(lock.address) && lock.alive && !isOurs(lock, run))
      if (other !== undefined) return other
      const { holder, host, machine, process, job } = self()
      const [since, until] = [now.toISOString(), leaseFrom(now)]
      for (const { address, instance } of places)
        insert.run(address, instance, run, fence, holder, host, machine, process, job, since, until)
      return undefined
    })

  return {
    take: async (places, run, { waitMs, clock, signal }) => {
      const fence = randomUUID()
      const start = clock.now().getTime()
      const ask = (): Lock | undefined => attempt(places, run, fence, clock.now())
      for (let other = ask(); other !== undefined; other = ask()) {
        if (clock.now().getTime() - start >= waitMs) throw locked(other)
        await clock.sleep(Math.min(ASK_AGAIN_MS, waitMs), signal)
      }
      const timer = setInterval(() => tried(() => renew.run(leaseFrom(clock.now()), fence)), RENEW_MS)
      timer.unref()
      return {
        fence,
        places,
        giveBack: async () => {
          clearInterval(timer)
          tried(() => drop.run(fence))
        },
      }
    },
    held: async (now) => select.all().map((row) => lockOf(row, now)),
    release: async (address) => remove.run(address).changes > 0,
  }
}

/** Throws LOCK_LOST, naming the instance, where one of the locks of a hold is no longer its own. */
export function assertHeld(database: DatabaseSync, run: string, { fence, places }: Hold): void {
  const left = new Set(database.prepare('SELECT address FROM locks WHERE fence = ?').all(fence).map(addressIn))
  for (const { address, instance } of places) if (!left.has(address)) throw lost(instance, run)
}

const addressIn = (row: Row): string => textIn(row, 'address')

/** What a lock that cannot be renewed or given back leads to is decided where it counts: before something is sent. */
function tried(work: () => void): void {
  try {
    work()
  } catch {
    // The lease runs out, and `assertHeld` says so.
  }
}

/** A process may take again what it holds in the name of the same run. */
const isOurs = (lock: Lock, run: string): boolean =>
  lock.run === run && lock.host === self().host && lock.process === process.pid

const leaseFrom = (now: Date): string => new Date(now.getTime() + LEASE_MS).toISOString()

function locked({ instance, run, holder, host, process: id, job, since, until }: Lock): ZdsError {
  const who = `${holder} on ${host}, process ${id}${job === undefined ? '' : `, ${job}`}`
  const message = `${instance} is being written to by run ${run} (${who}) since ${since}; its lock runs out at ${until}`
  return new ZdsError('LOCKED', message, {
    hint: `Wait for it (--lock-timeout SECONDS), or, when you know that it is dead: zds unlock ${instance}`,
  })
}

function lost(instance: string, run: string): ZdsError {
  const message = `The lock of run ${run} on ${instance} was taken away (zds unlock), so it sends nothing more`
  return new ZdsError('LOCK_LOST', message, {
    hint: 'See that nobody else writes to it (zds status). Then zds apply goes on with the rest.',
  })
}

/** Whether it lives: the lease has not run out, and where its process can be seen from here, it still exists. */
function lockOf(row: Row, now: Date): Lock {
  const [until, process] = [textIn(row, 'until'), Number(row['process'])]
  const seen = row['machine'] !== self().machine || exists(process)
  return {
    address: textIn(row, 'address'),
    instance: textIn(row, 'instance'),
    run: textIn(row, 'run'),
    holder: textIn(row, 'holder'),
    host: textIn(row, 'host'),
    process,
    job: maybeIn(row, 'job'),
    since: textIn(row, 'since'),
    until,
    alive: seen && Date.parse(until) > now.getTime(),
  }
}
