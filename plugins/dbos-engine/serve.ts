import { randomBytes } from 'node:crypto'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor'
import type { Pool } from 'pg'
import { messageOf, ZdsError, type Service, type Task, type TaskEnd } from 'zds'
import type { DbosOptions } from './options.ts'
import {
  placeOf,
  poolAt,
  queueOf,
  QUIET,
  SCHEMA,
  unreachable,
  UNUSED,
  versionOf,
  WORKFLOW,
  workersIn,
} from './queue.ts'

/** How often a worker asks for stages, and looks whether another one has died. */
const ASK_MS = 200
const LIFE_MS = 2_000

/** One worker at a time launches DBOS. */
const MINE = `SELECT pg_try_advisory_lock(hashtext('${SCHEMA}')) AS mine`

/** A stage that has ended so many workers is given up. */
const TRIES = 10

/** What is over and was never asked for again is forgotten after a day. */
const KEEP_MS = 86_400_000

/** Carries out stages until the signal of the service ends it. */
export async function serve(options: DbosOptions, service: Service): Promise<void> {
  const { state, clock, signal, fingerprint } = service
  const worker = randomBytes(4).toString('hex')
  const pool = poolAt(options.connection())
  DBOS.setConfig({
    name: options.project.read(),
    systemDatabaseUrl: UNUSED,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: SCHEMA,
    applicationVersion: versionOf(fingerprint),
    executorID: worker,
    logger: QUIET,
  })
  const lost = new AbortController()
  const under = underWay(service, AbortSignal.any([signal, lost.signal]))
  DBOS.registerWorkflow(under.carriedOut, { name: WORKFLOW, maxRecoveryAttempts: TRIES })
  await launch(pool, service)
  const hold = await state.locks.take([placeOf(worker, service)], worker, { waitMs: 0, clock, signal })
  under.begin(() => hold.assert())
  try {
    await DBOS.registerQueue(queueOf(options), {
      partitionConcurrency: 1,
      workerConcurrency: options.atOnce ?? 4,
      minPollingIntervalMs: ASK_MS,
      onConflict: 'always_update',
    })
    service.tell(`Worker ${worker} carries out stages of ${options.project.read()} (end it with Ctrl-C)`)
    await forgetOld(queueOf(options), clock.now())
    while (!signal.aborted) {
      hold.assert()
      await takeOver(service)
      await clock.sleep(LIFE_MS, signal).catch(() => undefined)
    }
  } catch (error) {
    lost.abort(error)
    throw error
  } finally {
    await under.ended()
    await hold.giveBack()
    await DBOS.shutdown()
    await pool.end()
  }
}

/**
 * One at a time: who comes first brings the tables to the version of DBOS, which takes no care of
 * others.
 */
async function launch(pool: Pool, { clock, signal }: Service): Promise<void> {
  const client = await pool.connect().catch(unreachable)
  try {
    // Asked for again and again: an index that is built meanwhile waits for statements that wait.
    while (!(await client.query<{ mine: boolean }>(MINE)).rows[0]?.mine) await clock.sleep(ASK_MS, signal)
    await DBOS.launch()
  } catch (cause) {
    signal.throwIfAborted()
    throw new ZdsError('STATE_INVALID', `The tables of the workers cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: 'A role that may make the schema zds_dbos starts a worker once, also after an update (docs/workers.md#roles).',
    })
  } finally {
    // With its connection goes the lock.
    client.release(true)
  }
}

/** The stages that are carried out here just now. */
function underWay({ perform, tell }: Service, signal: AbortSignal) {
  const parts = new Set<Promise<TaskEnd | 'more'>>()
  const begun = Promise.withResolvers<() => void>()
  const partOf = async (task: Task, part: number): Promise<TaskEnd | 'more'> => {
    const assert = await begun.promise
    const asked = DBOS.stepStatus?.cancelSignal
    const here = perform(task, part, { signal: asked ? AbortSignal.any([signal, asked]) : signal, assert })
    parts.add(here)
    try {
      return await here
    } catch (error) {
      // This process ends: what it says now is not how the stage ended, which another takes over.
      if (signal.aborted) return await new Promise<never>(() => undefined)
      throw error
    } finally {
      parts.delete(here)
    }
  }
  return {
    begin: begun.resolve,
    carriedOut: async (task: Task): Promise<TaskEnd> => {
      tell(`${task.stage} of run ${task.run}`)
      for (let part = 0; ; part += 1) {
        const end = await DBOS.runStep(() => partOf(task, part), { name: `part ${part}` })
        if (end !== 'more') return end
      }
    },
    ended: () => Promise.allSettled(parts),
  }
}

/** Puts back what workers had begun that live no more: any that lives may go on with it. */
async function takeOver(service: Service): Promise<void> {
  const begun = await DBOS.listWorkflows({ status: 'PENDING', loadInput: false, loadOutput: false })
  if (begun.length === 0) return
  const living = await workersIn(service)
  const dead = new Set(begun.flatMap(({ executorId = '' }) => (living.has(executorId) ? [] : [executorId])))
  if (dead.size > 0) await DBOSExecutor.globalInstance?.recoverPendingWorkflows([...dead])
}

/** Forgets what is over, and whose asker never came back for it. */
async function forgetOld(queueName: string, now: Date): Promise<void> {
  const over = await DBOS.listWorkflows({ queueName, endTime: new Date(now.getTime() - KEEP_MS).toISOString() })
  const ids = over.filter(({ status }) => status !== 'PENDING').map(({ workflowID }) => workflowID)
  if (ids.length > 0) await DBOS.deleteWorkflows(ids)
}
