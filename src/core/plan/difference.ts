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
function byName({ asOf, config, undoes, syncs }: Plan): JsonObject {
  return {
    ...texts({ asOf, config, undoes }),
    syncs: Object.fromEntries(syncs.map((sync) => [sync.name, parts(sync)])),
  }
}

function parts({ name: _name, words: _words, changes, skipped, notices, excesses, ...rest }: SyncPlan): JsonObject {
  const held = skipped.flatMap(({ key, change }) => (change === undefined ? [] : [[key, content(change)] as const]))
  return {
    ...texts(rest),
    changes: Object.fromEntries(changes.values().map((change) => [change.key, content(change)])),
    held: Object.fromEntries(held),
    skipped: grouped(skipped.map(({ key, reason, id = '' }) => [`${key} ${id}`.trim(), reason])),
    notices: grouped(notices.map(({ key, code, message }) => [`${key} ${code}`, message])),
    excesses: texts(Object.fromEntries(excesses.map(({ id, count }) => [id, count]))),
  }
}

/** Several of one name are a list. */
function grouped(all: readonly (readonly [name: string, value: string])[]): JsonObject {
  const listed = [...Map.groupBy(all, ([name]) => name)].map(([name, some]) => {
    const values = some.map(([, value]) => value).toSorted()
    return [name, values.length === 1 ? values[0] : values] as const
  })
  return texts(Object.fromEntries(listed))
}

/** A value is one thing, whatever it is made of: as text json-diff-ts does not look into it. */
function content({ op, id, reason, along, fields }: Change): JsonObject {
  const written = Object.entries(fields).map(([field, change]) => [field, texts(change)])
  return { ...texts({ op, id, reason, along }), fields: Object.fromEntries(written) as JsonObject } // of texts
}

const texts = (values: { readonly [name: string]: unknown }): JsonObject =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, canonical((value ?? null) as Json)]))

/** A difference is told in values again. */
function whole(value: unknown): Json {
  if (typeof value === 'string') return parseJson(value) ?? null
  const json = (value ?? null) as Json // a part of what `byName` has made
  if (!isObject(json)) return json
  return Object.fromEntries(Object.entries(json).map(([key, part]) => [key, whole(part)]))
}
