import {
  checkbox,
  date,
  decimal,
  dropdown,
  integer,
  name,
  text,
  type Change,
  type FieldTable,
  type Json,
  type Setting,
  type Target,
} from 'zds'
import { startSandbox, type Fault, type Sandbox, type ZendeskOptions } from 'zds/sandbox'
import { zendesk } from 'zds/zendesk-target'

/** One field of each type, and the two attributes of an organization that a sync writes. */
export const FIELDS = {
  name: name('Name'),
  external_id: text('Account_ID_18__c'),
  salesforce_id: text('Account_ID_18__c'),
  support_level: dropdown(),
  mark_for_deletion: checkbox(),
  aar: decimal(),
  seats: integer(),
  migration_date: date(),
} satisfies FieldTable

export const setting = (variable: string, value: string | undefined): Setting => ({
  name: variable,
  peek: () => value,
  read: () => {
    if (value === undefined) throw new Error(`${variable} is not set`)
    return value
  },
})

/** Few and short retries, so that tests of failures end soon. */
const HTTP = { timeoutMs: 2_000, attempts: 3, baseDelayMs: 10 }

/** A sandbox whose instance `global` holds `count` organizations, and the target over it. */
export async function start(
  options: { count?: number; faults?: Fault[]; zendesk?: ZendeskOptions; fields?: FieldTable } = {},
) {
  const sandbox = await startSandbox({
    world: {
      salesforce: {},
      zendesk: {
        global: {
          organizations: Array.from({ length: options.count ?? 5 }, (_, n) => organization(n)),
          users: [{ name: 'Integration', email: 'integration@global.example', role: 'admin', verified: true }],
          organization_fields: CUSTOM_FIELDS,
          user_fields: [],
        },
      },
    },
    faults: options.faults ?? [],
    zendesk: { requestsPerMinute: 100_000, jobMs: { queued: 2, working: 5 }, ...options.zendesk },
  })
  return { sandbox, target: targetOf(sandbox, options.fields), records: () => instance(sandbox).organizations }
}

/** More than a page of definitions, so that the fields under test come on the second. */
const CUSTOM_FIELDS = [
  ...Array.from({ length: 120 }, (_, n) => ({ key: `agent_field_${n}`, type: 'text' as const })),
  { key: 'salesforce_id', type: 'text' as const },
  {
    key: 'support_level',
    type: 'dropdown' as const,
    custom_field_options: ['premium', 'ultimate', 'expired'].map((value, n) => ({
      id: n + 1,
      name: value,
      raw_name: value,
      value,
    })),
  },
  { key: 'mark_for_deletion', type: 'checkbox' as const },
  { key: 'aar', type: 'decimal' as const },
  { key: 'seats', type: 'integer' as const },
  { key: 'migration_date', type: 'date' as const },
  { key: 'assigned_se', type: 'text' as const },
  { key: 'retired_field', type: 'text' as const, active: false },
]

function organization(n: number) {
  return {
    id: 1001 + n,
    name: `Acme ${n}`,
    external_id: `001EXT${n}`,
    notes: 'written by an agent',
    details: 'also by an agent',
    domain_names: [`acme-${n}.example`],
    tags: ['handmade_tag'],
    organization_fields: {
      salesforce_id: `001EXT${n}`,
      assigned_se: 'Sam',
      support_level: 'premium',
      aar: 10.5,
      seats: 5,
    },
  }
}

function targetOf(sandbox: Sandbox, fields: FieldTable = FIELDS): Target {
  return connect(sandbox).organizations({ fields })
}

type Options = Parameters<typeof zendesk>[0]

export function connect(
  sandbox: Sandbox,
  credentials?: Pick<Options, 'oauth' | 'apiToken'>,
  more: Partial<Options> = {},
) {
  const { oauth, ...where } = optionsOf(sandbox)
  return zendesk({ ...where, ...more, ...(credentials ?? { oauth }) })
}

/** The instance of a sandbox, and how to sign in there. */
export function optionsOf(sandbox: Sandbox) {
  const of = (name: string): Setting => setting(name, sandbox.env[name])
  const oauth = { clientId: of('ZENDESK_GLOBAL_CLIENT_ID'), clientSecret: of('ZENDESK_GLOBAL_CLIENT_SECRET') }
  return { name: 'global', url: of('ZENDESK_GLOBAL_URL'), http: HTTP, oauth }
}

export function instance(sandbox: Sandbox) {
  const { global } = sandbox.zendesk
  if (global === undefined) throw new Error('the sandbox has no instance global')
  return global
}

type Values = { readonly [field: string]: Json }

const fieldsOf = (values: Values): Change['fields'] =>
  Object.fromEntries(Object.entries(values).map(([field, to]) => [field, { from: null, to }]))

/** The create of a new organization; `n` makes its key, name and external id. */
export function creating(n: number, values: Values = {}): Change {
  const key = `001NEW${n}`
  return {
    op: 'create',
    key,
    fields: fieldsOf({
      name: `New ${n}`,
      external_id: key,
      salesforce_id: key,
      support_level: 'premium',
      seats: n,
      ...values,
    }),
  }
}

/** An update of the `n`th organization of the sandbox. */
export function updating(n: number, values: Values = { support_level: 'ultimate', seats: 100 + n }): Change {
  return { op: 'update', key: `001EXT${n}`, id: String(1001 + n), fields: fieldsOf(values) }
}

export const retiring = (n: number): Change => ({ ...updating(n, { mark_for_deletion: true }), op: 'retire' })

export const many = (count: number, make: (n: number) => Change): Change[] =>
  Array.from({ length: count }, (_, n) => make(n))

/** Every request that writes a record below this path is answered with this status. */
export function answerAll(sandbox: Sandbox, path: string, status: number): void {
  for (const method of ['POST', 'PUT'])
    sandbox.faults.add({ service: 'zendesk', method, path, kind: 'status', status, retryAfter: 1, times: 0 })
}

/** The next request that writes a record below this path is carried out, and its answer lost. */
export function loseNext(sandbox: Sandbox, path: string): void {
  for (const method of ['POST', 'PUT']) sandbox.faults.add({ service: 'zendesk', method, path, kind: 'lost' })
}

/** Requests of this method whose path ends like this, as the sandbox received them. */
export const requestsTo = (sandbox: Sandbox, method: string, path: string) =>
  sandbox.requests.filter((request) => request.method === method && request.path.endsWith(path))
