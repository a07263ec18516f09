import {
  LEASE_MS,
  locksOver,
  mayLive,
  thisProcess,
  type Claim,
  type Hold,
  type Leases,
  type Lock,
  type Locks,
} from 'zds'
import {
  maybe,
  moment,
  text,
  type Database,
  type RunQuery,
  type PostgresRow,
  type PostgresSession,
} from './database.ts'

/** When a lease that is granted now ends, by the clock of the database. */
const UNTIL = `clock_timestamp() + interval '${LEASE_MS} milliseconds'`

/**
 * Each place that is free or has one of the fences that need not be heeded, in the order of
 * addresses: two never wait for each other.
 */
const TAKE = `
  INSERT INTO zds.locks (project, address, instance, run, fence, holder, host, machine, process, job, since, until)
  SELECT $1, place.address, place.instance, $4, $5, $6, $7, $8, $9, $10, clock_timestamp(), ${UNTIL}
  FROM unnest($2::text[], $3::text[]) AS place (address, instance) ORDER BY place.address
  ON CONFLICT (project, address) DO UPDATE SET
    instance = excluded.instance, run = excluded.run, fence = excluded.fence, holder = excluded.holder,
    host = excluded.host, machine = excluded.machine, process = excluded.process, job = excluded.job,
    since = excluded.since, until = excluded.until
  WHERE locks.fence = ANY ($11::uuid[])
  RETURNING 1`
const RENEW = `UPDATE zds.locks SET until = ${UNTIL} WHERE project = $1 AND fence = $2 RETURNING 1`
const DROP = 'DELETE FROM zds.locks WHERE project = $1 AND fence = $2'
const HELD = 'SELECT *, until > clock_timestamp() AS leased FROM zds.locks WHERE project = $1 ORDER BY instance'
const RELEASE = 'DELETE FROM zds.locks WHERE project = $1 AND address = $2 AND fence = $3 RETURNING 1'

export type FencedLocks = Locks & {
  /** How a run writes that holds these locks; undefined once they are given back. */
  queryOf(hold: Hold): RunQuery | undefined
}

/** Locks of one project. Each hold has a connection of its own, and is over when that breaks. */
export function postgresLocks(database: Database, project: string): FencedLocks {
  const sessions = new Map<string, PostgresSession>()
  const held = async (): Promise<readonly HeldRow[]> => (await database.query(HELD, [project])).map(lockOf)
  const take = async (claim: Claim, broken: (cause: unknown) => void): Promise<Lock | undefined> => {
    const wanted = new Set(claim.places.map(({ address }) => address))
    const there = (await held()).filter(({ address }) => wanted.has(address))
    const other = there.find((lock) => lock.alive && !isOurs(lock, claim))
    if (other !== undefined) return other
    const session = await database.session(broken)
    const taken = await session.query(TAKE, valuesOf(project, claim, there)).catch((error: unknown) => {
      session.close()
      throw error
    })
    sessions.set(claim.fence, session)
    if (taken.length === claim.places.length) return undefined
    // Somebody was quicker, and is in the way by now, or gone again.
    await drop(claim)
    return take(claim, broken)
  }
  const drop: Leases['drop'] = async ({ fence }) => {
    const session = sessions.get(fence)
    sessions.delete(fence)
    try {
      await session?.query(DROP, [project, fence])
    } finally {
      session?.close()
    }
  }
  const locks = locksOver({
    take,
    drop,
    renew: async ({ fence, places }) =>
      (await sessions.get(fence)?.query(RENEW, [project, fence]))?.length === places.length,
    held,
    release: async ({ address, fence }) => (await database.query(RELEASE, [project, address, fence])).length > 0,
  })
  return { ...locks, queryOf: ({ fence }) => sessions.get(fence)?.query }
}

type HeldRow = Lock & { readonly machine: string }

function valuesOf(project: string, { places, run, fence }: Claim, there: readonly HeldRow[]): unknown[] {
  const { holder, host, machine, process, job } = thisProcess()
  const [addresses, instances] = [places.map(({ address }) => address), places.map(({ instance }) => instance)]
  const free = there.map((lock) => lock.fence)
  return [project, addresses, instances, run, fence, holder, host, machine, process, job, free]
}

/** A process may take again what it holds in the name of the same run. */
function isOurs(lock: HeldRow, { run }: Claim): boolean {
  const self = thisProcess()
  return lock.run === run && lock.machine === self.machine && lock.process === self.process
}

/**
 * Whether it lives: the lease has not run out, and where its process can be seen from here, it
 * still exists.
 */
function lockOf(row: PostgresRow): HeldRow {
  const [machine, process] = [text(row, 'machine'), Number(row['process'])]
  return {
    address: text(row, 'address'),
    instance: text(row, 'instance'),
    run: text(row, 'run'),
    fence: text(row, 'fence'),
    holder: text(row, 'holder'),
    host: text(row, 'host'),
    machine,
    process,
    job: maybe(row, 'job'),
    since: moment(row, 'since'),
    until: moment(row, 'until'),
    alive: row['leased'] === true && mayLive({ machine, process }),
  }
}
