import {
  approveCommand,
  errorCode,
  RESUME_COMMAND,
  retryCommand,
  type Change,
  type Many,
  type Op,
  type Outcome,
  type Outcomes,
  type Plan,
  type PlanFailure,
  type Run,
  type RunEnd,
  type SyncPlan,
} from 'zds'

/** What a run can have to tell, each for a channel of its own. */
export const TOPICS = ['summary', 'failures', 'without-people', 'limits', 'stopped'] as const
export type Topic = (typeof TOPICS)[number]

/**
 * What is told of one topic, in Slack's mrkdwn: a headline, the counts, its lines, and the command to
 * go on with.
 */
export type Digest = {
  readonly topic: Topic
  readonly title: string
  readonly counts?: readonly string[]
  readonly lines: readonly string[]
  readonly next?: string
}

/**
 * What a run has to tell; nothing of a topic that has nothing. Of an instance in `countsOnly`, or one
 * that keeps its records to itself, numbers only (OPS-08).
 */
export function digests(run: string, plan: Plan, outcomes: Outcomes, countsOnly: readonly string[]): Digest[] {
  const syncs = plan.syncs.map((sync) => ({
    sync,
    outcomes: outcomes.get(sync.name) ?? [],
    quiet: sync.confined === true || countsOnly.includes(sync.instance),
  }))
  const broken = syncs.reduce(
    (sum, { outcomes: known }) => sum + known.filter((one) => failure(one).length > 0).length,
    0,
  )
  const all: Digest[] = [
    {
      topic: 'summary',
      title: `Sync of ${plan.asOf}`,
      lines: syncs.flatMap(({ sync, outcomes: known }) => summary(sync, known)),
    },
    {
      topic: 'failures',
      title: 'Changes that failed',
      counts: [`${broken} of ${sizeOf(plan)} changes failed, or lack something`],
      lines: syncs.flatMap(({ sync, outcomes: known, quiet }) => failures(sync, known, quiet)),
      next: retryCommand(run),
    },
    {
      topic: 'without-people',
      title: 'New organizations without people',
      lines: syncs.flatMap(({ sync, outcomes: known, quiet }) => (quiet ? [] : lonely(sync, known))),
    },
  ]
  return all.filter(({ lines }) => lines.length > 0)
}

/**
 * What the end of a run has to tell: all of it once it is over, that it went on to its end where it
 * had stopped, and that it stopped where somebody may go on with it. The words of an error may speak
 * of a record, so its code has to do.
 */
export function digestsOfEnd(
  { run, status, plan, outcomes, error, resumed }: RunEnd,
  countsOnly: readonly string[],
): Digest[] {
  const done = [...outcomes.values()].flat().filter((outcome) => outcome.status === 'done').length
  const counts = [`${done} of ${sizeOf(plan)} changes are done${resumed ? ' since it went on' : ''}`]
  const line = `• run ${run} ${status}${error === undefined ? '' : `: ${codeOf(error)}`}`
  if (status !== 'done' && status !== 'abandoned')
    return [
      { topic: 'stopped', title: 'A sync stopped before it was done', counts, lines: [line], next: RESUME_COMMAND },
    ]
  const title = 'A sync that had stopped is over'
  const recovered: Digest[] = resumed ? [{ topic: 'stopped', title, counts, lines: [line] }] : []
  return [...recovered, ...digests(run, plan, outcomes, countsOnly)]
}

/** A plan that could not be made; by the code of its error, for the same reason. */
export function digestsOfFailure({ run, error }: PlanFailure): Digest[] {
  const lines = [`• run ${run}: ${codeOf(error)}`]
  return [
    { topic: 'stopped', title: 'A sync could not be planned', counts: ['0 changes are done'], lines, next: 'zds plan' },
  ]
}

/**
 * What a run that was refused has to tell. Limits speak in numbers only, so every instance may be
 * named.
 */
export function refusals(plan: Plan, run: Pick<Run, 'clock'>): Digest[] {
  const lines = plan.syncs.flatMap(({ name, excesses }) =>
    excesses.map(({ message }) => `*${name}*: ${escaped(message)}`),
  )
  const counts = plan.syncs.flatMap((sync) => planned(sync))
  const title = 'A sync was refused: it goes beyond its limits'
  return lines.length === 0 ? [] : [{ topic: 'limits', title, counts, lines, next: approveCommand(plan, run) }]
}

const codeOf = (error: unknown): string => escaped(errorCode(error))

const sizeOf = ({ syncs }: Plan): number => syncs.reduce((sum, { changes }) => sum + changes.length, 0)

/**
 * Organizations that were created and ended without a user (SYN-04). Only a sync that deals with
 * people says how many there are.
 */
function lonely({ changes }: SyncPlan, outcomes: readonly Outcome[]): string[] {
  const alone = outcomes.filter(
    ({ status, ...more }) => status === 'done' && 'facts' in more && more.facts?.['people'] === 0,
  )
  const names = namesOf(alone, changes)
  return alone.flatMap((outcome) => {
    if (outcome.status !== 'done') return []
    const missing = outcome.partly?.length ?? 0
    const why = missing > 0 ? `, ${missing} could not be added` : ''
    return [`• ${names.get(outcome.key) ?? ''} (${escaped(outcome.key)})${why}`]
  })
}

/** What people call the records of some outcomes, by key. */
function namesOf(some: readonly { readonly key: string }[], changes: Many<Change>): ReadonlyMap<string, string> {
  const keys = new Set(some.map(({ key }) => key))
  const meant = changes.values().filter(({ key }) => keys.has(key))
  return new Map(
    meant.flatMap(({ key, name, fields }) => {
      const called = name ?? fields['name']?.to
      return typeof called === 'string' ? [[key, escaped(called.trim())] as const] : []
    }),
  )
}

function failures({ name: sync, changes }: SyncPlan, outcomes: readonly Outcome[], quiet: boolean): string[] {
  const failed = outcomes.flatMap(failure)
  const names = namesOf(failed, changes)
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

function summary(sync: SyncPlan, outcomes: readonly Outcome[]): string[] {
  const done = new Set(outcomes.flatMap(({ key, status }) => (status === 'done' ? [key] : [])))
  const open = sync.changes.length - done.size
  return counted(sync, WORDS, ({ key }) => done.has(key)).map(
    (line) => `${line}${open > 0 ? `, ${open} not done` : ''}`,
  )
}

/** What a sync would do. */
const planned = (sync: SyncPlan): string[] => counted(sync, PLANNED, () => true)

type OpWords = { readonly [op in Op]: string }
const WORDS: OpWords = { create: 'created', update: 'updated', retire: 'retired', remove: 'removed' }
const PLANNED: OpWords = { create: 'to create', update: 'to update', retire: 'to retire', remove: 'to remove' }

/** How many changes of each kind a sync has, of those that count; nothing of one without changes. */
function counted({ name, changes }: SyncPlan, words: OpWords, counts: (change: Change) => boolean): string[] {
  if (changes.length === 0) return []
  const found = { create: 0, update: 0, retire: 0, remove: 0 }
  const ops = new Set<string>()
  for (const change of changes) {
    ops.add(change.op)
    if (counts(change)) found[change.op] += 1
  }
  // Few syncs remove anything.
  const told = Object.entries(found).filter(([op]) => op !== 'remove' || ops.has(op))
  return [`*${name}*: ${told.map(([op, some]) => `${some} ${words[op as Op]}`).join(', ')}`] // Object.entries forgets the names
}

/** The three characters that mean something in mrkdwn, and line breaks. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ')
}
