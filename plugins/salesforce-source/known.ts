/**
 * The objects of the org: columns, each with what it holds; relationships, each with the objects it
 * may lead to; and of those that the configuration follows every column, `'Owner.Name'`. Empty, and
 * any column will do, until the file that `zds types` writes fills it.
 */
export interface Objects {}

type Parent = { readonly parent: string }

/** The columns of an object, by the names that a query has for them. */
export type ColumnsOf<Name> = Name extends keyof Objects ? Told<Objects[Name]> & Untold<Objects[Name]> : never

type Told<Held> = { readonly [Column in keyof Held as Held[Column] extends Parent ? never : Column]: Held[Column] }

/**
 * What is left to the check before a run: all the ways of all relationships would be more than a
 * compiler can take, tens of thousands for an org of some age.
 */
type Untold<Held> = { readonly [Path in WaysIn<Held>]: never }
type WaysIn<Held> = {
  [By in keyof Held]: Held[By] extends Parent ? WayOf<By & string, FollowedIn<Held>> : never
}[keyof Held]
type WayOf<By extends string, Followed> = By extends Followed ? `${By}.${string}.${string}` : `${By}.${string}`
type FollowedIn<Held> = keyof Held extends infer Path ? (Path extends `${infer By}.${string}` ? By : never) : never

/** A column of an object, or any, where the object is not known. */
export type ColumnName<Name extends string> = Name extends keyof Objects ? keyof ColumnsOf<Name> & string : string
