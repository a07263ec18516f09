import {
  collect,
  HttpError,
  type Change,
  type Existing,
  type Outcome,
  type Preparation,
  type Run,
  type Target,
} from 'zds'
import type { RequestTarget } from '../support/desk.ts'
import { honest, sending, streamed, told } from './streamed.ts'

/** A target with one fault, made of the honest one. */
export type Mutant = { readonly name: string; readonly of: (target: RequestTarget) => Target }

const mutant = (name: string, of: Mutant['of']): Mutant => ({ name, of })
const done = ({ key, id = 'made-up' }: Change): Outcome => ({ key, status: 'done', id })

/** A target that sends in another way. */
const sends = (name: string, send: (target: RequestTarget, change: Change, run: Run) => Promise<Outcome>): Mutant =>
  mutant(name, (target) => ({
    ...target,
    write: { ...target.write, send: (changes, run) => Promise.all(changes.map((change) => send(target, change, run))) },
  }))

/** What the honest target makes of one change. */
async function honestly({ write }: RequestTarget, change: Change, run: Run): Promise<Outcome> {
  const [outcome] = await write.send([change], run)
  return outcome ?? done(change)
}

/** A target that does nothing for changes of one operation, and says it has. */
const idle = (op: Change['op']): Mutant =>
  sends(`${op} does nothing`, async (target, change, run) =>
    change.op === op ? done(change) : honestly(target, change, run),
  )

const refusal = (name: string, of: (change: Change, error: HttpError) => Outcome | Promise<never>, status?: number) =>
  sends(name, async (target, change, run) => {
    try {
      return await honestly(target, change, run)
    } catch (error) {
      if (!(error instanceof HttpError) || error.arrived === 'maybe') throw error
      if (status === undefined ? error.code !== 'HTTP_REFUSED' || error.status === 412 : error.status !== status)
        throw error
      return of(change, error)
    }
  })

const failure = ({ key }: Change, { status, message }: HttpError): Outcome => ({
  key,
  status: 'failed',
  code: `http-${status}`,
  message,
})

const settles = (name: string, settle: (target: RequestTarget) => Target['settle']): Mutant =>
  mutant(name, (target) => ({ ...target, settle: settle(target) }))

/** A target that reads, and reads again, other records than there are. */
const reads = (name: string, of: (records: readonly Existing[]) => readonly Existing[]): Mutant =>
  mutant(name, (target) => ({
    ...target,
    read: async function* (run) {
      yield* of(await collect(target.read({ ...run, expect: () => undefined })))
    },
    refetch: async function* (ids, run) {
      yield* of(await collect(target.refetch(ids, run)))
    },
  }))

const prepares = (name: string, prepare: (changes: readonly Change[]) => Preparation): Mutant =>
  mutant(name, (target) => ({ ...target, prepare: async (changes) => prepare([...changes]) }))

const whole = (changes: readonly Change[]): Preparation => ({ changes, skipped: [] })

const refetches = (name: string, refetch: (target: RequestTarget) => Target['refetch']): Mutant =>
  mutant(name, (target) => ({ ...target, refetch: refetch(target) }))

/** Made as the mutants are, and without a fault: what notices them notices the making. */
export const controls: readonly Mutant[] = [
  sends('sends as it did', honestly),
  refusal('fails as it did', failure),
  reads('reads as it did', (records) => records),
  prepares('prepares nothing', whole),
]

export const mutants: readonly Mutant[] = [
  settles(
    'settle says of everything that it was done',
    () =>
      async function* (sent) {
        for (const { change } of sent) yield done(change)
      },
  ),
  settles(
    'settle tells another id',
    (target) =>
      async function* (sent, run) {
        for await (const outcome of target.settle(sent, run)) yield { ...outcome, id: 'another' }
      },
  ),
  settles('settle finds nothing', () => async function* () {}),
  settles(
    'settle finds no creates',
    (target) =>
      async function* (sent, run) {
        yield* target.settle(
          sent.filter(({ change }) => change.op !== 'create'),
          run,
        )
      },
  ),
  settles(
    'settle throws',
    () =>
      // oxlint-disable-next-line require-yield -- it does not come to that
      async function* () {
        throw new Error('cannot be asked')
      },
  ),
  settles(
    'settle sends again',
    (target) =>
      async function* (sent, run) {
        for (const { change } of sent) yield* await target.write.send([change], run)
      },
  ),

  sends('a POST whose answer is lost is sent again', async (target, change, run) =>
    honestly(target, change, run).catch((error: unknown) => {
      if (error instanceof HttpError && error.arrived === 'maybe') return honestly(target, change, run)
      throw error
    }),
  ),
  idle('create'),
  idle('update'),
  idle('retire'),
  idle('remove'),
  sends('a removal marks the record', (target, change, run) =>
    change.op === 'remove'
      ? honestly(target, { ...change, op: 'update', fields: { role: { from: null, to: 'removed' } } }, run)
      : honestly(target, change, run),
  ),
  sends('an update writes what it does not name', (target, change, run) =>
    honestly(target, { ...change, fields: { note: { from: null, to: '' }, ...change.fields } }, run),
  ),
  sends('an empty value is left out', (target, change, run) =>
    honestly(
      target,
      { ...change, fields: Object.fromEntries(Object.entries(change.fields).filter(([, { to }]) => to !== null)) },
      run,
    ),
  ),
  refusal('a record that is gone is told as updated', done, 404),
  sends('a record that is gone is made anew', async (target, change, run) =>
    honestly(target, change, run).catch((error: unknown) => {
      if (!(error instanceof HttpError) || error.status !== 404) throw error
      const { id: _, ...rest } = change
      return honestly(target, { ...rest, op: 'create' }, run)
    }),
  ),
  sends('a create tells another id', async (target, change, run) => {
    const outcome = await honestly(target, change, run)
    return change.op === 'create' ? { ...outcome, id: 'another' } : outcome
  }),
  sends('an update tells another id', async (target, change, run) => {
    const outcome = await honestly(target, change, run)
    if (change.op !== 'update') return outcome
    const records = await collect(target.read({ ...run, expect: () => undefined }))
    const other = records.find(({ id, fields }) => id !== change.id && fields['role'] === change.fields['role']?.to)
    return { ...outcome, ...(other !== undefined && { id: other.id }) }
  }),
  sends('a retirement writes what it does not name', (target, change, run) =>
    honestly(
      target,
      change.op === 'retire' ? { ...change, fields: { note: { from: null, to: '' }, ...change.fields } } : change,
      run,
    ),
  ),
  ...(['update', 'retire', 'remove'] as const).map((op) =>
    sends(`${op}: what somebody has changed is written over`, async (target, change, run) => {
      if (change.op !== op) return honestly(target, change, run)
      const [now] = await collect(target.refetch([change.id ?? ''], run))
      return honestly(target, { ...change, ...(now?.version !== undefined && { version: now.version }) }, run)
    }),
  ),

  refusal('what is refused is told as done', done),
  refusal('one refused record ends the run', () => Promise.reject(new Error('refused'))),
  refusal('a refusal has no code', (change, error) => ({ ...failure(change, error), code: 'It was refused' })),
  refusal('a refusal does not say where', (change, error) => ({ ...failure(change, error), message: 'refused' })),
  refusal('401 is told as a failure of the record', failure, 401),
  refusal('429 is told as a failure of the record', failure, 429),
  refusal('503 is told as a failure of the record', failure, 503),
  refusal(
    '401 is told as a failure of a new record',
    (change, error) => (change.op === 'create' ? failure(change, error) : Promise.reject(error)),
    401,
  ),

  reads('only the first page is read', (records) => records.slice(0, 4)),
  reads('a record is read twice', (records) => [...records, ...records.slice(0, 1)]),
  reads('a field is read that is not declared', (records) =>
    records.map((one) => ({ ...one, fields: { ...one.fields, note: 'by hand' } })),
  ),
  reads('values are not normalised', (records) =>
    records.map((one) => ({ ...one, fields: { ...one.fields, role: '' } })),
  ),
  mutant('more rows are announced than come', (target) => ({
    ...target,
    read: (run) => target.read({ ...run, expect: (rows) => run.expect(rows + 1) }),
  })),
  refetches('refetch ignores its ids', (target) => (_, run) => target.read(run)),
  refetches(
    'refetch knows what is gone',
    (target) =>
      async function* (ids, run) {
        const found = await collect(target.refetch(ids, run))
        for (const id of ids) yield found.find((one) => one.id === id) ?? { id, fields: { pair: null, role: null } }
      },
  ),
  mutant('its address has two spellings', (target) => {
    let asked = 0
    return { ...target, address: () => `${target.address()}${'/x'.repeat(asked++)}` }
  }),
  mutant('its address is that of a user', (target) => ({
    ...target,
    address: () => target.address().replace('//', '//me@'),
  })),

  prepares('prepare drops a change', (changes) => whole(changes.slice(1))),
  prepares('prepare makes another operation of a change', (changes) =>
    whole(changes.map((change) => ({ ...change, op: 'update' as const }))),
  ),
  prepares('prepare plans a change twice', (changes) => whole([...changes, ...changes])),
  prepares('prepare tells of what is not planned', (changes) => ({
    ...whole(changes),
    notices: [{ code: 'told', key: 'nobody', message: 'of nobody' }],
  })),
  mutant('prepare writes', (target) => ({
    ...target,
    prepare: async (changes, run) => {
      await target.write.send([...changes].slice(0, 1), run).catch(() => [])
      return whole([...changes])
    },
  })),

  mutant('nothing is told before it is sent', (target) =>
    streamed(target, async function* (change, send) {
      yield* await told(change, send)
    }),
  ),
  mutant('it is told once it is sent', (target) =>
    streamed(target, async function* (change, send) {
      const outcomes = await told(change, send)
      yield sending(change)
      yield* outcomes
    }),
  ),
  mutant('an outcome is invented', (target) =>
    streamed(target, async function* (change, send, run) {
      yield* honest(change, send, run)
      yield done({ ...change, key: 'nobody' })
    }),
  ),
  mutant('an outcome is told twice', (target) =>
    streamed(target, async function* (change, send, run) {
      yield* honest(change, send, run)
      yield done(change)
    }),
  ),
  mutant('what is said to be sent is not', (target) =>
    streamed(target, async function* (change) {
      yield sending(change)
    }),
  ),
  mutant('an aborted run goes on', (target) =>
    streamed(
      { ...target, write: { ...target.write, send: (changes, run) => target.write.send(changes, deaf(run)) } },
      async function* (change, send) {
        yield sending(change)
        yield* await told(change, send)
      },
    ),
  ),
  mutant('an aborted run goes on with what it has begun', (target) =>
    streamed(
      { ...target, write: { ...target.write, send: (changes, run) => target.write.send(changes, deaf(run)) } },
      async function* (change, send, run) {
        run.signal.throwIfAborted()
        yield sending(change)
        yield* await told(change, send)
      },
    ),
  ),
  mutant('an aborted reading goes on', (target) => ({ ...target, read: (run) => target.read(deaf(run)) })),
  mutant('its name has a blank', (target) => ({ ...target, name: 'My desk' })),
  mutant('nobody is asked whether records are as planned', (target) =>
    streamed({ ...target, staleness: 'batch' }, honest, false),
  ),
]

/** A run that nobody can stop. */
const deaf = (run: Run): Run => ({ ...run, signal: new AbortController().signal })
