import { HttpError, type Change, type Contact, type JsonObject, type Run } from 'zds'
import type { Client } from './client.ts'
import { find } from './find.ts'
import { USER } from './kinds.ts'
import { isAboutRecords } from './refusals.ts'
import { idIn, objectIn } from './replies.ts'

/**
 * What will become of the people who come with new organizations (SYN-03): who is not there yet is created, who has no organization gets
 * this one, who has another stays there. An address that two new organizations name goes to the first.
 */
export async function prepare(creates: readonly Change[], client: Client, run: Run): Promise<readonly Change[]> {
  const addresses = new Set(creates.flatMap(({ contacts = [] }) => contacts.map(({ email }) => email.toLowerCase())))
  const found = await Promise.all([...addresses].map(async (email) => [email, await find(email, client, USER, run)] as const))
  const users = new Map(found)
  const given = new Set<string>()
  const decide = ({ email, name }: Contact): Contact => {
    const address = email.toLowerCase()
    const user = users.get(address)
    const leave = given.has(address) || (user !== undefined && organizationOf(user) !== undefined)
    given.add(address)
    return { email, name, action: leave ? 'leave' : user === undefined ? 'create' : 'associate' }
  }
  return creates.map((change) => (change.contacts === undefined ? change : { ...change, contacts: change.contacts.map(decide) }))
}

/** Carries out what was planned for the people of a new organization. Returns how many users it has got, and how many it should have got. */
export async function welcome(
  contacts: readonly Contact[],
  organization: string,
  client: Client,
  run: Run,
): Promise<{ readonly contacts: number; readonly contactsFailed: number }> {
  const meant = contacts.filter(({ action }) => action !== 'leave')
  let added = 0
  for (const contact of meant) if (await add(contact, organization, client, run)) added += 1
  return { contacts: added, contactsFailed: meant.length - added }
}

/** True when the user belongs to the organization in the end. What is in the way of one user is no failure of the organization. */
async function add(contact: Contact, organization: string, client: Client, run: Run): Promise<boolean> {
  for (let attempt = 1; attempt <= client.policy().attempts; attempt += 1) {
    // The plan may be old, and an answer may have been lost: what is there now decides.
    const user = attempt === 1 && contact.action === 'create' ? undefined : await find(contact.email, client, USER, run)
    if (user !== undefined && organizationOf(user) !== undefined) return organizationOf(user) === organization
    const written = await write(user, contact, organization, client, run)
    if (written !== 'unknown') return written === 'done'
    await run.clock.sleep(client.policy().baseDelayMs * 2 ** (attempt - 1), run.signal)
  }
  return false
}

/** `unknown`: it has to be looked up what became of it. A new user whose address is taken is there already. */
async function write(
  user: JsonObject | undefined,
  { email, name }: Contact,
  organization: string,
  client: Client,
  run: Run,
): Promise<'done' | 'refused' | 'unknown'> {
  const organization_id = Number(organization)
  const fresh = { name, email, organization_id, skip_verify_email: true }
  try {
    const { body } = await (user === undefined
      ? client.call({ method: 'POST', path: ['users'], body: { user: fresh } }, run)
      : client.call({ method: 'PUT', path: ['users', idIn(user) ?? ''], body: { user: { organization_id } } }, run))
    return organizationOf(objectIn(body, 'user')) === organization ? 'done' : 'unknown'
  } catch (error) {
    if (!(error instanceof HttpError) || error.code === 'AUTH_FAILED') throw error
    if (error.arrived === 'maybe' || (user === undefined && isAboutRecords(error))) return 'unknown'
    if (isAboutRecords(error)) return 'refused'
    throw error
  }
}

function organizationOf(user: JsonObject): string | undefined {
  const id = user['organization_id']
  return typeof id === 'number' ? String(id) : undefined
}
