import { hostname, userInfo } from 'node:os'
import type { Clock } from '../clock.ts'
import { ZdsError } from '../errors.ts'
import { atomically, maybeIn, openState, textIn, type Row } from './database.ts'

/** Who writes to an instance just now. */
export type Lock = {
  readonly instance: string
  readonly run: string
  readonly holder: string
  readonly host: string
  readonly process: number
  /** The CI job, where there is one. */
  readonly job: string | undefined
  readonly since: string
  readonly until: string
}

/** The locks of one run. */
export type Hold = {
  /** Throws LOCK_LOST when somebody has taken one of them away. */
  check(): void
  giveBack(): void
}

/** One apply at a time for each instance: two that write to it would undo each other's work. */
export interface Locks {
  /**
   * Takes the locks of all instances or none, waiting up to `waitMs` for others. They are renewed
   * until they are given back. Throws LOCKED, naming the holder, when one stays taken.
   */
  take(
    instances: readonly string[],
    run: string,
    options: { waitMs: number; clock: Clock; signal: AbortSignal },
  ): Promise<Hold>
  held(): Lock[]
  /** Takes a lock away from whoever has it; true when somebody had it. */
  release(instance: string): boolean
  close(): void
}

/** A lock that its holder does not renew for this long is nobody's. */
const LEASE_MS = 120_000
const RENEW_MS = 30_000
const ASK_AGAIN_MS = 1_000

/** Locks in the project's state database. */
export function sqliteLocks(file: string): Locks {
  const database = openState(file)
  const select = database.prepare('SELECT * FROM locks ORDER BY instance')
  const insert = database.prepare(
    'INSERT OR REPLACE INTO locks (instance, run, holder, host, process, job, since, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  // By process too: whoever goes on with a run has the run's name, and so has the one that it takes
  // for dead.
  const renew = database.prepare('UPDATE locks SET until = ? WHERE run = ? AND host = ? AND process = ?')
  const ours = database.prepare('SELECT instance FROM locks WHERE run = ? AND host = ? AND process = ?')
  const drop = database.prepare('DELETE FROM locks WHERE run = ? AND host = ? AND process = ?')
  const remove = database.prepare('DELETE FROM locks WHERE instance = ?')
  const held = (): Lock[] => select.all().map(lockOf)

  /** The lock in the way, or undefined when all were taken. */
  const attempt = (instances: readonly string[], run: string, now: Date): Lock | undefined =>
    atomically(database, () => {
      const other = held().find((lock) => instances.includes(lock.instance) && !isOurs(lock, run) && isAlive(lock, now))
      if (other !== undefined) return other
      const { holder, host, process, job } = self()
      for (const instance of instances)
        insert.run(instance, run, holder, host, process, job, now.toISOString(), leaseFrom(now))
      return undefined
    })

  return {
    take: async (instances, run, { waitMs, clock, signal }) => {
      const start = clock.now().getTime()
      for (
        let other = attempt(instances, run, clock.now());
        other !== undefined;
        other = attempt(instances, run, clock.now())
      ) {
        if (clock.now().getTime() - start >= waitMs) throw locked(other)
        await clock.sleep(Math.min(ASK_AGAIN_MS, waitMs), signal)
      }
      const timer = setInterval(() => renew.run(leaseFrom(clock.now()), run, hostname(), process.pid), RENEW_MS)
      timer.unref()
      return {
        check: () => {
          const left = new Set(ours.all(run, hostname(), process.pid).map(({ instance }) => instance))
          for (const instance of instances) if (!left.has(instance)) throw lost(instance, run)
        },
        giveBack: () => {
          clearInterval(timer)
          drop.run(run, hostname(), process.pid)
        },
      }
    },
    held,
    release: (instance) => remove.run(instance).changes > 0,
    close: () => database.close(),
  }
}

const leaseFrom = (now: Date): string => new Date(now.getTime() + LEASE_MS).toISOString()

const isOurs = (lock: Lock, run: string): boolean =>
  lock.run === run && lock.host === hostname() && lock.process === process.pid

/**
 * Whether somebody still holds it: the lease has not run out, and on this machine its process still
 * exists.
 */
export function isAlive(lock: Lock, now: Date): boolean {
  if (Date.parse(lock.until) <= now.getTime()) return false
  return lock.host !== hostname() || exists(lock.process)
}

function exists(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // the answer of the system
    return code === 'EPERM' // it exists, and is somebody else's
  }
}

/** Where CI systems say which job this is. */
const JOBS = ['CI_JOB_URL', 'GITHUB_RUN_ID', 'BUILD_URL', 'BUILDKITE_BUILD_URL']

function self(): { holder: string; host: string; process: number; job: string | null } {
  const job = JOBS.map((name) => process.env[name]).find((value) => value !== undefined && value !== '')
  return { holder: userName(), host: hostname(), process: process.pid, job: job ?? null }
}

/** Who runs this process; a container may have no such user. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

function locked({ instance, run, holder, host, process: id, job, since, until }: Lock): ZdsError {
  const who = `${holder} on ${host}, process ${id}${job === undefined ? '' : `, ${job}`}`
  return new ZdsError(
    'LOCKED',
    `${instance} is being written to by run ${run} (${who}) since ${since}; its lock runs out at ${until}`,
    {
      hint: `Wait for it (--lock-timeout SECONDS), or, when you know that it is dead: zds unlock ${instance}`,
    },
  )
}

function lost(instance: string, run: string): ZdsError {
  return new ZdsError(
    'LOCK_LOST',
    `The lock of run ${run} on ${instance} was taken away (zds unlock), so it sends nothing more`,
    {
      hint: 'See that nobody else writes to it (zds status). Then zds apply goes on with the rest.',
    },
  )
}

function lockOf(row: Row): Lock {
  return {
    instance: textIn(row, 'instance'),
    run: textIn(row, 'run'),
    holder: textIn(row, 'holder'),
    host: textIn(row, 'host'),
    process: Number(row['process']),
    job: maybeIn(row, 'job'),
    since: textIn(row, 'since'),
    until: textIn(row, 'until'),
  }
}
