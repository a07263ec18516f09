/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * A Salesforce row: column to value, as the REST API would give it; a column left out reads null.
 */
export type Row = { [column: string]: Json }

/** The custom field values of an organization or a user, by field key. */
export type FieldValues = { [key: string]: Json }

/** An organization, key for key and in the order of the recorded Zendesk responses. */
export type Organization = {
  readonly url: string
  readonly id: number
  readonly name: string
  readonly shared_tickets: boolean
  readonly shared_comments: boolean
  readonly external_id: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly domain_names: readonly string[]
  readonly details: string | null
  readonly notes: string | null
  readonly group_id: number | null
  readonly tags: readonly string[]
  readonly organization_fields: Readonly<FieldValues>
}

/** A user, key for key and in the order of the Zendesk responses recorded in May 2026. */
export type User = {
  readonly id: number
  readonly url: string
  readonly name: string
  readonly email: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly time_zone: string
  readonly iana_time_zone: string
  readonly phone: string | null
  readonly shared_phone_number: boolean | null
  readonly photo: Json
  readonly locale_id: number
  readonly locale: string
  readonly organization_id: number | null
  readonly role: 'end-user' | 'agent' | 'admin'
  readonly verified: boolean
  readonly external_id: string | null
  readonly tags: readonly string[]
  readonly alias: string | null
  readonly active: boolean
  readonly shared: boolean
  readonly shared_agent: boolean
  readonly last_login_at: string | null
  readonly two_factor_auth_enabled: boolean | null
  readonly signature: string | null
  readonly details: string | null
  readonly notes: string | null
  readonly role_type: number | null
  readonly custom_role_id: number | null
  readonly is_billing_admin: boolean | null
  readonly moderator: boolean
  readonly ticket_restriction: string | null
  readonly only_private_comments: boolean
  readonly restricted_agent: boolean
  readonly suspended: boolean
  readonly default_group_id: number | null
  readonly report_csv: boolean
  readonly user_fields: Readonly<FieldValues>
  readonly suspension_details: Json
}

export type FieldType =
  | 'text'
  | 'textarea'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'checkbox'
  | 'regexp'
  | 'dropdown'
  | 'multiselect'
  | 'lookup'

/**
 * The definition of one custom field of organizations or users; `tag` belongs to checkboxes, the
 * options to dropdowns.
 */
export type Field = {
  readonly url: string
  readonly id: number
  readonly type: FieldType
  readonly key: string
  readonly title: string
  readonly description: string
  readonly raw_title: string
  readonly raw_description: string
  readonly position: number
  readonly active: boolean
  readonly system: boolean
  readonly regexp_for_validation: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly tag?: string
  readonly custom_field_options?: readonly {
    readonly id: number
    readonly name: string
    readonly raw_name: string
    readonly value: string
  }[]
}

export type Membership = {
  readonly url: string
  readonly id: number
  readonly user_id: number
  readonly organization_id: number
  readonly default: boolean
  readonly created_at: string
  readonly updated_at: string
}

export type Identity = {
  readonly url: string
  readonly id: number
  readonly user_id: number
  readonly type: 'email'
  readonly value: string
  readonly verified: boolean
  readonly primary: boolean
  readonly created_at: string
  readonly updated_at: string
  readonly undeliverable_count: number
  readonly deliverable_state: string
}

export type JobStatus = {
  readonly id: string
  readonly job_type: string
  readonly url: string
  readonly total: number
  readonly progress: number | null
  readonly status: 'queued' | 'working' | 'completed' | 'failed' | 'killed'
  readonly message: string | null
  readonly results: readonly { readonly [key: string]: Json }[] | null
}

/** Only `name` must be given; what is left out gets the value a new record has. */
export type Seed<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** The state of one Zendesk instance before the start. */
export type ZendeskWorld = {
  readonly organizations: readonly Seed<Organization>[]
  readonly users: readonly Seed<User>[]
  readonly organization_fields: readonly Seed<Field>[]
  readonly user_fields: readonly Seed<Field>[]
}

/**
 * The data of a sandbox: Salesforce tables by object name, Zendesk instances by name; other keys of
 * a world file are ignored.
 */
export type World = {
  /** The calendar date of the data, `YYYY-MM-DD`; SOQL's TODAY is this day. */
  readonly asOf?: string
  readonly salesforce: { readonly [object: string]: readonly Row[] }
  readonly zendesk: { readonly [instance: string]: ZendeskWorld }
  readonly allianceAccountId?: string | null
  readonly protectedIds?: readonly string[]
}

/** One request as a service received it; secrets in it are replaced by `***`. */
export type RequestLog = {
  /** `salesforce`, `slack`, or the name of a Zendesk instance. */
  readonly service: string
  readonly method: string
  /** The path without `.json`. */
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly body?: Json
  /** 0 until it is answered, and for ever when the connection was destroyed instead. */
  readonly status: number
  /** The kind of the fault that met this request. */
  readonly fault?: string
}

/** Where the sandbox takes the time from; replaceable, so that tests can be at any date. */
export type Clock = { now(): Date }
