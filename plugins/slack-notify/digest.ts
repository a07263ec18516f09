import { ZdsError, type Change, type RunEnd, type Outcome, type Outcomes, type Plan, type SyncPlan } from 'zds'

/** What a run can have to tell, each for a channel of its own. */
export const TOPICS = ['without-people', 'failures', 'limits', 'summary', 'stopped'] as const
export type Topic = (typeof TOPICS)[number]

/** What is told of one topic: a headline and its lines, in Slack's mrkdwn. */
export type Digest = { readonly topic: Topic; readonly title: string; readonly lines: readonly string[] }

/**
 * What a run has to tell; nothing of a topic that has nothing. Of an instance in `countsOnly`
 * numbers only (OPS-08).
 */
export function digests(plan: Plan, outcomes: Outcomes, countsOnly: readonly string[]): Digest[] {
  const syncs = plan.syncs.map((sync) => ({
    sync,
    outcomes: outcomes.get(sync.name) ?? [],
    quiet: countsOnly.includes(sync.instance),
  }))
  return [
    digest(
      'without-people',
      'New organizations without people',
      syncs.flatMap(({ sync, outcomes: known, quiet }) => (quiet ? [] : lonely(sync, known))),
    ),
    digest(
      'failures',
      'Changes that failed',
      syncs.flatMap(({ sync, outcomes: known, quiet }) => failures(sync, known, quiet)),
    ),
    digest(
      'summary',
      `Sync of ${plan.asOf}`,
      syncs.flatMap(({ sync, outcomes: known }) => summary(sync, known)),
    ),
  ].filter(({ lines }) => lines.length > 0)
}

/**
 * What the end of a run has to tell: all of it once it is over, and that it stopped where somebody
 * may go on with it. The words of an error may speak of a record, so its code has to do.
 */
export function digestsOfEnd({ run, status, plan, outcomes, error }: RunEnd, countsOnly: readonly string[]): Digest[] {
  if (status === 'done' || status === 'abandoned') return digests(plan, outcomes, countsOnly)
  const why = error instanceof ZdsError ? error.code : 'INTERNAL'
  return [digest('stopped', 'A sync stopped before it was done', [`• run ${run} ${status}: ${escaped(why)}`])]
}

/**
 * What a run that was refused has to tell. Limits speak in numbers only, so every instance may be
 * named.
 */
export function refusals(plan: Plan): Digest[] {
  const lines = plan.syncs.flatMap(({ name, excesses }) =>
    excesses.map(({ message }) => `*${name}*: ${escaped(message)}`),
  )
  return [digest('limits', 'A sync was refused: it goes beyond its limits', lines)].filter(
    (one) => one.lines.length > 0,
  )
}

const digest = (topic: Topic, title: string, lines: readonly string[]): Digest => ({ topic, title, lines })

/**
 * Organizations that were created and ended without a user (SYN-04). Only a sync that deals with
 * people says how many there are.
 */
function lonely({ changes }: SyncPlan, outcomes: readonly Outcome[]): string[] {
  const names = namesOf(changes)
  return outcomes.flatMap((outcome) => {
    if (outcome.status !== 'done' || outcome.facts?.['people'] !== 0) return []
    const missing = outcome.partly?.length ?? 0
    const why = missing > 0 ? `, ${missing} could not be added` : ''
    return [`• ${names.get(outcome.key) ?? ''} (${escaped(outcome.key)})${why}`]
  })
}

/** What people call the records of some changes, by key. */
function namesOf(changes: readonly Change[]): ReadonlyMap<string, string> {
  return new Map(
    changes.flatMap(({ key, name, fields }) => {
      const called = name ?? fields['name']?.to
      return typeof called === 'string' ? [[key, escaped(called.trim())] as const] : []
    }),
  )
}

function failures({ name: sync, changes }: SyncPlan, outcomes: readonly Outcome[], quiet: boolean): string[] {
  const failed = outcomes.flatMap(failure)
  const names = namesOf(changes)
  const line = ({ key, code, message }: SlackFailure): string => {
    const name = names.get(key)
    return `• *${sync}* ${escaped(key)} ${escaped(code)}: ${escaped(message)}${name === undefined ? '' : ` (${name})`}`
  }
  if (!quiet) return failed.map(line)
  const codes = Map.groupBy(failed, ({ code }) => (CODE.test(code) ? code : 'other'))
  return [...codes].map(([code, some]) => `• *${sync}*: ${some.length} × ${code}`)
}

/** What a code looks like; anything else may be a service's own words. */
const CODE = /^[a-z]{1,20}(?:-[a-z\d]{1,20}){0,4}$/

type SlackFailure = { readonly key: string; readonly code: string; readonly message: string }

/**
 * What of an outcome somebody has to look at: that it failed, or what is missing of one that is
 * done, in numbers, since its words may name people.
 */
function failure(outcome: Outcome): SlackFailure[] {
  if (outcome.status !== 'done') return [outcome]
  const missing = Map.groupBy(outcome.partly ?? [], ({ code }) => code)
  return [...missing].map(([code, some]) => ({ key: outcome.key, code, message: `${some.length} times` }))
}

function summary({ name, changes }: SyncPlan, outcomes: readonly Outcome[]): string[] {
  if (changes.length === 0) return []
  const done = new Set(outcomes.flatMap(({ key, status }) => (status === 'done' ? [key] : [])))
  const words = { create: 'created', update: 'updated', retire: 'retired', remove: 'removed' } as const
  const counts = Object.entries(words).flatMap(([op, word]) => {
    const some = changes.filter((change) => change.op === op)
    // Few syncs remove anything.
    if (some.length === 0 && op === 'remove') return []
    return [`${some.filter(({ key }) => done.has(key)).length} ${word}`]
  })
  const open = changes.length - done.size
  return [`*${name}*: ${counts.join(', ')}${open > 0 ? `, ${open} not done` : ''}`]
}

/** The three characters that mean something in mrkdwn, and line breaks. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ')
}
