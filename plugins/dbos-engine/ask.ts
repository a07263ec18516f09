import { DBOSClient, type WorkflowStatus } from '@dbos-inc/dbos-sdk'
import { ZdsError, type Post, type Task, type TaskEnd, type Workers } from 'zds'
import type { DbosOptions } from './options.ts'
import { idOf, poolAt, queueOf, QUIET, SCHEMA, unreachable, UNUSED, versionOf, WORKFLOW, workersIn } from './queue.ts'

/** How often it is looked whether a task has ended. */
const LOOK_MS = 200

/** How often it is looked whether a worker lives, and how long one is waited for. */
const LIFE_MS = 2_000
const ALONE_MS = 30_000

/** Asks the workers of a project, over a connection of its own. */
export async function asking(
  connection: ReturnType<DbosOptions['connection']>,
  options: DbosOptions,
  post: Post,
): Promise<Workers> {
  const pool = poolAt(connection)
  const client = await DBOSClient.create({
    systemDatabaseUrl: UNUSED,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: SCHEMA,
    applicationName: options.project.read(),
    logger: QUIET,
  })
  const { clock } = post
  const ask = async (task: Task, lane: string): Promise<void> => {
    const queueName = queueOf(options)
    const appVersion = versionOf(post.fingerprint)
    const how = { queueName, workflowName: WORKFLOW, workflowID: idOf(task), appVersion, queuePartitionKey: lane }
    await client.enqueue(how, task)
  }
  return {
    perform: async (task, lane, tell, signal) => {
      const id = idOf(task)
      await aWorker(post, tell, signal)
      const before = await client.getWorkflow(id)
      // Whoever asks again wants it to be tried again.
      if (before !== undefined && !isUnderWay(before)) await client.deleteWorkflow(id)
      try {
        for (let looks = 1; ; looks += 1) {
          const now = await client.getWorkflow(id)
          if (now === undefined) await ask(task, lane)
          else if (!isUnderWay(now)) return endOf(now, task)
          if ((looks * LOOK_MS) % LIFE_MS === 0) await aWorker(post, tell, signal)
          await clock.sleep(LOOK_MS, signal)
        }
      } catch (error) {
        await client.cancelWorkflow(id).catch(() => undefined) // it may be gone
        throw error instanceof ZdsError || signal.aborted ? error : unreachable(error)
      } finally {
        await forget(client, id)
      }
    },
    close: async () => {
      await client.destroy()
      await pool.end()
    },
  }
}

const isUnderWay = ({ status }: WorkflowStatus): boolean => ['ENQUEUED', 'DELAYED', 'PENDING'].includes(status)

/** Waits for a worker of this configuration. Throws NO_WORKER. */
async function aWorker(post: Post, tell: (message: string) => void, signal: AbortSignal): Promise<void> {
  for (let waited = 0; (await workersIn(post)).size === 0; waited += LIFE_MS) {
    if (waited >= ALONE_MS)
      throw new ZdsError('NO_WORKER', `No worker with this configuration was there for ${ALONE_MS / 1000} s`, {
        hint: 'Lend a process with the same files and variables (zds worker; again after a change of them), then give the same command again.',
      })
    tell('waits for a worker: zds worker lends one')
    await post.clock.sleep(LIFE_MS, signal)
  }
}

/** What became of a task that is over. */
function endOf({ status, output }: WorkflowStatus, { run, stage }: Task): TaskEnd {
  if (status === 'SUCCESS') return output === 'done' ? 'done' : 'failed'
  if (status === 'CANCELLED')
    throw new ZdsError('INTERRUPTED', `Somebody else who had asked for ${stage} of run ${run} has stopped it`)
  throw new ZdsError('WORKER_LOST', `The workers could not end ${stage} of run ${run}, nor say why`, {
    hint: 'What they told where they run says more. Then give the same command again.',
  })
}

/** What is over leaves nothing; what is not is somebody else's by now, or was cancelled. */
async function forget(client: DBOSClient, id: string): Promise<void> {
  const left = await client.getWorkflow(id).catch(() => undefined)
  if (left !== undefined && left.status === 'SUCCESS') await client.deleteWorkflow(id).catch(() => undefined)
}
