import { randomUUID } from 'node:crypto'
import { ZdsError } from '../errors.ts'
import type { Claim, Hold, Lock, Locks, LockWait } from './state.ts'

/** A lock that its holder does not renew for this long is nobody's. */
export const LEASE_MS = 30_000
const RENEW_MS = 10_000
const ASK_AGAIN_MS = 1_000

/**
 * Where locks are kept, each for LEASE_MS at a time. `now` is this machine's; a state with a clock
 * of its own goes by that.
 */
export interface Leases extends Pick<Locks, 'held' | 'release'> {
  /**
   * Takes all places or none: then it is the lock in the way. `broken` is called when the state is
   * lost to the holder.
   */
  take(claim: Claim, broken: (cause: unknown) => void, now: Date): Promise<Lock | undefined>
  /** True while all of the places are its own. */
  renew(claim: Claim, now: Date): Promise<boolean>
  drop(claim: Claim): Promise<void>
}

/** Locks that are waited for, renewed and given back, over whatever keeps them. */
export function locksOver(leases: Leases): Locks {
  return {
    take: (places, run, waiting) => taken({ places, run, fence: randomUUID() }, leases, waiting),
    held: (now) => leases.held(now),
    release: (lock) => leases.release(lock),
  }
}

async function taken(claim: Claim, leases: Leases, { waitMs, clock, signal }: LockWait): Promise<Hold> {
  const start = clock.now().getTime()
  /** What parted the run from its locks, as far as it is known here. */
  let end: unknown
  // Counted by what no clock of a person moves, from before the lease was asked for: never longer
  // than the state grants.
  let renewed = performance.now()
  const ask = (): Promise<Lock | undefined> => {
    renewed = performance.now()
    return leases.take(claim, (cause) => (end ??= cause), clock.now())
  }
  for (let other = await ask(); other !== undefined; other = await ask()) {
    if (clock.now().getTime() - start >= waitMs) throw locked(other)
    await clock.sleep(Math.min(ASK_AGAIN_MS, waitMs), signal)
  }
  const renew = async (): Promise<void> => {
    const asked = performance.now()
    if (await leases.renew(claim, clock.now())) renewed = asked
    else end ??= lockLost(claim)
  }
  // What cannot be renewed runs out, and `assert` says so.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS)
  timer.unref()
  return {
    ...claim,
    assert: () => {
      if (end === undefined && performance.now() - renewed >= LEASE_MS) end = ranOut(claim)
      if (end !== undefined) throw end
    },
    giveBack: async () => {
      clearInterval(timer)
      // What cannot be given back runs out too.
      await leases.drop(claim).catch(() => undefined)
    },
  }
}

function locked({ instance, run, holder, host, process: id, job, since, until }: Lock): ZdsError {
  const who = `${holder} on ${host}, process ${id}${job === undefined ? '' : `, ${job}`}`
  const message = `${instance} is being written to by run ${run} (${who}) since ${since}; its lock runs out at ${until}`
  return new ZdsError('LOCKED', message, {
    hint: `Wait for it (--lock-timeout SECONDS), or, when you know that it is dead: zds unlock ${instance}`,
  })
}

const GO_ON =
  'See that nobody else writes to it (zds status). Then zds apply, or the same stage, goes on with the rest.'

/** The error of a run one of whose locks somebody else has, or nobody. */
export function lockLost({ run, places }: Claim, left: ReadonlySet<string> = new Set()): ZdsError {
  const lost = places.find(({ address }) => !left.has(address))
  const message = `The lock of run ${run} on ${lost?.instance} was taken away (zds unlock, or it had run out), so it sends nothing more`
  return new ZdsError('LOCK_LOST', message, { hint: GO_ON })
}

function ranOut({ run, places }: Claim): ZdsError {
  const names = places.map(({ instance }) => instance).join(' and ')
  const message = `The lock of run ${run} on ${names} was not renewed for ${LEASE_MS / 1000} s, so it sends nothing more`
  return new ZdsError('LOCK_LOST', message, { hint: GO_ON })
}
