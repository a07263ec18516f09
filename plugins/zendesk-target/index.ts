import { checkOptions, type Target } from 'zds'
import { OPEN_JOBS } from './batches.ts'
import { client } from './client.ts'
import { ORGANIZATIONS_OPTIONS, ZENDESK_OPTIONS, type OrganizationsOptions, type ZendeskOptions } from './options.ts'
import { organizationTarget } from './organizations.ts'
import { slots } from './slots.ts'

export type { OrganizationsOptions, ZendeskOptions } from './options.ts'

/** One Zendesk instance and the targets that it offers. */
export interface Zendesk {
  /** Its organizations. Throws CONFIG_INVALID for options that it cannot use. */
  organizations(options: OrganizationsOptions): Target
}

/**
 * A Zendesk instance. All its targets share one connection, one pace and the 30 jobs that may be open at once (SAFE-04). Settings are read
 * with the first request. Throws CONFIG_INVALID for options that it cannot use.
 */
export function zendesk(options: ZendeskOptions): Zendesk {
  checkOptions(`zendesk(${options.name})`, ZENDESK_OPTIONS, options)
  const { createConcurrency = 4 } = options
  const connection = client(options)
  const places = slots(OPEN_JOBS)

  return {
    organizations: (given) => {
      checkOptions(`zendesk(${options.name}).organizations`, ORGANIZATIONS_OPTIONS, given)
      const { fields, mayBeEmpty } = given
      return organizationTarget({ client: connection, fields, slots: places, createConcurrency, mayBeEmpty })
    },
  }
}
