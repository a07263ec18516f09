import type { Json } from 'zds/sandbox'
import { idOf } from './ids.ts'

export type Fields = { readonly [field: string]: Json }
export type InstanceName = 'global' | 'us-gov'

/** An entry of the overrides file (AMB-04). */
export type Override = {
  readonly salesforce_id: string
  readonly instance?: InstanceName
  readonly set: Fields
  readonly reason: string
  readonly expires_on?: string | undefined
}

/** What the entries set for an account in an instance on a day (AMB-04, AMB-05). */
export const setFor = (account: string, instance: InstanceName, today: string, entries: readonly Override[]): Fields =>
  Object.assign(
    {},
    ...entries
      .filter((one) => idOf(one.salesforce_id) === account && (one.instance ?? instance) === instance)
      .filter((one) => (one.expires_on ?? today) >= today)
      .map(({ set }) => set),
  ) as Fields // of their sets
