import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'

/**
 * What the engine tells of itself while it works, to whoever subscribes in this process (docs/logs.md):
 * a log, traces. Nobody who listens can steer. No message has a host, and a route has no ids.
 */

/** A plan, an apply, or a stage in a process of its own; `error` once it failed. */
export type RunMessage = {
  /** Its id; of a stage on its own, the name of its directory. */
  readonly run: string
  readonly part: 'plan' | 'apply' | 'stage'
  readonly error?: unknown
}

/** A stage, from its start to its end; `error` once it failed or was stopped (INTERRUPTED). */
export type StageMessage = {
  readonly stage: string
  /**
   * What it deals with stays with its instance (OPS-08): neither its error nor its words are for
   * others.
   */
  readonly confined: boolean
  /** What it came to: `countsOf` has the numbers. */
  readonly result?: unknown
  readonly error?: unknown
}

/** One request, whatever it was sent for; `error` where the answer is no success. */
export type RequestMessage = {
  readonly service: string
  readonly method: string
  /** Its path without ids and query: `/api/v2/organizations/#`. */
  readonly route: string
  readonly result?: { readonly status: number }
  readonly error?: unknown
}

/** Something is waited for: the limit of a service, or the next attempt after the answer `status`. */
export type WaitMessage = {
  readonly service: string
  readonly ms: number
  readonly because: 'limit' | 'retry'
  /** 0 where there was no answer. */
  readonly status?: number
}

/** The names of the channels: tracing channels but for the last. */
export const CHANNELS = { run: 'zds:run', stage: 'zds:stage', request: 'zds:request', wait: 'zds:wait' } as const

/** What Node has as TracingChannel, as far as it is told here. */
type Traced<Message> = { tracePromise<Result>(work: () => Promise<Result>, message: Message): Promise<Result> }

export const runChannel: Traced<RunMessage> = tracingChannel(CHANNELS.run)
export const stageChannel: Traced<StageMessage> = tracingChannel(CHANNELS.stage)
export const requestChannel: Traced<RequestMessage> = tracingChannel(CHANNELS.request)
const waitChannel = channel(CHANNELS.wait)

type Messages = { readonly run: RunMessage; readonly stage: StageMessage; readonly request: RequestMessage }

/** Hears of each start and each end, until the function that is returned is called. */
export function follow<Name extends keyof Messages>(
  name: Name,
  started: (message: Messages[Name]) => void,
  ended: (message: Messages[Name]) => void,
): () => void {
  const of = (event: string): string => `tracing:${CHANNELS[name]}:${event}`
  const heard = [
    [of('start'), (message: unknown) => started(message as Messages[Name])], // as it is published here
    [of('asyncEnd'), (message: unknown) => ended(message as Messages[Name])],
  ] as const
  for (const [at, listener] of heard) subscribe(at, listener)
  return () => heard.forEach(([at, listener]) => unsubscribe(at, listener))
}

/** Hears of each wait, until the function that is returned is called. */
export function followWaits(waited: (message: WaitMessage) => void): () => void {
  const listener = (message: unknown): void => waited(message as WaitMessage) // as it is published here
  subscribe(CHANNELS.wait, listener)
  return () => void unsubscribe(CHANNELS.wait, listener)
}

export const tellWait = (message: WaitMessage): void => waitChannel.publish(message)

/** The path of an address, with `#` for each part that may be an id, a name or a secret. */
export function routeOf(url: string): string {
  const parts = new URL(url).pathname.split('/')
  return parts.map((part) => (WORD.test(part) ? part : '#')).join('/')
}

/** A version, a word of an API, the name of a method or of an object: `v60.0`, `tokens.json`, `Account`. */
const WORD =
  /^(?:|v\d+(?:\.\d+)?|[a-z_]{1,30}\d?(?:\.json)?|[a-z]{1,20}\.[A-Za-z]{1,20}|[A-Z][a-z]{1,15}|[A-Za-z_]+__c)$/

/** The status that a request came to; 0 where there was no answer. */
export function statusOf({ result, error }: RequestMessage): number {
  const end = result ?? error
  return typeof end === 'object' && end !== null && 'status' in end && typeof end.status === 'number' ? end.status : 0
}

/** What a stage came to, in numbers: rows, changes by operation, changes that are done and planned. */
export function countsOf(result: unknown): { readonly [word: string]: number } {
  if (typeof result !== 'object' || result === null) return {}
  const { plan, ...counts } = result as { readonly plan?: { readonly changes: Iterable<{ readonly op: string }> } } // as stages end
  const numbers = Object.entries(counts).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  const ops = new Map<string, number>()
  for (const { op } of plan?.changes ?? []) ops.set(op, (ops.get(op) ?? 0) + 1)
  return Object.fromEntries([...numbers, ...ops])
}
