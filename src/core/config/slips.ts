import { refuse, type Issue } from '../errors.ts'
import type { FieldTypes } from '../field-types.ts'
import type { FieldTable } from '../fields.ts'
import { nearest } from '../options.ts'
import type { Rules, Sync } from '../types.ts'
import { limitSlips } from './limit-slips.ts'

type RuleName = keyof Rules
const OF_KEYS: readonly RuleName[] = ['key', 'fold', 'unique', 'adopt', 'owns', 'takesOver', 'yields']
const OF_FATES: readonly RuleName[] = ['holds', 'words', 'retire', 'retireFor', 'protects', 'ids', 'guards']
const PARTS: readonly string[] = ['fields', 'desired', 'target', 'rules', 'limits', 'readBack', 'after', 'onlyTied']

/**
 * Throws CONFIG_INVALID for whatever of a sync is not of its field table, and for limits that are
 * none: a slip would guard nothing, without a word.
 */
export function refuseSlips(made: Sync, definition: { readonly fields: FieldTable }): void {
  const { desired, target, rules, limits } = made
  const { fields: table } = definition
  const fields = Object.keys(table)
  const key = [rules.key].flat()
  const retireFor = desired.words === undefined ? [] : (rules.retireFor ?? [])
  refuse('CONFIG_INVALID', `The sync of ${target.instance} ${target.resource} does not fit its fields`, [
    ...strangers('sync', Object.keys(definition), PARTS),
    ...strangers('rules', Object.keys(rules), [...OF_KEYS, ...OF_FATES]),
    ...strangers('rules.key', key, fields),
    ...strangers('rules.unique', [rules.unique ?? []].flat(), fields),
    ...strangers('rules.adopt', rules.adopt ?? [], fields),
    ...strangers('rules.retire', rules.retire === 'remove' ? [] : Object.keys(rules.retire ?? {}), fields),
    ...strangers('rules.retireFor', retireFor, ['gone', ...Object.keys(desired.words ?? {})]),
    ...strangers('rules.ids', Object.keys(rules.ids ?? {}), fields),
    ...strangers('limits.fields', Object.keys(limits?.fields ?? {}), fields),
    ...limitSlips(limits ?? {}),
    ...strangers('desired', Object.keys(desired.types ?? {}), fields),
    ...strangers('target', fields, Object.keys(target.types)),
    ...otherTypes('desired', desired.types ?? {}, table),
    ...otherTypes('target', target.types, table),
    ...key
      .filter((field) => table[field]?.type.keyable === false)
      .map((field) =>
        issue('rules.key', `${field} is ${table[field]?.type.name}, which cannot say whose record it is`),
      ),
    ...(rules.holds && !rules.words
      ? [issue('rules.words', 'is missing: it says what the reasons of holds mean')]
      : []),
  ])
}

/** Words that are not among those that can be meant. */
function strangers(where: string, words: readonly string[], known: readonly string[]): Issue[] {
  return words
    .filter((word) => !known.includes(word))
    .map((word) => {
      const meant = nearest(word, known)
      const hint = meant === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(meant)}?`
      return { ...issue(where, `there is no ${word}`), hint }
    })
}

/** Fields that are of one type here and of another in the table. */
function otherTypes(where: string, types: FieldTypes, table: FieldTable): Issue[] {
  return Object.entries(types).flatMap(([field, { name }]) => {
    const meant = table[field]?.type.name ?? name
    return meant === name ? [] : [issue(where, `${field} is ${name}, and ${meant} in the table`)]
  })
}

const issue = (where: string, message: string): Issue => ({ code: 'CONFIG_INVALID', where, message })
