import { httpPolicySchema, settingSchema, shape, type FieldTable, type HttpPolicy, type Setting } from 'zds'
import type { ApiToken, OAuth } from './auth.ts'

export type ZendeskOptions = {
  /** The instance, as plans, errors and stages name it: `global`. */
  readonly name: string
  /** `https://example.zendesk.com` */
  readonly url: Setting
  /** Used where both its settings are set. */
  readonly oauth?: OAuth
  /** Used otherwise. Zendesk stops API tokens on 30 April 2027. */
  readonly apiToken?: ApiToken
  /** Default: what the environment says (`ZDS_HTTP_*`). */
  readonly http?: HttpPolicy
  /** Requests to the instance at a time. Default 4. */
  readonly concurrency?: number
  /** The share of the account's rate limit that is left to agents and other tools. Default 0.2. */
  readonly reserve?: number
  /** Records that are being created at a time. Default 4. */
  readonly createConcurrency?: number
  /**
   * Its records are told where they are asked for only: reports have files of their own for them,
   * Slack gets numbers, logs and assistants nothing (OPS-08). Default false.
   */
  readonly confined?: boolean
  /** From so many organizations on they are created in jobs, not one by one. Default: never. */
  readonly createsInJobs?: number
  /**
   * Records in a job while some of the 30 that may be open are unused: with fewer, more jobs share
   * the work. At most 100, which is the default.
   */
  readonly smallestJob?: number
}

export type RecordsOptions<Table extends FieldTable = FieldTable> = {
  /**
   * What of a record is read and written. Attributes of the record itself (an organization's `name`
   * and `external_id`; a user's `name`, `email`, `role` and `organization_id`) have these names,
   * every other key is a custom field.
   */
  readonly fields: Table
  /** An instance without any such record is nothing strange. Default false (SAFE-02). */
  readonly mayBeEmpty?: boolean
}

const text = { type: 'string', minLength: 1 }
/** So many at a time no service takes. */
const few = { type: 'integer', minimum: 1, maximum: 100 }

/** @internal */
export const ZENDESK_OPTIONS = shape<ZendeskOptions>({
  name: text,
  url: settingSchema,
  'oauth?': shape<OAuth>({ clientId: settingSchema, clientSecret: settingSchema, 'scope?': text }),
  'apiToken?': shape<ApiToken>({ email: settingSchema, token: settingSchema }),
  'http?': httpPolicySchema,
  'concurrency?': few,
  'reserve?': { type: 'number', minimum: 0, maximum: 1 },
  'createConcurrency?': few,
  'confined?': { type: 'boolean' },
  'createsInJobs?': { type: 'integer', minimum: 1 },
  'smallestJob?': { type: 'integer', minimum: 1, maximum: 100 },
})

/** @internal */
export const RECORDS_OPTIONS = shape<RecordsOptions>({
  fields: { type: 'object', minProperties: 1 },
  'mayBeEmpty?': { type: 'boolean' },
})
