/**
 * What the compiler knows of names that only services know. These interfaces are empty, and any
 * name will do, until the file that `zds types` writes fills them (docs/types.md).
 */

/** The columns of rows, each with what it holds, by what the rows are of. */
export interface Columns {}

/** The facts that processors compute, each with what it is. */
export interface Facts {}

/** One of many names, or any, where none is known. */
type Among<Known, Name> = keyof Known extends never ? string : Name & string

/** The names in an object whose values fit; of what may hold anything, all. */
type Fitting<Held, Value> = { [Name in keyof Held]: Held[Name] extends Value ? Name : never }[keyof Held]
type FittingIn<Row, Value> = Row extends unknown ? Fitting<Row, Value> : never

/** A column that holds such values. */
export type ColumnOf<Value> = Among<Columns, FittingIn<Columns[keyof Columns], Value>>

/** A fact that is such a value. */
export type FactOf<Value> = Among<Facts, Fitting<Facts, Value>>

/** What a fact is: nothing that would not fit, where that is not known. */
export type FactNamed<Name> = Name extends keyof Facts ? Facts[Name] : never

/**
 * Names of a service for the compiler: members of an interface that a module leaves open, or of
 * something in it, each with its type as TypeScript writes it.
 */
export type Declared = {
  /** `zds/zendesk-target` */
  readonly module: string
  /** `['Instances', 'global', 'organizations']` */
  readonly within: readonly [string, ...string[]]
  readonly members: { readonly [name: string]: string }
}

/** Words as a type: `'gold' | 'silver'`. */
export function wordsType(words: readonly string[]): string {
  const each = [...new Set(words)].map((word) => `'${word.replaceAll(/['\\]/g, String.raw`\$&`)}'`)
  return each.toSorted().join(' | ') || 'never'
}
