import type { Setting } from 'zds'

export type PostgresOptions = {
  /**
   * `postgres://user:password@host:5432/database`; with TLS, certificates checked, but on this
   * machine. Parameters: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `host` (a directory with a
   * socket), `application_name`.
   */
  readonly url: Setting
  /** Whose state this is: projects in one database see nothing of one another. */
  readonly project: Setting
}

/** Where the database is, as a client is told it. */
export type PostgresConnection = { readonly [option: string]: unknown }
