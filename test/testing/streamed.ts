import { HttpError, type ApplyRun, type Change, type Outcome, type Step, type Target } from 'zds'
import type { RequestTarget } from '../support/desk.ts'

/**
 * The steps of one change. `send` rejects with what the service refused, and with a lost answer.
 */
type Steps = (change: Change, send: () => Promise<readonly Outcome[]>, run: ApplyRun) => AsyncIterable<Step>

/** The same target with a stream of steps in the place of requests as data. */
export function streamed({ write, ...rest }: RequestTarget, steps: Steps = honest, asks = true): Target {
  return {
    ...rest,
    staleness: asks ? 'batch' : rest.staleness,
    apply: async function* (changes, run) {
      for (const change of asks ? await run.fresh(changes) : changes)
        yield* steps(change, () => write.send([change], run), run)
    },
  }
}

export const honest: Steps = async function* (change, send, run) {
  run.signal.throwIfAborted()
  yield sending(change)
  yield* await told(change, send)
}

export const sending = ({ key }: Change): Step => ({ status: 'sending', keys: [key] })

/** The outcomes of a request: none of one whose answer is lost. */
export async function told({ key }: Change, send: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (error.arrived === 'maybe') return []
    if (error.code !== 'HTTP_REFUSED') throw error
    return [{ key, status: 'failed', code: `http-${error.status}`, message: error.message }]
  }
}
