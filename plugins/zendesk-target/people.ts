import {
  backoff,
  foldAddress,
  HttpError,
  packed,
  type Change,
  type JsonObject,
  type Many,
  type Remark,
  type Run,
} from 'zds'
import type { Client } from './client.ts'
import { holderOf, holdersOf } from './holders.ts'
import { newcomersOf, type Newcomer } from './newcomers.ts'
import { awayIn, isAboutRecords, refusalOf } from './refusals.ts'
import { idIn, objectIn, textIn } from './replies.ts'

/**
 * What will become of the people who come with new organizations (SYN-03): who is not there yet is
 * created, who has no organization gets this one, who has another stays there, and so do agents and
 * admins (SAFE-15). An address that two new organizations name goes to the first.
 */
export async function planPeople(planned: Many<Change>, client: Client, run: Run): Promise<Many<Change>> {
  const coming = planned.values().flatMap((change) => newcomersOf(change) ?? [])
  const users = await holdersOf(
    Array.from(coming, ({ email }) => email),
    client,
    run,
  )
  const given = new Set<string>()
  const decide = ({ email, name }: Newcomer): Newcomer => {
    const address = foldAddress(email)
    const user = users.get(address)
    // Two addresses of one user are one person.
    const person = (user && idIn(user)) ?? address
    const first = !given.has(person)
    given.add(person)
    if (user !== undefined && isStaff(user)) return { email, name, action: 'staff' }
    const leave = !first || (user !== undefined && organizationOf(user) !== undefined)
    return { email, name, action: leave ? 'leave' : user === undefined ? 'create' : 'associate' }
  }
  const changes = planned.values().map((change) => {
    const people = newcomersOf(change)
    return people === undefined ? change : { ...change, along: { people: people.map(decide) } }
  })
  return packed(changes)
}

/** How many users a new organization has got, and who is missing. */
export type Welcome = { readonly facts: { readonly people: number }; readonly partly?: readonly Remark[] }

/**
 * Carries out what was planned for the people of a new organization. What is in the way of one of
 * them is no failure of the organization, and said to whoever waits without an address. Throws what
 * concerns more than this one: no access to the instance, no service.
 */
export async function welcome(
  newcomers: readonly Newcomer[],
  organization: string,
  client: Client,
  run: Run,
): Promise<Welcome> {
  let people = 0
  const partly: Remark[] = []
  for (const newcomer of newcomers) {
    if (newcomer.action === 'leave' || newcomer.action === 'staff') continue
    const missing = (why: string): void => {
      run.progress(`${client.instance}: somebody who comes with organization ${organization} was not added (${why})`)
      partly.push({ code: 'people-not-added', message: `${newcomer.email} could not be added to it (${why})` })
    }
    try {
      const end = await add(newcomer, organization, client, run)
      if (end === 'added') people += 1
      if (end === 'failed') missing('no-answer')
    } catch (error) {
      run.signal.throwIfAborted()
      // Whoever may create organizations, but no users, gets at least those.
      if (!(error instanceof HttpError) || !(isAboutRecords(error) || error.status === 403)) throw error
      missing(refusalOf(error).code)
    }
  }
  return { facts: { people }, ...(partly.length > 0 && { partly }) }
}

/** `left`: the user has got another organization, or become an agent, since the plan was made. */
async function add(
  newcomer: Newcomer,
  organization: string,
  client: Client,
  run: Run,
): Promise<'added' | 'left' | 'failed'> {
  const { attempts, baseDelayMs } = client.policy()
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    // The plan may be old, and an answer may have been lost: what is there now decides.
    const user = attempt === 1 && newcomer.action === 'create' ? undefined : await holderOf(newcomer.email, client, run)
    const home = user && organizationOf(user)
    if (home !== undefined) return home === organization ? 'added' : 'left'
    if (user !== undefined && isStaff(user)) return 'left'
    const written = await write(user, newcomer, organization, client, run)
    if (written === 'added') return written
    if (attempt === attempts && written.away !== undefined) throw written.away
    if (attempt < attempts) await run.clock.sleep(backoff(baseDelayMs, attempt), run.signal)
  }
  return 'failed'
}

/**
 * Where it was not added it has to be looked up what became of it, `away` where Zendesk says that it
 * is. A new user whose address is taken is there already.
 */
async function write(
  user: JsonObject | undefined,
  { email, name }: Newcomer,
  organization: string,
  client: Client,
  run: Run,
): Promise<'added' | { readonly away?: HttpError }> {
  const organization_id = Number(organization)
  const fresh = { name, email, organization_id, skip_verify_email: true }
  try {
    const { body } = await (user === undefined
      ? client.call({ method: 'POST', path: ['users'], body: { user: fresh } }, run)
      : client.updateUser(idIn(user) ?? '', { organization_id }, run))
    return organizationOf(objectIn(body, 'user')) === organization ? 'added' : {}
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const taken = user === undefined && isAboutRecords(error) && refusalOf(error).code === 'email-taken'
    if (error.arrived === 'maybe' || taken) return awayIn(error)
    throw error
  }
}

/** An agent's organization says what the agent may see: it is nobody's to set but an admin's. */
const isStaff = (user: JsonObject): boolean => textIn(user, 'role') !== 'end-user'

function organizationOf(user: JsonObject): string | undefined {
  const id = user['organization_id']
  return typeof id === 'number' ? String(id) : undefined
}
