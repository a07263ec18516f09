import { isObject, notInstalled, type Issue, type Json, type JsonObject } from 'zds'
import { sameInstance } from './instances.ts'
import { entryProblems, type Tables } from './problems.ts'
import type { Catalogue } from '../catalogue.ts'
import { salesforceId } from '../salesforce-id.ts'
import { problem, unusable } from '../file-problems.ts'
import { overridesSchema } from '../schemas.ts'

/** One validated entry of the overrides file (AMB-04). */
export type Override = {
  /** `file:line` of the entry. */
  readonly where: string
  /** 18 characters. */
  readonly salesforce_id: string
  /** Null: for every instance. */
  readonly instance: string | null
  /** Values by organization field. */
  readonly set: JsonObject
  readonly reason: string
  /** The last day on which the entry has an effect; null: for good. */
  readonly expires_on: string | null
}

/**
 * The entries in the text of an overrides file. Throws FILE_INVALID with all problems, each with
 * its line and entry.
 */
export async function entriesOf(
  where: string,
  text: string,
  tables: Tables,
  today: string,
  catalogue?: Catalogue,
): Promise<readonly Override[]> {
  const { misfits, parseYaml } = await import('../yaml-file.ts').catch(notInstalled)
  const file = parseYaml(where, text)
  if (file.value === null)
    throw unusable(where, [problem(file.at([]), 'is empty', 'Write [] where there are no overrides.')])
  const rows = listOf(file.value)
  const entries = rows.flatMap((row, index) =>
    isObject(row) ? [entryOf(row, file.at([index]), Object.keys(tables))] : [],
  )
  const problems = [
    ...file.repeated,
    ...misfits(file, overridesSchema, entryName(rows)),
    ...rows.flatMap((row, index) => (isObject(row) ? entryProblems(row, index, file, tables, catalogue) : [])),
    ...conflicts(entries, Object.keys(tables), today),
  ]
  if (problems.length > 0) throw unusable(where, problems)
  return entries
}

/** `entry "001…": set`: what stands at a path below the rows. */
const entryName =
  (rows: readonly Json[]) =>
  ([index, ...path]: readonly string[]): string => {
    const row = rows[Number(index)]
    const entry =
      isObject(row) && typeof row['salesforce_id'] === 'string'
        ? JSON.stringify(row['salesforce_id'])
        : `number ${Number(index) + 1}`
    return `entry ${entry}${path.length > 0 ? `: ${path.join('.')}` : ''}`
  }

/**
 * An entry with defaults filled in. What does not fit is replaced by nothing: it is reported, and
 * the entry not used.
 */
function entryOf(
  { salesforce_id: id, instance, set, reason, expires_on: until }: JsonObject,
  where: string,
  instances: readonly string[],
): Override {
  const named = textOf(instance)
  return {
    where,
    salesforce_id: salesforceId(textOf(id) ?? '') ?? JSON.stringify(id ?? null),
    instance: instances.find((one) => named !== null && sameInstance(one, named)) ?? named,
    set: isObject(set) ? set : {},
    reason: textOf(reason) ?? '',
    expires_on: textOf(until),
  }
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)

const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value.map((item: Json) => item) : [])

/**
 * Fields that two entries set for one account of one instance on this day: which of them would
 * count is a matter of luck.
 */
function conflicts(entries: readonly Override[], instances: readonly string[], today: string): Issue[] {
  const first = new Map<string, string>()
  return entries.filter(inEffect(today)).flatMap((entry) => {
    const twice = new Map<string, string>()
    for (const name of entry.instance === null ? instances : [entry.instance]) {
      for (const field of Object.keys(entry.set)) {
        const key = JSON.stringify([entry.salesforce_id, name, field])
        const before = first.get(key)
        if (before === undefined) first.set(key, entry.where)
        else twice.set(field, before)
      }
    }
    const message = (field: string, before: string) =>
      `entry ${entry.salesforce_id}: ${field} is already set by the entry at ${before}`
    return [...twice].map(([field, before]) => problem(entry.where, message(field, before), 'Keep one of them.'))
  })
}

/** Whether an entry has an effect on the day `today`; on its last day it has. */
export const inEffect =
  (today: string) =>
  ({ expires_on: until }: Override): boolean =>
    until === null || until >= today
