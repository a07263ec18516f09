/**
 * The objects of the org: its columns, each with what it holds, and its relationships, each with
 * the objects it may lead to. Empty, and any column will do, until the file that `zds types` writes
 * fills it.
 */
export interface Objects {}

type Parent<To extends string = string> = { readonly parent: To }

/** The columns of an object and of its parents, by the names that a query has for them. */
export type ColumnsOf<Name> = Name extends keyof Objects ? Own<Objects[Name]> & OfParents<Objects[Name]> : never

type Own<Held> = { readonly [Column in keyof Held as Held[Column] extends Parent ? never : Column]: Held[Column] }

/** `Owner.Name`. What is further away is left to the check before a run. */
type OfParents<Held> = {
  readonly [Path in PathsIn<Held>]: Path extends `${infer By}.${infer Column}` ? HeldBy<Held, By, Column> : never
}
type PathsIn<Held> = {
  [By in keyof Held]: Held[By] extends Parent<infer To> ? Below<By & string, To> : never
}[keyof Held]
type Below<By extends string, To> = `${By}.${ColumnIn<To>}` | `${By}.${string}.${string}`
type ColumnIn<Name> = Name extends keyof Objects ? keyof Own<Objects[Name]> & string : string
type HeldBy<Held, By, Column> = By extends keyof Held
  ? Held[By] extends Parent<infer To>
    ? In<To, Column>
    : never
  : never
type In<Name, Column> = Name extends keyof Objects
  ? Column extends keyof Objects[Name]
    ? Objects[Name][Column]
    : never
  : never

/** A column of an object, or any, where the object is not known. */
export type ColumnName<Name extends string> = Name extends keyof Objects ? keyof ColumnsOf<Name> & string : string
