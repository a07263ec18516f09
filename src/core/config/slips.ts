import { refuse, type Issue } from '../errors.ts'
import { misfit, type FieldTypes } from '../field-types.ts'
import type { FieldTable } from '../fields.ts'
import { checkOptions, hintAmong } from '../options.ts'
import { settingSchema } from '../settings.ts'
import { shape } from '../shape.ts'
import type { Fields, Guard, Rules, Sync } from '../types.ts'
import { limitSlips } from './limit-slips.ts'

const yesOrNo = { type: 'boolean' }
const names = { type: 'array', items: { type: 'string' }, title: 'a list of texts' }
/** Whatever else stands there retires nobody, without a word. */
const retire = {
  if: { type: 'object' },
  minProperties: 1,
  else: { const: 'remove', title: "'remove', or fields and their values" },
}

/** What `sync` is given, without what is in it for the compiler alone. */
type Definition = { readonly fields: FieldTable } & Omit<Sync, 'kind'>

const definitionSchema = shape<Definition>({
  fields: {},
  desired: {},
  target: {},
  rules: shape<Rules>({
    key: {},
    'fold?': {},
    'unique?': {},
    'adopt?': names,
    'owns?': {},
    'takesOver?': yesOrNo,
    'yields?': {},
    'holds?': {},
    'words?': {},
    'retire?': retire,
    'retireFor?': names,
    'protects?': {},
    'ids?': {},
    'guards?': { type: 'array', items: shape<Guard>({ setting: settingSchema, 'means?': {} }) },
  }),
  'limits?': {},
  'readBack?': { type: 'number', minimum: 0, maximum: 1 },
  'after?': {},
  'onlyTied?': yesOrNo,
})

/**
 * Throws CONFIG_INVALID for whatever of a definition means nothing: Node does not look at types, and
 * a rule with a slip in its name would guard nothing, without a word.
 */
export const refuseStrangers = (definition: object): void => checkOptions('sync', definitionSchema, definition)

/**
 * Throws CONFIG_INVALID for whatever of a sync is not of its field table, and for limits that are
 * none.
 */
export function refuseSlips({ desired, target, rules, limits }: Sync, table: FieldTable): void {
  const fields = Object.keys(table)
  const key = [rules.key].flat()
  const retireFor = desired.words === undefined ? [] : (rules.retireFor ?? [])
  const retired = rules.retire === 'remove' ? {} : (rules.retire ?? {})
  const held = [...fields, ...Object.keys(target.types)]
  refuse('CONFIG_INVALID', `The sync of ${target.instance} ${target.resource} does not fit its fields`, [
    ...strangers('rules.key', key, fields),
    ...strangers('rules.unique', [rules.unique ?? []].flat(), fields),
    ...strangers('rules.adopt', rules.adopt ?? [], fields),
    ...strangers('rules.retire', Object.keys(retired), fields),
    ...JUDGING.flatMap((rule) => strangers(`rules.${rule}`, namesRead(rule, rules), held)),
    ...misfits('rules.retire', retired, table),
    ...strangers('rules.retireFor', retireFor, ['gone', ...Object.keys(desired.words ?? {})]),
    ...strangers('rules.ids', Object.keys(rules.ids ?? {}), fields),
    ...strangers('limits.fields', Object.keys(limits?.fields ?? {}), fields),
    ...limitSlips(limits ?? {}),
    ...strangers('desired', Object.keys(desired.types ?? {}), fields),
    ...strangers('target', fields, Object.keys(target.types)),
    ...otherTypes('desired', desired.types ?? {}, table),
    ...otherTypes('target', target.types, table),
    ...key.flatMap((field) => {
      const type = table[field]?.type
      const message = `${field} is ${type?.name}, which cannot say whose record it is`
      return type?.keyable === false ? [issue('rules.key', message)] : []
    }),
    ...(rules.holds && !rules.words
      ? [issue('rules.words', 'is missing: it says what the reasons of holds mean')]
      : []),
  ])
}

/** Words that are not among those that can be meant. */
function strangers(where: string, words: readonly string[], known: readonly string[]): Issue[] {
  return words
    .filter((word) => !known.includes(word))
    .map((word) => ({ ...issue(where, `there is no ${word}`), hint: hintAmong(word, known) }))
}

/** The rules that look at a record. */
const JUDGING = ['owns', 'protects', 'holds'] as const

/**
 * What a rule reads of a record, by a look at it with an empty one: a slip there is no error to
 * JavaScript, and protects nobody.
 */
function namesRead(rule: (typeof JUDGING)[number], rules: Rules): readonly string[] {
  const read = new Set<string>()
  const record = new Proxy<Fields>({}, { get: (_, name) => (typeof name === 'string' && read.add(name), null) })
  try {
    rules[rule]?.(record)
  } catch {
    // An empty record may be none that it can take, or a setting that it reads is not set yet.
  }
  return [...read].filter((name) => !(name in Object.prototype) && name !== 'toJSON')
}

/** Values that their fields cannot hold. */
function misfits(where: string, values: Fields, table: FieldTable): Issue[] {
  return Object.entries(values).flatMap(([field, value]) => {
    const type = table[field]?.type
    const problem = type && misfit(type, value)
    return problem === undefined ? [] : [issue(where, `${field} ${problem}`)]
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
