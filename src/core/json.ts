/**
 * What survives a round trip through an artifact file. A `Date` does not, so the compiler refuses
 * one.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type JsonObject = { readonly [key: string]: Json }

export const isObject = (value: Json | undefined): value is JsonObject => isRecord(value)

/** The same of a value of which nothing is known. */
export const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON text with the keys of every object in order, so that equal values have equal text. */
export function canonical(value: Json): string {
  // A replacer takes its time, also where there is nothing to put in order.
  if (typeof value !== 'object') return JSON.stringify(value)
  return JSON.stringify(value, (_key, part: Json) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

/**
 * Parses text that must be JSON; undefined when it is not. JSON text has no undefined, so nothing
 * is lost.
 */
export function parseJson(text: string): Json | undefined {
  try {
    // JSON.parse returns `any`; by definition what it returns is Json.
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
