/**
 * Why something waits: for the record that a ref of it names; for what is done to the same record;
 * for who sets free what nobody else may have; for all of a sync that goes first; for a service, its
 * limit or the time until it is asked again.
 */
type WaitReason = 'ref' | 'record' | 'name' | 'order' | 'service'

/** What changes of a sync waited for, and from when to when (ISO moments). */
export type Waited = {
  readonly because: WaitReason
  /** The sync, or the service, that was waited for. */
  readonly awaited: string
  /** How many changes waited; of a service, how many requests. */
  readonly count: number
  /** Of a few of them the key, and the key of the change that it waited for. */
  readonly examples: readonly (readonly [waiting: string, awaited: string])[]
  readonly since: string
  readonly until: string
}

export type RunWait = Waited & { readonly run: string; readonly sync: string }

/** So many examples are kept. */
const EXAMPLES = 3

/** Changes that wait for those of a sync for one reason, by key, each with the key of one of them. */
export type Waiters = Pick<Waited, 'because' | 'awaited'> & { readonly after: ReadonlyMap<string, string> }

export const waitedAfter = ({ because, awaited, after }: Waiters, since: Date, until: Date): Waited => ({
  because,
  awaited,
  count: after.size,
  examples: [...after].slice(0, EXAMPLES),
  since: since.toISOString(),
  until: until.toISOString(),
})

const WHY = {
  ref: 'records that they refer to',
  record: 'what is done to the same records',
  name: 'what nobody else may have, and is set free',
  order: 'all of it goes first',
  service: 'its limit, or the time until it is asked again',
} as const satisfies { [because in WaitReason]: string }

/** For people: `3 changes waited for us-gov: records that they refer to (a after b, …)`. */
export function waitWords({ because, awaited, count, examples }: Waited): string {
  const who = `${count} ${because === 'service' ? 'request' : 'change'}${count === 1 ? '' : 's'}`
  const few = examples.map(([waiting, other]) => `${waiting} after ${other}`)
  const some = few.length === 0 ? '' : ` (${few.join(', ')}${few.length < count ? ', …' : ''})`
  return `${who} waited for ${awaited}: ${WHY[because]}${some}`
}
