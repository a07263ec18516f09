import {
  assertAsked,
  checkbox,
  checkOptions,
  domains,
  emails,
  foldAddress,
  keyReader,
  name,
  planSource,
  ref,
  reference,
  settingSchema,
  shape,
  sync,
  text,
  typesOf,
  type Desired,
  type FieldTable,
  type Fields,
  type JsonObject,
  type LimitsFor,
  type Processor,
  type Ref,
  type Run,
  type Setting,
  type Source,
  type Sync,
  type Target,
  type TypesOf,
} from 'zds'
import { contactColumns, contactOf, firstOfEach, type Contact } from './contacts.ts'
import { explain, RULES } from './explain.ts'

export { contactColumns } from './contacts.ts'

/**
 * The fields of a user that the sync reads; it writes name, organization and `not_in_sfdc`
 * (USR-06), and the address of a new one.
 */
export const userFields = {
  name: name(),
  email: text(),
  role: text(),
  organization_id: reference(),
  not_in_sfdc: checkbox(),
} satisfies FieldTable

const END_USER = 'end-user'

/** Whose role it is says whether we may touch a user; nobody gets one from us. */
const { role: _, ...written } = userFields

export type UserSyncOptions = {
  /** The sync of the organizations that the users belong to. */
  readonly after: Sync
  /** The users of the instance. */
  readonly users: Target<TypesOf<typeof userFields>>
  /** The support contacts of its organizations, with `contactColumns`. */
  readonly contacts: Source<JsonObject>
  /** Addresses that are never touched (USR-02): domains and whole addresses, several in each. */
  readonly protect: { readonly domains: Setting; readonly emails: Setting }
  readonly limits?: LimitsFor<typeof userFields>
}

const named = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
const schema = shape<UserSyncOptions>({
  after: { type: 'object', required: ['kind'], properties: { kind: { type: 'string', const: 'sync' } } },
  users: named,
  contacts: named,
  protect: shape<UserSyncOptions['protect']>({ domains: settingSchema, emails: settingSchema }),
  'limits?': {},
})

/**
 * Keeps the end users of an instance in step with the support contacts of its organizations
 * (USR-01..07), after those.
 */
export function usGovUserSync(options: UserSyncOptions): Sync {
  checkOptions('usGovUserSync', schema, options)
  const { after, users, contacts, protect, limits } = options
  const [key] = contactColumns
  assertAsked('usGovUserSync', contacts, key, contactColumns)
  const { isProtected, guards } = protection(protect)
  return sync({
    fields: userFields,
    desired: desiredUsers(options, isProtected),
    target: users,
    after: [after],
    onlyTied: true,
    rules: {
      key: 'email',
      adopt: ['email'],
      retire: { not_in_sfdc: true },
      owns: ({ role }) => role === END_USER,
      protects: ({ email }) => email !== null && isProtected(email),
      guards,
      ids: RULES,
    },
    ...(limits && { limits }),
  })
}

/**
 * Whether an address is one that is never touched, whatever its case. A domain means itself, none
 * below it.
 */
function protection(protect: UserSyncOptions['protect']) {
  const guards = [
    {
      setting: domains(protect.domains),
      means: (domain: string, email: string) => foldAddress(email).endsWith(`@${domain}`),
    },
    { setting: emails(protect.emails), means: (known: string, email: string) => foldAddress(email) === known },
  ]
  const isProtected = (email: string): boolean =>
    guards.some(({ setting, means }) => setting.read().some((value) => means(value, email)))
  return { guards, isProtected }
}

/** A user for each contact (CTC-01..06); what stands in the way of one is said in its place. */
function desiredUsers(options: UserSyncOptions, isProtected: (email: string) => boolean): Processor {
  const { after, contacts, users } = options
  const plan = planSource(after)
  return {
    name: `${users.name}-desired`,
    types: typesOf(written),
    words: {
      'duplicate-email': 'another contact has this address',
      'no-organization': 'its account has no organization here, and none is created, or it has several',
      'organization-unknown': 'nobody knows whose its organization is',
    },
    needs: [contacts, after.target, plan, users],
    mayBeEmpty: true,
    explain: async (asked, run) => {
      const { counts } = await organizationsOf(options, run)
      return explain(contacts, { isProtected, counts }, asked, run)
    },
    read: async function* (run) {
      const { homeOf, counts, unknown } = await organizationsOf(options, run)
      const found: Contact[] = []
      const waiting = new Map<string, Contact>()
      for await (const row of run.input(contacts)) {
        const contact = contactOf(row)
        if (contact !== undefined) found.push(contact)
      }
      for (const { contact, others } of firstOfEach(found, counts)) {
        const { email: key } = contact
        for (const other of others) yield { kind: 'skip', key, reason: 'duplicate-email', name: other.name }
        const organization = homeOf(contact)
        if (isProtected(key)) yield { kind: 'skip', key, reason: 'protected' }
        else if (organization === undefined) waiting.set(key, contact)
        else yield { kind: 'record', key, fields: userOf(contact, organization) }
      }
      if (unknown.size === 0 && waiting.size === 0) return
      const tied = new Set(found.map(({ email }) => email))
      const judged = (email: string): boolean => tied.has(email) || isProtected(email)
      for await (const { fields } of run.input(users)) {
        yield* stranded(fields, unknown, judged)
        yield* kept(fields, waiting)
      }
      for (const key of waiting.keys()) yield { kind: 'skip', key, reason: 'no-organization' }
    },
  }
}

/** A user whom nobody desires, in one of these organizations, which nobody knows the account of, stays. */
function* stranded(user: Fields, unknown: ReadonlySet<string>, judged: (email: string) => boolean): Generator<Desired> {
  const { email: key, role, organization_id: organization, not_in_sfdc: marked } = user
  if (typeof key !== 'string' || typeof organization !== 'string' || role !== END_USER || marked === true) return
  if (unknown.has(organization) && !judged(key)) yield { kind: 'skip', key, reason: 'organization-unknown' }
}

/**
 * A contact whose account has no organization, as another one has its name (AMB-20), or has two, and
 * nobody knows which is meant (AMB-16), is not made a user, but one who is a user stays one, and
 * stays where it is.
 */
function* kept({ email: key }: Fields, waiting: Map<string, Contact>): Generator<Desired> {
  const contact = typeof key === 'string' ? waiting.get(key) : undefined
  if (contact === undefined) return
  waiting.delete(contact.email)
  yield { kind: 'record', key: contact.email, fields: userOf(contact, undefined) }
}

/** Without an organization, that of the user is left alone. */
function userOf({ name, email }: Contact, organization: string | Ref | undefined): Fields {
  return { name, email, not_in_sfdc: false, ...(organization !== undefined && { organization_id: organization }) }
}

type Organizations = {
  /**
   * The organization of the account of a contact: its id, or a ref where it is created in the same
   * run (CTC-06); undefined where it has none, or several (AMB-16).
   */
  readonly homeOf: (contact: Contact) => string | Ref | undefined
  /** Whether its account has an organization at all: else it does not count beside one whose has (CTC-01). */
  readonly counts: (contact: Contact) => boolean
  /** Ids of organizations that nobody knows the account of: no contact could speak for their users. */
  readonly unknown: ReadonlySet<string>
}

async function organizationsOf({ after }: UserSyncOptions, run: Run): Promise<Organizations> {
  const ids = new Map<string, string | Ref | undefined>()
  const keys = keyReader(after.rules, after.target.types)
  for await (const { id, fields } of run.input(after.target)) {
    const { text: key } = keys.ofFields(fields)
    if (key !== '') ids.set(key, ids.has(key) ? undefined : id)
  }
  let sync = ''
  let unknown: ReadonlySet<string> = new Set()
  for await (const part of run.input(planSource(after))) {
    if (!('op' in part)) {
      sync = part.name
      unknown = new Set(part.skipped.flatMap(({ id, reason }) => (id && isUnknown(reason, after) ? [id] : [])))
    } else if (part.op === 'create') ids.set(part.key, ref(sync, part.key))
  }
  const accountOf = ({ account }: Contact): string => keys.ofText(account).text
  return { homeOf: (contact) => ids.get(accountOf(contact)), counts: (contact) => ids.has(accountOf(contact)), unknown }
}

/** Its key can be none, or its processor leaves it for a reason of its own (SAFE-10). */
const isUnknown = (reason: string, { desired: { words = {} } }: Sync): boolean =>
  reason === 'key-invalid' || Object.hasOwn(words, reason)
