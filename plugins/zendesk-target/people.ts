import { domainToUnicode } from 'node:url'
import {
  backoff,
  foldAddress,
  HttpError,
  type Change,
  type Contact,
  type JsonObject,
  type Prepared,
  type Run,
} from 'zds'
import type { Client } from './client.ts'
import { isAboutRecords, refusalOf } from './refusals.ts'
import { idIn, objectIn, rowsOf, textIn } from './replies.ts'

/**
 * What will become of the people who come with new organizations (SYN-03): who is not there yet is
 * created, who has no organization gets this one, who has another stays there, and so do agents and
 * admins (SAFE-15). An address that two new organizations name goes to the first.
 */
export async function prepare(creates: readonly Change[], client: Client, run: Run): Promise<Prepared> {
  const addresses = new Set(creates.flatMap(({ contacts = [] }) => contacts.map(({ email }) => foldAddress(email))))
  const found = await Promise.all(
    [...addresses].map(async (address) => [address, await holderOf(address, client, run)] as const),
  )
  const users = new Map(found)
  const given = new Set<string>()
  const decide = ({ email, name }: Contact): Contact => {
    const address = foldAddress(email)
    const user = users.get(address)
    // Two addresses of one user are one person.
    const person = (user && idIn(user)) ?? address
    const first = !given.has(person)
    given.add(person)
    if (user !== undefined && isStaff(user)) return { email, name, action: 'leave', reason: 'staff' }
    const leave = !first || (user !== undefined && organizationOf(user) !== undefined)
    return { email, name, action: leave ? 'leave' : user === undefined ? 'create' : 'associate' }
  }
  const changes = creates.map((change) =>
    change.contacts === undefined ? change : { ...change, contacts: change.contacts.map(decide) },
  )
  return { changes, skipped: [] }
}

/** How many users a new organization has got, and how many it should have got in vain. */
export type Welcomed = { readonly contacts: number; readonly contactsFailed: number }

/**
 * Carries out what was planned for the people of a new organization. What is in the way of one of
 * them is counted, and said without an address: it is no failure of the organization. Throws what
 * concerns more than this one: no access to the instance, no service.
 */
export async function welcome(
  contacts: readonly Contact[],
  organization: string,
  client: Client,
  run: Run,
): Promise<Welcomed> {
  const ends: ('added' | 'left' | 'failed')[] = []
  for (const contact of contacts) {
    if (contact.action === 'leave') continue
    try {
      ends.push(await add(contact, organization, client, run))
    } catch (error) {
      run.signal.throwIfAborted()
      // Whoever may create organizations, but no users, gets at least those.
      if (!(error instanceof HttpError) || !(isAboutRecords(error) || error.status === 403)) throw error
      const { code } = refusalOf(error)
      run.progress(`${client.instance}: a contact of organization ${organization} was not added (${code})`)
      ends.push('failed')
    }
  }
  const count = (end: (typeof ends)[number]): number => ends.filter((one) => one === end).length
  return { contacts: count('added'), contactsFailed: count('failed') }
}

/** `left`: the user has got another organization, or become an agent, since the plan was made. */
async function add(
  contact: Contact,
  organization: string,
  client: Client,
  run: Run,
): Promise<'added' | 'left' | 'failed'> {
  const { attempts, baseDelayMs } = client.policy()
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    // The plan may be old, and an answer may have been lost: what is there now decides.
    const user = attempt === 1 && contact.action === 'create' ? undefined : await holderOf(contact.email, client, run)
    const home = user && organizationOf(user)
    if (home !== undefined) return home === organization ? 'added' : 'left'
    if (user !== undefined && isStaff(user)) return 'left'
    const written = await write(user, contact, organization, client, run)
    if (written !== 'unknown') return written
    if (attempt < attempts) await run.clock.sleep(backoff(baseDelayMs, attempt), run.signal)
  }
  return 'failed'
}

/**
 * `unknown`: it has to be looked up what became of it. A new user whose address is taken is there
 * already.
 */
async function write(
  user: JsonObject | undefined,
  { email, name }: Contact,
  organization: string,
  client: Client,
  run: Run,
): Promise<'added' | 'unknown'> {
  const organization_id = Number(organization)
  const fresh = { name, email, organization_id, skip_verify_email: true }
  try {
    const { body } = await (user === undefined
      ? client.call({ method: 'POST', path: ['users'], body: { user: fresh } }, run)
      : client.call({ method: 'PUT', path: ['users', idIn(user) ?? ''], body: { user: { organization_id } } }, run))
    return organizationOf(objectIn(body, 'user')) === organization ? 'added' : 'unknown'
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const taken = user === undefined && isAboutRecords(error) && refusalOf(error).code === 'email-taken'
    if (error.arrived === 'maybe' || taken) return 'unknown'
    throw error
  }
}

/**
 * The user who has an address, as the main one or beside it: Zendesk gives no address to two users.
 * Undefined where nobody has it, or where the search index, which can be seconds behind, does not
 * know yet (ZD-10).
 */
export async function holderOf(email: string, client: Client, run: Run): Promise<JsonObject | undefined> {
  const address = foldAddress(email)
  const is = (row: JsonObject, key: string): boolean => foldAddress(textIn(row, key) ?? '') === address
  const rows: JsonObject[] = []
  for (const spelling of spellings(address)) {
    const query = { query: `email:"${spelling.replaceAll('"', '')}"` }
    const { body } = await client.call({ method: 'GET', path: ['users', 'search'], query }, run)
    rows.push(...rowsOf(client.instance, 'users', body))
  }
  const main = rows.find((row) => is(row, 'email'))
  if (main !== undefined) return main
  for (const row of rows) {
    const identities = await identitiesOf(row, client, run)
    if (identities.some((identity) => is(identity, 'value'))) return row
  }
  return undefined
}

/** Zendesk finds an address as it was written: with the domain in ASCII, or in its own letters. */
function spellings(address: string): ReadonlySet<string> {
  const at = address.lastIndexOf('@') + 1
  return new Set([address, address.slice(0, at) + (domainToUnicode(address.slice(at)) || address.slice(at))])
}

/** All addresses of a user; none of one who is gone, or where we may not see them. */
async function identitiesOf(user: JsonObject, client: Client, run: Run): Promise<readonly JsonObject[]> {
  try {
    const { body } = await client.call({ method: 'GET', path: ['users', idIn(user) ?? '', 'identities'] }, run)
    return rowsOf(client.instance, 'identities', body)
  } catch (error) {
    if (error instanceof HttpError && (error.status === 403 || error.status === 404)) return []
    throw error
  }
}

/** An agent's organization says what the agent may see: it is nobody's to set but an admin's. */
const isStaff = (user: JsonObject): boolean => textIn(user, 'role') !== 'end-user'

function organizationOf(user: JsonObject): string | undefined {
  const id = user['organization_id']
  return typeof id === 'number' ? String(id) : undefined
}
