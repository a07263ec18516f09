import type { Config } from '../core/config/define.ts'
import type { Json } from '../core/json.ts'
import type { Sync } from '../core/types.ts'

/** The names of the syncs of a configuration. */
type SyncIn<C extends Config> = keyof C['targets'] | HookIn<NonNullable<C['hooks']>>
type HookIn<Hooks> = { [Name in keyof Hooks]: Hooks[Name] extends Sync ? Name : never }[keyof Hooks]

type Expected =
  | { readonly fields: { readonly [field: string]: Json } }
  | { readonly absent: string }
  | { readonly skip: string }

/**
 * What a file for `zds test` exports by default, as TypeScript: rows by the name of their source,
 * and what should become of them by sync and key. `satisfies Mapping<typeof config>` knows the syncs
 * of a configuration, which is imported for its type alone.
 */
export type Mapping<C extends Config = Config> = {
  /** The day that the rules see. */
  readonly asOf: `${number}-${number}-${number}`
  /** Variables that the configuration reads. */
  readonly variables?: { readonly [name: string]: string }
  readonly given: { readonly [source: string]: readonly { readonly [column: string]: Json }[] }
  readonly expect: { readonly [Name in SyncIn<C>]?: { readonly [key: string]: Expected } }
}
