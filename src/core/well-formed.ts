import { ZdsError } from './errors.ts'
import { isRecord } from './json.ts'
import type { Target } from './types.ts'

/** What a plugin hands over, in words, and whether something is that: no compiler looks at plain JavaScript. */
export type Form = { readonly means: string; readonly fits: (value: unknown) => boolean }

const areTexts = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string')

/** What any source yields. */
export const ROW: Form = {
  means: 'what JSON can say',
  fits: (value) => !['undefined', 'function', 'symbol', 'bigint'].includes(typeof value),
}

/** What a target yields. */
export const EXISTING: Form = {
  means: 'a record, { id, fields }',
  fits: (value) => isRecord(value) && areTexts(value['id']) && isRecord(value['fields']),
}

/** What a processor yields. */
export const DESIRED: Form = {
  means: '{ kind: record, key, fields }, { kind: absent or skip, key, reason } or { kind: notice, key, code, message }',
  fits: (value) => {
    if (!isRecord(value) || !areTexts(value['key'])) return false
    if (value['kind'] === 'record') return isRecord(value['fields'])
    if (value['kind'] === 'notice') return areTexts(value['code'], value['message'])
    return (value['kind'] === 'absent' || value['kind'] === 'skip') && areTexts(value['reason'])
  },
}

/** What became of a change. */
export const OUTCOME: Form = {
  means: '{ key, status: done, id } or { key, status: failed, stale or unresolved, code, message }',
  fits: (value) => {
    if (!isRecord(value) || !areTexts(value['key'])) return false
    if (value['status'] === 'done') return areTexts(value['id'])
    return /^(failed|stale|unresolved)$/.test(String(value['status'])) && areTexts(value['code'], value['message'])
  },
}

/** What a target tells while it works. */
export const STEP: Form = {
  means: `{ status: sending, keys }, { status: accepted, keys, job }, ${OUTCOME.means}`,
  fits: (value) => {
    if (!isRecord(value) || !('keys' in value)) return OUTCOME.fits(value)
    const { keys, status, job } = value
    return (
      Array.isArray(keys) && areTexts(...keys) && (status === 'sending' || (status === 'accepted' && areTexts(job)))
    )
  },
}

/** The rows that a plugin yields, each of the form that it has to have; else throws what `broken` makes of it. */
export async function* wellFormed<Row>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { means, fits }: Form,
  broken: (what: string) => ZdsError,
): AsyncGenerator<Row, void> {
  if (!areRows(rows)) throw broken(`gives ${wordFor(rows)}, and has to give rows as an async generator does`)
  let position = 0
  for await (const row of rows) {
    position += 1
    if (!fits(row)) throw broken(`yields ${wordFor(row)} as number ${position}, and has to yield ${means}`)
    yield row
  }
}

/** The same of a target, which `does` something. Throws TARGET_INVALID. */
export const fromTarget = <Row>(
  target: Target,
  does: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  form: Form,
): AsyncGenerator<Row, void> => wellFormed(rows, form, (what) => targetInvalid(target, `${does}: it ${what}`))

const areRows = (rows: unknown): boolean =>
  typeof rows === 'object' && rows !== null && (Symbol.asyncIterator in rows || Symbol.iterator in rows)

/** What somebody has given, without the values in it: they may be those of people. */
export function wordFor(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value !== 'object') return `a ${typeof value}`
  if ('then' in value) return 'a promise'
  const names = Object.keys(value)
  return names.length === 0 ? 'an object with nothing in it' : `an object with ${names.slice(0, 5).join(', ')}`
}

/** The error of a target that does not keep its word. */
export function targetInvalid({ instance, resource }: Pick<Target, 'instance' | 'resource'>, what: string): ZdsError {
  return new ZdsError('TARGET_INVALID', `The target of ${instance} ${resource} ${what}`, {
    hint: 'This is a defect of its plugin: hold it against the laws of a target (docs/write-a-plugin.md).',
  })
}
