import { checkOptions, notInstalled, settingSchema, shape, type OpenState, type Setting } from 'zds'
import { connectionOf } from './address.ts'
import type { PostgresConnection, PostgresOptions } from './options.ts'

export type { PostgresConnection, PostgresOptions } from './options.ts'

const schema = shape<PostgresOptions>({ url: settingSchema, project: settingSchema })

/**
 * State in a PostgreSQL database, for runs that go on where another machine stopped: `state` of a
 * configuration. Only files for sorting lie on this machine, in `scratch` of the project's
 * directory. The client is loaded when it is opened.
 */
export function postgresState(options: PostgresOptions): OpenState {
  checkOptions('postgresState', schema, options)
  return async (directory) => (await import('./open.ts').catch(notInstalled)).open(options, directory)
}

/**
 * What a client has to be told to reach the same database as the state does, with the same TLS:
 * `connection` of `dbosEngine`. Throws ENV_MISSING, ENV_INVALID.
 */
export const postgresConnection = (url: Setting): PostgresConnection => ({ ...connectionOf(url) })
