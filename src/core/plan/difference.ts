import { diff, type IChange } from 'json-diff-ts'
import { canonical, isObject, parseJson, type Json, type JsonObject } from '../json.ts'
import type { Change, Plan, SyncPlan } from './plan.ts'

/** Something that one plan has otherwise than another, or alone; `path` leads there by names. */
export type Difference = {
  readonly path: readonly string[]
  readonly kind: 'added' | 'removed' | 'changed'
  readonly from: Json
  readonly to: Json
}

/** What differs between two plans, but for when they were made. */
export function differencesOf(before: Plan, after: Plan): Difference[] {
  return diff(byName(before), byName(after)).flatMap((change) => leaves(change, []))
}

const KINDS = { ADD: 'added', REMOVE: 'removed', UPDATE: 'changed' } as const

function leaves({ key, type, changes, oldValue, value }: IChange, above: readonly string[]): Difference[] {
  const path = [...above, key]
  if (changes !== undefined) return changes.flatMap((change) => leaves(change, path))
  const [kind, from, to] = [KINDS[type], whole(oldValue), whole(value)]
  // Of what is removed, json-diff-ts calls the old value the value.
  return [kind === 'removed' ? { path, kind, from: to, to: from } : { path, kind, from, to }]
}

/** Lists have an order, and what is in a plan a name: each is compared with what has the same. */
function byName({ asOf, config, syncs }: Plan): JsonObject {
  return { asOf, config, syncs: Object.fromEntries(syncs.map((sync) => [sync.name, parts(sync)])) }
}

function parts({ changes, skipped, notices, excesses, existing, desired, complete }: SyncPlan): JsonObject {
  return {
    existing,
    desired,
    complete: canonical(complete),
    changes: Object.fromEntries(changes.values().map((change) => [change.key, content(change)])),
    skipped: Object.fromEntries(skipped.map(({ key, reason, id = '' }) => [`${key} ${id}`.trim(), reason])),
    notices: Object.fromEntries(notices.map(({ key, code, message }) => [`${key} ${code}`, message])),
    excesses: Object.fromEntries(excesses.map(({ id, count }) => [id, count])),
  }
}

/** A value is one thing, whatever it is made of: as text json-diff-ts does not look into it. */
function content({ op, id, reason, along, fields }: Change): JsonObject {
  const values = Object.entries(fields).map(([field, { from, to }]) => [
    field,
    { from: canonical(from), to: canonical(to) },
  ])
  const text = (one: Json | undefined): string => canonical(one ?? null)
  const written = Object.fromEntries(values) as JsonObject // of texts
  return { op, id: text(id), reason: text(reason), along: text(along), fields: written }
}

/** A difference is told in values again. */
function whole(value: unknown): Json {
  if (typeof value === 'string') {
    const told = parseJson(value)
    return told === undefined ? value : told
  }
  const json = (value ?? null) as Json // a part of what `byName` has made
  if (!isObject(json)) return json
  return Object.fromEntries(Object.entries(json).map(([key, part]) => [key, whole(part)]))
}
