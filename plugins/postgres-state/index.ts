import { Type } from 'typebox'
import { checkOptions, notInstalled, type OpenState, type Setting } from 'zds'

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

const schema = Type.Object({ url: Type.Unknown(), project: Type.Unknown() }, { additionalProperties: false })

/**
 * State in a PostgreSQL database, for runs that go on where another machine stopped: `state` of a
 * configuration. Only files for sorting lie on this machine, in `scratch` of the project's
 * directory. The client is loaded when it is opened.
 */
export function postgresState(options: PostgresOptions): OpenState {
  checkOptions('postgresState', schema, options)
  return async (directory) => (await import('./open.ts').catch(notInstalled)).open(options, directory)
}
