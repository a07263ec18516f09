import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv'
import { distance } from 'fastest-levenshtein'
import { refuse, type Code, type Issue } from './errors.ts'

const ajv = new Ajv({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
  verbose: true,
  discriminator: true,
  // A schema is code, not input: to check each against the schema of schemas was a seventh of the
  // start.
  meta: false,
  validateSchema: false,
  code: { optimize: false },
})

/**
 * Checks the options of a plugin against its JSON Schema: all problems at once, each with its path.
 * Throws CONFIG_INVALID. Functions are opaque to a schema: describe them by `{}`,
 * and settings by `settingSchema`.
 */
export function checkOptions(plugin: string, schema: object, options: unknown): void {
  refuse(
    'CONFIG_INVALID',
    `${plugin} was given options it cannot use`,
    problems('CONFIG_INVALID', plugin, schema, options),
  )
}

/** What of `value` does not fit `schema`, each with its path below `where`, or where that says. */
export function problems(
  code: Code,
  where: string | ((path: readonly string[]) => string),
  schema: object,
  value: unknown,
): Issue[] {
  return misfitsOf(schema, value).map((one) => {
    const hint = hintFor(one)
    const place = typeof where === 'string' ? [where, ...one.path].join('.') : where(one.path)
    return { code, where: place, message: wording(one), ...(hint === undefined ? {} : { hint }) }
  })
}

/** Where a value does not fit its schema. */
export type Misfit = {
  readonly path: readonly string[]
  /** What of the schema refuses it. */
  readonly keyword: string
  /** What that says of it, as ajv names it: `missingProperty`, `additionalProperty`, `limit`. */
  readonly params: { readonly [name: string]: unknown }
  readonly message?: string
  /** What stands there. */
  readonly data?: unknown
  /** The names of what may stand in it. */
  readonly known: readonly string[]
  /** What its schema calls what should stand there (`title`). */
  readonly meant?: string
}

/** All that does not fit in a value. */
export function misfitsOf(schema: object, value: unknown): Misfit[] {
  const validate = ajv.compile(schema as AnySchemaObject) // ajv says so itself where it is none
  if (validate(value)) return []
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if').map(misfitIn)
}

function misfitIn({ instancePath, parentSchema, ...error }: ErrorObject): Misfit {
  const [, ...path] = instancePath.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const { properties = {}, title } = (parentSchema ?? {}) as { properties?: object; title?: string } // as JSON Schemas have them
  return { ...error, path, known: Object.keys(properties), ...(title !== undefined && { meant: title }) }
}

function wording({ keyword, params, message, data, meant }: Misfit): string {
  if (keyword === 'additionalProperties') return `has no option ${JSON.stringify(params['additionalProperty'])}`
  if (keyword === 'required') return `lacks ${JSON.stringify(params['missingProperty'])}`
  if (keyword === 'enum')
    return `must be one of ${JSON.stringify(params['allowedValues'])}, not ${JSON.stringify(data)}`
  return meant !== undefined && ['type', 'const'].includes(keyword) ? `must be ${meant}` : (message ?? keyword)
}

function hintFor({ keyword, params, known }: Misfit): string | undefined {
  if (keyword !== 'additionalProperties') return undefined
  return hintAmong(String(params['additionalProperty']), known, `Known options: ${known.join(', ')}.`)
}

/**
 * The known word that `word` is most likely a slip of: at most a third of its letters away, unless
 * `most` says how many; undefined when none is near.
 */
export function nearest(
  word: string,
  known: Iterable<string>,
  most = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  let best: { word: string; away: number } | undefined
  for (const candidate of known) {
    const away = distance(withoutBlanks(word), withoutBlanks(candidate))
    if (away <= most && (best === undefined || away < best.away)) best = { word: candidate, away }
  }
  return best?.word
}

/** Nobody sees a blank more or less, nor means another word by it. */
const withoutBlanks = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, '')

/**
 * What to do about a word that is none of some: the one that is meant, most likely, or else all of
 * them.
 */
export function hintAmong(
  word: string,
  known: readonly string[],
  otherwise = `There are: ${[...new Set(known)].join(', ')}.`,
): string {
  const meant = nearest(word, known)
  return meant === undefined ? otherwise : `Did you mean ${JSON.stringify(meant)}?`
}
