import { backoff, differingFields, HttpError, type Change, type Existing, type Outcome, type Run, type Step } from 'zds'
import { namesIn, notPermitted } from './batches.ts'
import type { Client } from '../client.ts'
import { find, type Collection } from '../find.ts'
import type { Kind } from '../kinds.ts'
import { newcomersOf } from '../newcomers.ts'
import { welcome } from '../people.ts'
import { bodyOf, recordOf } from '../records.ts'
import { awayIn, isAboutRecords, refusalOf, unpermittedNames, type ZendeskRefusal } from '../refusals.ts'
import { idIn, objectIn } from '../replies.ts'

type Made =
  | { readonly kind: 'made'; readonly id: string; readonly dropped: readonly string[] }
  | ({ readonly kind: 'refused' } & ZendeskRefusal)
  | { readonly kind: 'lost'; readonly away?: HttpError }

/**
 * Creates one record (SYN-02), says when it is there or refused, and then adds the people who come
 * with it. A create whose answer was lost is looked up before it is sent again, at most as often as
 * the policy allows attempts (SAFE-05).
 * Throws what concerns more than this record: no access, no service.
 */
export async function* create(
  change: Change,
  collection: Collection,
  run: Run,
  answered: () => void,
): AsyncGenerator<Step, void> {
  for await (const step of made(change, collection, run)) {
    if ('key' in step) answered()
    yield 'key' in step ? await withPeople(change, step, collection.client, run) : step
  }
}

/** The outcome of a create, once the people who come with it are added. */
export async function withPeople(change: Change, outcome: Outcome, client: Client, run: Run): Promise<Outcome> {
  const newcomers = newcomersOf(change)
  if (outcome.status !== 'done' || newcomers === undefined) return outcome
  return { ...outcome, ...(await welcome(newcomers, outcome.id, client, run)) }
}

/**
 * What became of a create that was sent by a run which then died: an outcome where there is such a
 * record, its people seen to; else undefined.
 */
export async function settleCreate(change: Change, collection: Collection, run: Run): Promise<Outcome | undefined> {
  const found = await lookUp(change, collection, run)
  if (found === undefined) return undefined
  const outcome = outcomeOfFound(change, found, collection)
  const newcomers = newcomersOf(change)
  if (outcome.status !== 'done' || newcomers === undefined) return outcome
  // Some of them may have been created already: whoever is there is looked for first.
  const sought = newcomers.map((one) => (one.action === 'create' ? { ...one, action: 'associate' as const } : one))
  return { ...outcome, ...(await welcome(sought, found.id, collection.client, run)) }
}

async function* made(change: Change, collection: Collection, run: Run): AsyncIterable<Step> {
  const { key } = change
  const { client, kind, types } = collection
  const policy = client.policy()
  for (let attempt = 1; ; attempt += 1) {
    yield { status: 'sending', keys: [key] }
    const sent = await post(change, collection, run)
    if (sent.kind === 'made') {
      yield outcomeOf(key, sent, client)
      return
    }
    if (sent.kind === 'lost') await run.clock.sleep(backoff(policy.baseDelayMs, attempt), run.signal)
    // A refusal after a lost answer may well speak of the very record that the lost request made.
    const found = sent.kind === 'lost' || attempt > 1 ? await lookUp(change, collection, run) : undefined
    if (found !== undefined) {
      yield outcomeOfFound(change, found, collection)
      return
    }
    // A record that is exactly what was meant is ours, from a run that died before it heard so.
    const twin = isTaken(sent) ? await lookUp(change, collection, run) : undefined
    if (twin !== undefined && differingFields(change, 'to', twin, types).length === 0) {
      yield { key, status: 'done', id: twin.id }
      return
    }
    if (sent.kind === 'refused') {
      yield { key, status: 'failed', code: sent.code, message: sent.message }
      return
    }
    if (attempt >= policy.attempts && sent.away !== undefined) throw sent.away
    if (attempt >= policy.attempts || identityIn(change, kind) === undefined) {
      yield { key, status: 'failed', code: 'no-answer', message: unanswered(change, collection, attempt) }
      return
    }
  }
}

async function post(change: Change, { client, kind }: Collection, run: Run): Promise<Made> {
  const payload = bodyOf(change, kind)
  try {
    const reply = await client.call(
      { method: 'POST', path: [kind.resource], body: { [kind.one]: { ...payload, ...kind.onCreate } } },
      run,
    )
    const id = idIn(objectIn(reply.body, kind.one))
    const dropped = unpermittedNames(reply.headers, namesIn([{ payload }]))
    return id === undefined ? { kind: 'lost' } : { kind: 'made', id, dropped }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (error.arrived === 'maybe') return { kind: 'lost', ...awayIn(error) }
    if (isAboutRecords(error)) return { kind: 'refused', ...refusalOf(error) }
    throw error
  }
}

export function outcomeOf(key: string, { id, dropped }: Extract<Made, { kind: 'made' }>, client: Client): Outcome {
  return dropped.length > 0 ? notPermitted({ key, id }, client, dropped) : { key, status: 'done', id }
}

/** The record that a lost request may have made. */
async function lookUp(change: Change, collection: Collection, run: Run): Promise<Existing | undefined> {
  const wanted = identityIn(change, collection.kind)
  const row = wanted === undefined ? undefined : await find(wanted, collection, run)
  return row && recordOf(row, collection.kind, collection.types)
}

export function outcomeOfFound(change: Change, found: Existing, { client, kind, types }: Collection): Outcome {
  const { key } = change
  const { one, identity } = kind
  const fields = differingFields(change, 'to', found, types)
  if (fields.length === 0) return { key, status: 'done', id: found.id }
  const message = `${client.instance}: the answer to the create was lost; ${one} ${found.id} has this ${identity}, but differs in ${fields.join(', ')}`
  return { key, status: 'failed', code: 'lost-create-differs', message }
}

/**
 * Whatever it is that is taken: of a record that is there already, Zendesk names the name before
 * the identity.
 */
const isTaken = (sent: Made): boolean => sent.kind === 'refused' && sent.code.endsWith('-taken')

export function identityIn({ fields }: Change, { identity }: Kind): string | undefined {
  const to = fields[identity]?.to
  return typeof to === 'string' && to !== '' ? to : undefined
}

function unanswered(change: Change, { client: { instance }, kind }: Collection, attempts: number): string {
  const { one, identity } = kind
  if (identityIn(change, kind) === undefined)
    return `${instance}: the answer was lost, and without an ${identity} the ${one} cannot be looked up`
  return `${instance}: ${attempts} answers were lost, and there is no ${one} with this ${identity}`
}
