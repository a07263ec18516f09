import { HttpError, type JsonObject, type Run } from 'zds'
import type { Client } from '../client.ts'
import { rowsOf } from '../replies.ts'

const FIRST_MS = 100
const LONGEST_MS = 2_000
const PATIENCE_MS = 120_000

/**
 * Waits until Zendesk works on no job: only then it shows whether a job that nobody knows the id of
 * has written something. Looks at the first 100 jobs, which are the newest (ZD-21), and gives up
 * after two minutes: others may keep Zendesk busy for ever.
 */
export async function quiet(client: Client, run: Run): Promise<void> {
  const start = run.clock.now().getTime()
  for (let delay = FIRST_MS; await busy(client, run); delay = Math.min(LONGEST_MS, delay * 2)) {
    if (run.clock.now().getTime() - start >= PATIENCE_MS) return
    await run.clock.sleep(delay, run.signal)
  }
}

async function busy(client: Client, run: Run): Promise<boolean> {
  try {
    const { body } = await client.call({ method: 'GET', path: ['job_statuses'], query: { 'page[size]': 100 } }, run)
    return rowsOf(client.instance, 'job_statuses', body).some(isOpen)
  } catch (error) {
    // A user who may write organizations need not be allowed to list jobs.
    if (error instanceof HttpError && (error.status === 403 || error.status === 404)) return false
    throw error
  }
}

const isOpen = ({ status }: JsonObject): boolean => status === 'queued' || status === 'working'
