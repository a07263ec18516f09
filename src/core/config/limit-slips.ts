import type { Issue } from '../errors.ts'
import { problems } from '../options.ts'
import type { Limits } from '../plan/limits.ts'
import { OPS } from '../plan/plan.ts'
import { mapOf, shape } from '../shape.ts'

const share = { type: 'number', minimum: 0, maximum: 1 }
const count = { type: 'integer', minimum: 0 }
const measure = { 'share?': share, 'least?': count, 'count?': count }
const order = { if: { type: 'array' }, minItems: 1, else: { const: 'dates' } }
/** A bound that bounds nothing lets all pass. */
const bounding = { if: { required: ['count'] }, else: { required: ['share'] } }
const bound = { ...shape(measure), ...bounding, title: 'a share, or { share, least, count }' }

const schema = shape<Limits>({
  'create?': bound,
  'firstRun?': { type: 'boolean' },
  'update?': bound,
  'retire?': bound,
  'remove?': bound,
  'floor?': count,
  'drop?': share,
  'fields?': mapOf({ ...shape({ ...measure, 'order?': order }), ...bounding, title: '{ share, least, count, order }' }),
})

const HINT = 'A share is a part of one: 0.05 is 5 %. A number of records is { count: 5 }.'

/** What of limits would guard nothing, without a word: a share of 5 is 500 %. */
export function limitSlips(limits: Limits): Issue[] {
  const isShare = (name: string, value: unknown): boolean => typeof value === 'number' && OPS.some((op) => op === name)
  const entries = Object.entries(limits).map(([name, value]) => [name, isShare(name, value) ? { share: value } : value])
  return problems('CONFIG_INVALID', 'limits', schema, Object.fromEntries(entries)).map((one) => ({
    hint: HINT,
    ...one,
  }))
}
