import { isDate, isObject, misfit, type Field, type FieldTable, type Issue, type Json, type JsonObject } from 'zds'
import { ACCOUNT } from '../columns.ts'
import type { Catalogue } from '../catalogue.ts'
import { computedLater, EXPIRED, TYPES } from '../rules.ts'
import { salesforceId } from '../salesforce-id.ts'
import { sameInstance } from './instances.ts'
import { meantHint, problem, type Path, type YamlFile } from '../file-problems.ts'

/** The field table of each instance, by the name that entries give the instance. */
export type Tables = { readonly [instance: string]: FieldTable }

type Problem = { readonly path: Path; readonly message: string; readonly hint?: string }

/**
 * What of the entry number `index` fits the shape of an entry and is still wrong: id, instance,
 * dates, fields and their values.
 */
export function entryProblems(
  row: JsonObject,
  index: number,
  file: YamlFile,
  tables: Tables,
  catalogue?: Catalogue,
): Issue[] {
  const isOpen = (name: string): boolean => file.isOpen([index, 'set', name])
  const found = [
    ...headProblems(row, Object.keys(tables)),
    ...setProblems(row['set'], { tables: applicable(row['instance'], tables), catalogue, isOpen }),
  ]
  const id = JSON.stringify(row['salesforce_id'] ?? null)
  return found.map(({ path, message, hint }) => problem(file.at([index, ...path]), `entry ${id}: ${message}`, hint))
}

function headProblems(
  { salesforce_id: id, instance, reason, expires_on: until }: JsonObject,
  instances: readonly string[],
): Problem[] {
  const found: Problem[] = []
  const add = (key: string, message: string, hint: string) => found.push({ path: [key], message, hint })
  if (typeof id === 'string' && salesforceId(id) === undefined) {
    add(
      'salesforce_id',
      'this is no Salesforce id',
      'It has 15 or 18 letters and digits, and case matters: copy Account_ID_18__c.',
    )
  }
  if (typeof instance === 'string' && !instances.some((one) => sameInstance(one, instance))) {
    add('instance', `there is no instance ${JSON.stringify(instance)}`, meantHint(instance, instances))
  }
  if (typeof reason === 'string' && reason.trim() === '')
    add('reason', 'the reason is empty', 'Say why, for whoever meets this entry later.')
  if (typeof until === 'string' && !isDate(until))
    add('expires_on', `${JSON.stringify(until)} is no date`, 'Write it as YYYY-MM-DD.')
  return found
}

/**
 * The tables of the instances that an entry is for; all, where the instance is absent or unknown.
 */
export function applicable(instance: Json | undefined, tables: Tables): readonly FieldTable[] {
  const named = Object.entries(tables).filter(([name]) => typeof instance === 'string' && sameInstance(name, instance))
  return named.length === 0 ? Object.values(tables) : named.map(([, table]) => table)
}

/** What says that an organization goes is for the sync alone: it asks who is protected (AMB-18). */
const MARK = 'mark_for_deletion'

function setProblems(set: Json | undefined, known: KnownWords): Problem[] {
  if (!isObject(set)) return []
  const entries = Object.entries(set)
  if (entries.length === 0) return [{ path: ['set'], message: 'it sets nothing' }]
  return entries.flatMap(([name, value]) => {
    const fields = known.tables
      .map((table) => (Object.hasOwn(table, name) ? table[name] : undefined))
      .filter((field) => field !== undefined)
    const path = ['set', name]
    if (name === MARK) return [{ path, message: `${MARK} is set by the sync alone (AMB-18)` }]
    if (fields.length === 0) {
      const names = [...new Set(known.tables.flatMap((table) => Object.keys(table)))]
      return [{ path, message: `there is no field ${JSON.stringify(name)}`, hint: meantHint(name, names) }]
    }
    const found = fields.flatMap((field) => valueProblem(field, value, known) ?? [])
    if (found.length === 0 && known.isOpen(name)) found.push(LEFT_OPEN)
    const wrong = new Map(found.map((one) => [one.message, one]))
    return [...wrong.values()].map(({ message, hint }) => ({
      path,
      message: `${name} ${message}`,
      ...(hint && { hint }),
    }))
  })
}

/**
 * What an entry is held against: the tables of its instances, and the plans file if it is known;
 * whether nothing stands after the name of a field.
 */
type KnownWords = {
  readonly tables: readonly FieldTable[]
  readonly catalogue: Catalogue | undefined
  readonly isOpen: (name: string) => boolean
}

type Wrong = Omit<Problem, 'path'>

/** Who has not written a value may have forgotten it; `null` is meant. */
const LEFT_OPEN: Wrong = {
  message: 'has no value: the line was left open',
  hint: 'Write the value, or null where the field is to be emptied, or take the line out.',
}

function valueProblem(field: Field, value: Json, { catalogue }: KnownWords): Wrong | undefined {
  const { reads } = field
  const message = unfit(field, value)
  if (message !== undefined) return { message: `${message}, not ${JSON.stringify(value)}` }
  if (catalogue === undefined || reads.kind !== 'fact' || typeof value !== 'string') return undefined
  const options = optionsOf(reads.fact, catalogue)
  if (options === undefined || options.includes(value)) return undefined
  const later = computedLater.find(({ fact }) => fact === reads.fact)
  const hint = `${meantHint(value, options)}${later === undefined ? '' : ` It is computed after the overrides. ${later.instead}`}`
  return { message: `has no option ${JSON.stringify(value)}`, hint }
}

/** The values that a fact may have, where they are known: dropdowns are made for them. */
export function optionsOf(fact: string, { levels, regions }: Catalogue): readonly string[] | undefined {
  if (fact === 'level') return [...levels.map(({ level }) => level), EXPIRED]
  if (fact === 'type') return TYPES
  return fact === 'region' ? Object.values(regions) : undefined
}

function unfit({ type, reads }: Field, value: Json): string | undefined {
  if (reads.kind === 'columns' && reads.columns.includes(ACCOUNT.id))
    return 'says whose record it is and stays what it is'
  const mustBeDate = type.name === 'date' || (reads.kind === 'fact' && reads.fact === 'expiry')
  if (mustBeDate && !(typeof value === 'string' && isDate(value)) && !(type.name === 'date' && value === null))
    return 'must be a date, YYYY-MM-DD'
  // Elsewhere nothing empties the field. A line that is left open would take a subscription away.
  if (type.name === 'checkbox' && value === null) return 'must be true or false'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a finite number'
  return misfit(type, value)
}
