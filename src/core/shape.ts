/** A JSON Schema of objects that hold nothing else. */
export type ShapeSchema = {
  readonly type: 'object'
  readonly required?: readonly string[]
  readonly properties: { readonly [name: string]: object }
  readonly additionalProperties: false
}

/** A schema for each member of `T`, by its name; that of a member that may be absent ends with `?`. */
type Members<T> = string extends keyof T
  ? { readonly [name: string]: object }
  : { readonly [Name in keyof T & string as {} extends Pick<T, Name> ? `${Name}?` : Name]: object }

/**
 * The JSON Schema of a `T`: `shape<Options>({ name: text, 'chunk?': { type: 'integer' } })`. The
 * compiler holds names, and which may be absent, against the type.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a type to hold against, not to infer
export function shape<T extends object = { [name: string]: unknown }>(members: Members<NoInfer<T>>): ShapeSchema {
  const schemas = Object.entries<object>(members)
  const required = schemas.flatMap(([name]) => (name.endsWith('?') ? [] : [name]))
  const properties = Object.fromEntries(schemas.map(([name, schema]) => [name.replace(/\?$/, ''), schema]))
  return { type: 'object', ...(required.length > 0 && { required }), properties, additionalProperties: false }
}

/** The JSON Schema of objects whose values all fit `schema`, whatever their names are. */
export const mapOf = (schema: object): object => ({ type: 'object', additionalProperties: schema })
