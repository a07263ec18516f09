import { domainToUnicode } from 'node:url'
import { batches, foldAddress, HttpError, type JsonObject, type Run } from 'zds'
import type { Client, Reply } from './client.ts'
import { idIn, objectIn, rowsOf, textIn } from './replies.ts'

/** From so many addresses on they are asked for together, and so many in one search. */
const MANY = 10
const TOGETHER = 20

/**
 * Who has which of these addresses, by the address, folded. Many are asked for together (ZD-20):
 * such an answer is believed where it tells of the user that we are, too, who is asked for among
 * them. Else each is asked for by itself.
 */
export async function holdersOf(
  emails: readonly string[],
  client: Client,
  run: Run,
): Promise<ReadonlyMap<string, JsonObject>> {
  const addresses = [...new Set(emails.map(foldAddress))]
  const we = addresses.length < MANY ? {} : objectIn((await client.whoWeAre(run))?.body ?? {}, 'user')
  if (textIn(we, 'email') === undefined) return new Map(await eachOf(addresses, client, run))
  const searches = [...batches(addresses, TOGETHER)].map(async (some) => {
    const rows = some.length < 2 ? undefined : await searched(some, we, client, run)
    return rows === undefined ? eachOf(some, client, run) : heldBy(some, rows, client, run)
  })
  return new Map((await Promise.all([...searches, heldBy(addresses, [we], client, run)])).flat())
}

type Holdings = (readonly [string, JsonObject])[]

async function eachOf(addresses: readonly string[], client: Client, run: Run): Promise<Holdings> {
  const users = await Promise.all(addresses.map((address) => holderOf(address, client, run)))
  return addresses.flatMap((address, index) => {
    const user = users[index]
    return user === undefined ? [] : [[address, user] as const]
  })
}

/**
 * The users with any of these addresses, without the one that we are; undefined where that one was
 * not found.
 */
async function searched(
  addresses: readonly string[],
  we: JsonObject,
  client: Client,
  run: Run,
): Promise<JsonObject[] | undefined> {
  const words = addresses.flatMap((address) => [...spellings(address)])
  // In their middle: were it the first or the last word that counts, we would not be found.
  const asked = words.toSpliced(words.length / 2, 0, textIn(we, 'email') ?? '')
  const { body } = await search(asked, client, run)
  const rows = rowsOf(client.instance, 'users', body)
  const others = rows.filter((row) => idIn(row) !== idIn(we))
  return body['count'] === rows.length && others.length < rows.length ? others : undefined
}

/** Which of them has which address, as the main one or beside it. */
async function heldBy(
  addresses: readonly string[],
  rows: readonly JsonObject[],
  client: Client,
  run: Run,
): Promise<Holdings> {
  const main = new Map(rows.map((row) => [foldAddress(textIn(row, 'email') ?? ''), row] as const))
  const all = addresses.every((address) => main.has(address))
  const beside = async (row: JsonObject): Promise<Holdings> =>
    (await identitiesOf(row, client, run)).map((address) => [address, row] as const)
  const second = all ? [] : await Promise.all(rows.map(beside))
  return [...new Map([...second.flat(), ...main])].filter(([address]) => addresses.includes(address))
}

/**
 * The user who has an address, as the main one or beside it: Zendesk gives no address to two users.
 * Undefined where nobody has it, or where the search index, which can be seconds behind, does not
 * know yet (ZD-10).
 */
export async function holderOf(email: string, client: Client, run: Run): Promise<JsonObject | undefined> {
  const address = foldAddress(email)
  const rows: JsonObject[] = []
  for (const spelling of spellings(address)) {
    const { body } = await search([spelling], client, run)
    rows.push(...rowsOf(client.instance, 'users', body))
  }
  const main = rows.find((row) => foldAddress(textIn(row, 'email') ?? '') === address)
  if (main !== undefined) return main
  for (const row of rows) if ((await identitiesOf(row, client, run)).includes(address)) return row
  return undefined
}

const search = (emails: readonly string[], client: Client, run: Run): Promise<Reply> => {
  const words = emails.map((email) => `email:"${email.replaceAll('"', '')}"`)
  return client.call({ method: 'GET', path: ['users', 'search'], query: { query: words.join(' ') } }, run)
}

/** Zendesk finds an address as it was written: with the domain in ASCII, or in its own letters. */
function spellings(address: string): ReadonlySet<string> {
  const at = address.lastIndexOf('@') + 1
  return new Set([address, address.slice(0, at) + (domainToUnicode(address.slice(at)) || address.slice(at))])
}

/** All addresses of a user, folded; none of one who is gone, or where we may not see them. */
async function identitiesOf(user: JsonObject, client: Client, run: Run): Promise<readonly string[]> {
  try {
    const { body } = await client.call({ method: 'GET', path: ['users', idIn(user) ?? '', 'identities'] }, run)
    return rowsOf(client.instance, 'identities', body).map((row) => foldAddress(textIn(row, 'value') ?? ''))
  } catch (error) {
    if (error instanceof HttpError && (error.status === 403 || error.status === 404)) return []
    throw error
  }
}
