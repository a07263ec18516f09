import { owns } from '../compare/decide.ts'
import { normalise, same } from '../field-types.ts'
import { keyReader } from '../keys.ts'
import type { Explained, ExplainedRule } from '../explained.ts'
import type { Json } from '../json.ts'
import type { Change, Op, Skip, Words } from '../plan/plan.ts'
import type { Existing, Fields, Sync } from '../types.ts'

/** All that is known of one key of one sync: what was read, and what the plan says. */
export type KnownOfKey = {
  readonly sync: Sync
  readonly key: string
  readonly live: Existing | undefined
  readonly record: Fields | undefined
  /** Why there is no record, where a processor says so. */
  readonly absent: string | undefined
  readonly change: Change | undefined
  readonly skip: Skip | undefined
  readonly words: Words
}

export type KeyVerdict = {
  readonly verdict: Exclude<Op, 'remove'> | 'in-sync' | 'skipped' | 'absent'
  /** The word of the plan; of a record that is not desired, why. */
  readonly reason?: string
}

/** The rule that retires what nobody desires. */
const RETIRE = 'AMB-17'

/** What is planned for a key, or why nothing is; undefined where the sync has no say in it. */
export function verdictOf({ sync, live, record, absent, change, skip }: KnownOfKey): KeyVerdict | undefined {
  const reasonOf = (reason: string | undefined) => (reason === undefined ? {} : { reason })
  if (change !== undefined)
    return { verdict: change.op === 'remove' ? 'retire' : change.op, ...reasonOf(change.reason ?? skip?.reason) }
  if (skip !== undefined) return { verdict: 'skipped', reason: skip.reason }
  if (live !== undefined && record !== undefined) return { verdict: 'in-sync' }
  if (live !== undefined && owns(live.fields, sync)) return { verdict: 'in-sync', reason: absent ?? 'gone' }
  if (record !== undefined || absent !== undefined) return { verdict: 'absent', reason: absent ?? 'not-owned' }
  return undefined
}

/** A field as it is, as it should be, and what follows. */
export type FieldAnswer = {
  readonly field: string
  readonly live: Json
  readonly desired: Json
  readonly verdict: 'same' | 'differs' | 'not-managed'
  /** What the desired value came from, in words, and the rules that had a say, in order. */
  readonly from: string
  readonly rules: readonly string[]
}

/** Every field of the target, where there is a record on either side. */
export function fieldsOf(
  known: KnownOfKey,
  { fields }: Pick<Explained, 'fields'>,
  { verdict: all, reason }: KeyVerdict,
): FieldAnswer[] {
  const { sync, live, record, change } = known
  if (live === undefined && record === undefined) return []
  const { retire } = sync.rules
  const retires = (all === 'retire' || all === 'in-sync') && typeof retire === 'object'
  const wanted: Fields = record ?? (retires ? retire : {})
  return Object.entries(sync.target.types).map(([field, type]) => {
    const verdict = field in wanted ? fieldVerdict(field, wanted, known) : 'not-managed'
    const made = fields[field] ?? { from: sync.desired.name, rules: [] }
    const { from, rules } =
      record === undefined && field in wanted ? { from: `${reason}, so it is retired`, rules: [RETIRE] } : made
    return {
      field,
      live: normalise(type, live?.fields[field]),
      desired: normalise(type, change?.fields[field]?.to ?? wanted[field]),
      verdict,
      from,
      rules: [...new Set([...rules, ...ownRules(field, sync)])],
    }
  })
}

/** A field that is only adopted, or spelt otherwise, is no difference until something is written. */
function fieldVerdict(field: string, wanted: Fields, { sync, key, live, change }: KnownOfKey): FieldAnswer['verdict'] {
  const { rules, target } = sync
  if (same(target.types[field], live?.fields[field], wanted[field])) return 'same'
  if (live === undefined || (change !== undefined && field in change.fields)) return 'differs'
  if (rules.adopt?.includes(field) === true) return 'not-managed'
  const isKey = [rules.key].flat().includes(field) && keyReader(rules, target.types).ofFields(live.fields).text === key
  return isKey ? 'same' : 'differs'
}

/** The rules of the comparison that a field is named in, and those that its sync names. */
function ownRules(field: string, { rules }: Sync): string[] {
  const { key, unique, adopt = [], retire, ids = {} } = rules
  const named = ids[field] === undefined ? [] : [ids[field]]
  return [
    ...named,
    ...([key].flat().includes(field) ? ['CMP-01'] : []),
    ...(unique === field ? ['AMB-20'] : []),
    ...(adopt.includes(field) ? ['SAFE-05'] : []),
    ...(typeof retire === 'object' && field in retire ? ['AMB-18'] : []),
  ]
}

const VERDICTS = {
  create: ['CMP-04', 'It is desired and not there yet, so it is created.'],
  update: ['CMP-03', 'It is there and differs, so what differs is written.'],
  retire: [RETIRE, 'It is there and nobody desires it, so it is retired.'],
  'in-sync': ['CMP-02', 'It is there, and as it should be.'],
} as const

/** The rules behind the engine's own reasons; whatever else is a reason has one of its own words. */
const REASONS: { readonly [reason: string]: string } = {
  'no-key': 'AMB-16',
  'key-invalid': 'SAFE-10',
  'duplicate-key': 'AMB-16',
  'name-taken': 'AMB-20',
  'not-owned': 'AMB-19',
  protected: 'CMP-07',
  'kept-by-rule': 'AMB-17',
  'incomplete-listing': 'SAFE-02',
}
const HELD = 'CMP-04'
const WITH_REASON = 'CHG-11'

/** The last rule: what the comparison makes of a key. Whatever is absent it says nothing of. */
export function verdictRules({ verdict, reason }: KeyVerdict, { sync, words }: KnownOfKey): ExplainedRule[] {
  if (verdict === 'absent') return []
  const of = sync.rules.words?.[reason ?? ''] === undefined ? WITH_REASON : HELD
  const why = reason !== undefined && verdict !== 'retire' && verdict !== 'in-sync'
  const held = why ? [{ id: REASONS[reason] ?? of, about: `${reason}: ${words[reason] ?? ''}`, changed: {} }] : []
  if (verdict === 'skipped') return held
  const [id, about] = verdict === 'in-sync' && reason !== undefined ? RETIRED : VERDICTS[verdict]
  return [...held, { id, about, changed: {} }]
}

const RETIRED = [RETIRE, 'Nobody desires it, and it is retired already.'] as const
