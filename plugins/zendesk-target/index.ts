import { checkOptions, type FieldTable, type Target, type TypesOf } from 'zds'
import { BATCH_SIZE, OPEN_JOBS } from './write/batches.ts'
import { client } from './client.ts'
import { ORGANIZATION, USER, type Kind } from './kinds.ts'
import type { Held } from './known.ts'
import { RECORDS_OPTIONS, ZENDESK_OPTIONS, type RecordsOptions, type ZendeskOptions } from './options.ts'
import { jobs } from './write/jobs.ts'
import { slots } from './write/slots.ts'
import { target } from './targets.ts'

// A file of declarations adds to its interface: it can do so where nothing renames it.
export * from './known.ts'
export type { RecordsOptions, ZendeskOptions } from './options.ts'

/**
 * One Zendesk instance and the targets that it offers. Both throw CONFIG_INVALID for options that
 * they cannot use.
 */
export interface Zendesk<Name extends string = string> {
  organizations<const Table extends FieldTable>(
    options: RecordsOptions<Table> & Held<Table, Name, 'organizations'>,
  ): Target<TypesOf<Table>>
  users<const Table extends FieldTable>(
    options: RecordsOptions<Table> & Held<Table, Name, 'users'>,
  ): Target<TypesOf<Table>>
}

/**
 * A Zendesk instance. All its targets share one connection, one pace and the 30 jobs that may be
 * open at once (SAFE-04). Settings are read with the first request. Throws CONFIG_INVALID for
 * options that it cannot use.
 */
export function zendesk<const Name extends string>(options: ZendeskOptions & { readonly name: Name }): Zendesk<Name> {
  checkOptions(`zendesk(${options.name})`, ZENDESK_OPTIONS, options)
  const { createConcurrency = 4, createsInJobs = Infinity, smallestJob = BATCH_SIZE, confined = false } = options
  const pace = { createConcurrency, createsInJobs, smallestJob }
  const asking = client(options)
  const shared = { client: asking, slots: slots(OPEN_JOBS), jobs: jobs(asking), ...pace, confined }

  const records = <Table extends FieldTable>(name: string, kind: Kind, given: RecordsOptions<Table>) => {
    checkOptions(`zendesk(${options.name}).${kind.resource}`, RECORDS_OPTIONS, given)
    return target({ ...shared, name, kind, fields: given.fields, mayBeEmpty: given.mayBeEmpty })
  }
  return {
    organizations: (given) => records(`${options.name}-organizations`, ORGANIZATION, given),
    users: (given) => records(`${options.name}-users`, USER, given),
  }
}
