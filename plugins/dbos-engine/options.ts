import type { Setting } from 'zds'

export type DbosOptions = {
  /** Where the database is: `postgresConnection` of `zds/postgres-state`, in a function. */
  readonly connection: () => { readonly [option: string]: unknown }
  /** Whose runs these are: the project of the state. */
  readonly project: Setting
  /** How many stages a worker carries out at a time. Default 4. */
  readonly atOnce?: number
}
