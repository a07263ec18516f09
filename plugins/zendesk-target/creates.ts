import { HttpError, type Change, type Existing, type FieldTypes, type JsonObject, type Outcome, type Run, type Step } from 'zds'
import { backoff, namesIn, notPermitted } from './batches.ts'
import type { Client } from './client.ts'
import { bodyOf, differences, recordOf } from './records.ts'
import { idIn, objectIn, rowsOf, textIn } from './replies.ts'
import { isAboutRecords, refusalOf, unpermitted, type Refusal } from './refusals.ts'

type Made =
  | { readonly kind: 'made'; readonly id: string; readonly dropped: readonly string[] }
  | ({ readonly kind: 'refused' } & Refusal)
  | { readonly kind: 'lost' }

/**
 * Creates one organization (SYN-02). A create whose answer was lost is looked up by `external_id` before it is sent again, at most as
 * often as the policy allows attempts (SAFE-05). Throws what concerns more than this record: no access, no service.
 */
export async function* create(change: Change, client: Client, types: FieldTypes, run: Run): AsyncGenerator<Step, void> {
  const { key } = change
  const policy = client.policy()
  for (let attempt = 1; ; attempt += 1) {
    yield { status: 'sending', keys: [key] }
    const made = await post(bodyOf(change), client, run)
    if (made.kind === 'made') {
      yield outcomeOf(key, made, client)
      return
    }
    if (made.kind === 'lost') await run.clock.sleep(backoff(policy.baseDelayMs, attempt), run.signal)
    // A refusal after a lost answer may well speak of the very record that the lost request made.
    const found = made.kind === 'lost' || attempt > 1 ? await find(change, client, types, run) : undefined
    if (found !== undefined) {
      yield compared(change, found, client, types)
      return
    }
    if (made.kind === 'refused') {
      yield { key, status: 'failed', code: made.code, message: made.message }
      return
    }
    if (attempt >= policy.attempts || externalId(change) === undefined) {
      yield { key, status: 'failed', code: 'no-answer', message: unanswered(change, client, attempt) }
      return
    }
  }
}

async function post(organization: JsonObject, client: Client, run: Run): Promise<Made> {
  try {
    const reply = await client.call({ method: 'POST', path: ['organizations'], body: { organization } }, run)
    const id = idIn(objectIn(reply.body, 'organization'))
    const dropped = unpermitted(reply.headers, namesIn([{ payload: organization }]))
    return id === undefined ? { kind: 'lost' } : { kind: 'made', id, dropped }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (error.arrived === 'maybe') return { kind: 'lost' }
    if (isAboutRecords(error)) return { kind: 'refused', ...refusalOf(error) }
    throw error
  }
}

function outcomeOf(key: string, { id, dropped }: Extract<Made, { kind: 'made' }>, client: Client): Outcome {
  return dropped.length > 0 ? { key, status: 'failed', ...notPermitted(client, dropped) } : { key, status: 'done', id }
}

/** The organization with the `external_id` of the change, which Zendesk compares without case. */
async function find(change: Change, client: Client, types: FieldTypes, run: Run): Promise<Existing | undefined> {
  const wanted = externalId(change)
  if (wanted === undefined) return undefined
  const { body } = await client.call({ method: 'GET', path: ['organizations', 'show_many'], query: { external_ids: wanted } }, run)
  const row = rowsOf(client.instance, 'organizations', body).find(
    (organization) => textIn(organization, 'external_id')?.toLowerCase() === wanted.toLowerCase(),
  )
  return row && recordOf(row, types)
}

function compared(change: Change, found: Existing, { instance }: Client, types: FieldTypes): Outcome {
  const { key } = change
  const differing = differences(change, found, types)
  if (differing.length === 0) return { key, status: 'done', id: found.id }
  const message = `${instance}: the answer to the create was lost; organization ${found.id} has this external_id, but differs in ${differing.join(', ')}`
  return { key, status: 'failed', code: 'lost-create-differs', message }
}

function externalId({ fields }: Change): string | undefined {
  const to = fields['external_id']?.to
  return typeof to === 'string' && to !== '' ? to : undefined
}

function unanswered(change: Change, { instance }: Client, attempts: number): string {
  if (externalId(change) === undefined)
    return `${instance}: the answer was lost, and without an external_id the organization cannot be looked up`
  return `${instance}: ${attempts} answers were lost, and there is no organization with this external_id`
}
