import { opCounts, type Because, type Op, type Plan, type SyncPlan } from './plan.ts'

/** Numbers by a word of zds or of the configuration. */
type Counts = { readonly [word: string]: number }

/**
 * What a plan does, in numbers: no name, address, id, key or value of any record. For those who may
 * not see the records.
 */
export type PlanNumbers = {
  readonly version: 1
  readonly createdAt: string
  readonly asOf: string
  readonly config: string
  /** The digest of the plan that this is the summary of. */
  readonly digest: string
  readonly syncs: readonly {
    readonly name: string
    readonly instance: string
    readonly resource: string
    readonly existing: number
    readonly desired: number
    readonly complete: SyncPlan['complete']
    readonly operations: { readonly [op in Op]: number }
    /** How many changes of existing records change a field; a create sets them all. */
    readonly fields: Counts
    /** What comes along with new records, by the words of their targets (SYN-03). */
    readonly along: Counts
    readonly skipped: Counts
    readonly notices: Counts
    readonly excesses: readonly {
      readonly id: string
      readonly op: string
      readonly field?: string
      readonly count: number
      readonly existing: number
      readonly limit: number
      readonly because?: Because
    }[]
  }[]
}

/**
 * The numbers of a plan. What is copied is named here one by one, so that what plans may hold one
 * day stays out.
 */
export function planNumbers({ createdAt, asOf, config, digest, syncs }: Plan): PlanNumbers {
  return { version: 1, createdAt, asOf, config, digest, syncs: syncs.map(syncSummary) }
}

function syncSummary(sync: SyncPlan): PlanNumbers['syncs'][number] {
  const { name, instance, resource, existing, desired, complete, changes, skipped, notices, excesses } = sync
  return {
    name,
    instance,
    resource,
    existing,
    desired,
    complete: { desired: complete.desired, existing: complete.existing },
    operations: opCounts(sync),
    fields: wordCounts(
      changes
        .values()
        .filter(({ op }) => op !== 'create')
        .flatMap(({ fields }) => Object.keys(fields)),
    ),
    along: wordCounts(changes.values().flatMap(({ remarks = [] }) => remarks.map(({ code }) => code))),
    skipped: wordCounts(skipped.map(({ reason }) => reason)),
    notices: wordCounts(notices.map(({ code }) => code)),
    excesses: excesses.map(({ id, op, field, count: some, existing: all, limit, because }) => ({
      id,
      op,
      ...(field !== undefined && { field }),
      count: some,
      existing: all,
      limit,
      ...(because && { because: { fields: because.fields, left: because.left } }),
    })),
  }
}

/** How often each word occurs; the most frequent first. */
export function wordCounts(words: Iterable<string>): Counts {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return Object.fromEntries([...counts].toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1)))
}
