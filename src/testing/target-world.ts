import assert from 'node:assert/strict'
import { apply } from '../core/apply/apply.ts'
import { checkedSteps } from '../core/apply/checked.ts'
import { same } from '../core/field-types.ts'
import type { Json } from '../core/json.ts'
import { lazily } from '../core/many.ts'
import type { Known, Outcome, Step } from '../core/outcome.ts'
import type { Change, Op, SyncPlan } from '../core/plan/plan.ts'
import { collect } from '../core/streams.ts'
import type { Existing, Target } from '../core/types.ts'
import { law, type WorldLaw } from './laws.ts'
import type { LentRun } from './run.ts'

/** A target over a fresh system with at least five records, and the changes to try on it. */
export type TargetWorld = {
  readonly target: Target
  /** A run of its own: `testRun()`, unless the system wants time to pass. */
  readonly run: () => LentRun
  /**
   * How many records the system holds: more than fit in a page of its listing, where it has pages.
   */
  size(): number
  /** An id that no record has. */
  readonly gone: string
  /** Changes that create this many records with new keys. */
  create(count: number): Change[]
  /** Changes of this many existing records, each naming some but not all of the fields. */
  update(count: number): Change[]
  /** The same for targets that can retire or remove; of a removal, what the records hold. */
  retire?(count: number): Change[]
  remove?(count: number): Change[]
  /**
   * A change of this operation that the system refuses, of a record that `update(3)` does not
   * touch.
   */
  refused(op: 'create' | 'update'): Change
  /**
   * Everything that the system holds of the record beyond what the change names and the moment of
   * the last change.
   */
  untouched(change: Change): Json
  /** Somebody gives a field that the change names another value than the change means. */
  edit(change: Change): Promise<void>
  /** The next writing request is carried out, and its answer lost. */
  lose(): void
  /**
   * Every writing request from now on is answered with this status and `Retry-After: 1`, and
   * changes nothing.
   */
  answer(status: 401 | 429 | 503): void
  /** How many writing requests the system has received. */
  writes(): number
  close(): Promise<void>
}

/** Changes of an operation that the target can carry out. */
export function changesOf(world: TargetWorld, op: Op, count: number): Change[] {
  const changes = world[op]?.(count)
  assert.ok(changes !== undefined, `The target can ${op}: say what it should ${op}`)
  return changes
}

/** Changes as a plan made just now would have them: with what the records hold. */
export async function asHeld(world: TargetWorld, changes: readonly Change[]): Promise<Change[]> {
  return Promise.all(
    changes.map(async (change) => {
      if (change.id === undefined) return change
      const now = await recordOf(world, change.id)
      const fields = Object.entries(change.fields).map(
        ([field, { to }]) => [field, { from: now?.fields[field] ?? null, to }] as const,
      )
      return {
        ...change,
        fields: Object.fromEntries(fields),
        ...(now?.version !== undefined && { version: now.version }),
      }
    }),
  )
}

/** A record as the target reads it now. */
export async function recordOf(world: TargetWorld, id = ''): Promise<Existing | undefined> {
  return (await collect(world.target.refetch([id], world.run())))[0]
}

/** What a target tells, held against its word by the engine, which hands out more than an array can hold. */
export async function steps(world: TargetWorld, changes: readonly Change[]): Promise<Step[]> {
  const planned = await asHeld(world, changes)
  const many = lazily(planned.length, () => planned.values())
  return collect(checkedSteps(world.target, many, world.run()))
}

/** The last outcome of each change of a plan that the engine carries out, all of it read back. */
export async function carriedOut(world: TargetWorld, changes: readonly Change[]): Promise<Map<string, Outcome>> {
  const attempt = { record: () => Promise.resolve(), created: () => undefined, known: new Map<string, Known>() }
  const told = apply(planOf(changes), { target: world.target, readBack: 1 }, attempt, world.run())
  return new Map((await collect(told)).map((outcome) => [outcome.key, outcome]))
}

export const planOf = (changes: readonly Change[]): SyncPlan => ({
  name: 'laws',
  instance: 'laws',
  resource: 'records',
  existing: 0,
  desired: 0,
  complete: { desired: true, existing: true },
  changes,
  skipped: [],
  words: {},
  notices: [],
  excesses: [],
})

/** A change is in what the target reads. */
export async function holds(world: TargetWorld, { op, key, fields }: Change, id: string): Promise<void> {
  const record = await recordOf(world, id)
  if (op === 'remove') return assert.equal(record, undefined)
  for (const [field, { to }] of Object.entries(fields)) {
    const value = record?.fields[field]
    assert.ok(same(world.target.types[field], value, to), `${field} of ${key}: ${JSON.stringify(value)}`)
  }
}

/** A target may say that it cannot know. */
export const unknown = (outcome: Outcome): boolean => outcome.status === 'failed' && outcome.code === 'fate-unknown'

export const outcomesOf = (all: readonly Step[]): Outcome[] =>
  all.filter((step) => step.status !== 'sending' && step.status !== 'accepted')

export function idOf(outcome: Outcome | undefined): string {
  assert.ok(outcome?.status === 'done', `${outcome?.key} is ${JSON.stringify(outcome)}`)
  return outcome.id
}

export const keysOf = (items: readonly { readonly key: string }[]): string[] => items.map(({ key }) => key).toSorted()

export const byId = <T extends { readonly id: string }>(records: readonly T[]): T[] =>
  records.toSorted((one, other) => (one.id < other.id ? -1 : 1))

/** A law for each operation; of those that a target cannot do there is nothing to hold. */
export const forEach = (
  ops: readonly Op[],
  name: string,
  check: (world: TargetWorld, op: Op) => Promise<void>,
): WorldLaw<TargetWorld>[] =>
  ops.map((op) =>
    law(`${op}: ${name}`, async (world) => {
      if (world.target.ops.includes(op)) await check(world, op)
    }),
  )
