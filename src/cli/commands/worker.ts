import { tell } from '../output.ts'
import { inSession } from '../session.ts'

export type WorkerOptions = { config?: string; env?: string }

/** `zds worker`: lends this process to the runs of others until it is told to end. */
export async function workerCommand(options: WorkerOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    await engine.work((message) => tell([message]))
    tell(['Ended: what was begun here, another worker goes on with.'])
    return 0
  })
}
