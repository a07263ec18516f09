import { inject } from 'vitest'
import type { Victim } from '../support/crash.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of a PostgreSQL, without a database. */
    readonly postgres: string
  }
}

/** The PostgreSQL that the files of this project share. */
export const server = (): string => inject('postgres')

/** How many requests to Zendesk wanted to change something. */
export const writes = ({ sandbox: { requests } }: Victim): number =>
  requests.filter(
    ({ service, method, path }) => /^(global|us_gov)$/.test(service) && method !== 'GET' && !path.includes('oauth'),
  ).length
