import { env, isObject, type Change, type Clock, type Json, type JsonObject, type Plan } from 'zds'
import { entitlementChildren, entitlementColumns } from 'zds/entitlements'
import { composeSoql } from 'zds/salesforce-source'

/**
 * The way that zds replaces, as far as time goes: it carries out the plan that zds made, and waits
 * where the old scripts waited. Nested pages one by one, each overflowing child list in its turn;
 * organizations one page after the other; creates one at a time, each with its people; jobs of 100
 * that nobody looks after, 30 s of sleep after 20 of them; stages one after another, the partner
 * and the user stage gathering again.
 */
export async function referenceRun(plan: Plan, clock: Clock): Promise<void> {
  const accounts = composeSoql({
    object: 'Account',
    columns: ['Id', 'Account_ID_18__c', 'Name', 'Type', ...entitlementColumns],
    children: entitlementChildren(clock.today),
    where: `Type IN ('Customer','Former Customer')`,
  })
  const partners = composeSoql({ object: 'Account', columns: ['Id', 'Name'], where: `Type = 'Partner'` })
  const salesforce = await service('SALESFORCE', '/services/oauth2/token')
  const global = await service('ZENDESK_GLOBAL', '/oauth/tokens')
  const usGov = await service('ZENDESK_US_GOV', '/oauth/tokens')
  const changes = (name: string) => [...(plan.syncs.find((sync) => sync.name === name)?.changes ?? [])]

  await query(salesforce, accounts)
  await list(global, 'organizations')
  await write(global, 'organizations', changes('global'), clock)
  await list(usGov, 'organizations')
  await write(usGov, 'organizations', changes('us-gov'), clock)
  await query(salesforce, partners)
  await list(global, 'organizations')
  await write(global, 'organizations', changes('partners'), clock)
  const found = await list(usGov, 'organizations')
  for (let at = 0; at < found.length; at += 500) await query(salesforce, contactsOf(found.slice(at, at + 500)))
  await list(usGov, 'users')
  await write(usGov, 'users', changes('us-gov-users'), clock)
}

type Call = (method: string, path: string, body?: JsonObject) => Promise<JsonObject>

async function service(name: string, tokens: string): Promise<Call> {
  const of = (suffix: string): string => env(`${name}_${suffix}`).read()
  const base = name === 'SALESFORCE' ? of('LOGIN_URL') : of('URL')
  const asked = { grant_type: 'client_credentials', client_id: of('CLIENT_ID'), client_secret: of('CLIENT_SECRET') }
  const signedIn = await fetch(base + tokens, {
    method: 'POST',
    body: new URLSearchParams({ ...asked, scope: 'read write' }),
  })
  const { access_token: token } = objectOf(await signedIn.json())
  const call: Call = async (method, path, body) => {
    const headers = { authorization: `Bearer ${textOf(token)}`, 'content-type': 'application/json' }
    const response = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    if (response.status !== 429) return objectOf(await response.json())
    // The old scripts waited for the window in which the next request is taken.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    return call(method, path, body)
  }
  return call
}

async function query(salesforce: Call, soql: string): Promise<void> {
  for (let next: Json = `/services/data/v60.0/query?q=${encodeURIComponent(soql)}`; typeof next === 'string';) {
    const page: JsonObject = await salesforce('GET', next)
    for (const row of listOf(page['records'])) {
      for (const child of Object.values(row)) {
        const more = isObject(child) ? child['nextRecordsUrl'] : undefined
        for (let link = more; typeof link === 'string';)
          link = (await salesforce('GET', link))['nextRecordsUrl'] ?? null
      }
    }
    next = page['nextRecordsUrl'] ?? null
  }
}

function contactsOf(organizations: readonly JsonObject[]): string {
  const ids = organizations.flatMap((one) => objectOf(one['organization_fields'])['salesforce_id'] ?? [])
  const where = `AccountId IN (${ids.map((id) => `'${textOf(id)}'`).join(',')})`
  return composeSoql({ object: 'Contact', columns: ['Name', 'Email'], where })
}

async function list(zendesk: Call, resource: string): Promise<JsonObject[]> {
  const all: JsonObject[] = []
  for (let after = ''; ;) {
    const page = await zendesk('GET', `/api/v2/${resource}?page[size]=100${after}`)
    all.push(...listOf(page[resource]))
    const { has_more: more, after_cursor: cursor } = objectOf(page['meta'])
    if (more !== true || typeof cursor !== 'string') return all
    after = `&page[after]=${encodeURIComponent(cursor)}`
  }
}

async function write(zendesk: Call, resource: string, changes: readonly Change[], clock: Clock): Promise<void> {
  for (const change of changes.filter(({ op }) => op === 'create')) await create(zendesk, resource, change)
  let jobs = 0
  for (const wanted of ['update', 'retire'] as const) {
    const rows = changes
      .filter(({ op }) => op === wanted)
      .map((change) => ({ id: Number(change.id), ...bodyOf(change) }))
    for (let at = 0; at < rows.length; at += 100) {
      await zendesk('PUT', `/api/v2/${resource}/update_many`, { [resource]: rows.slice(at, at + 100) })
      if ((jobs += 1) % 20 === 0) await clock.sleep(30_000, new AbortController().signal)
    }
  }
}

/** One record, and then each of those who come with it: looked for, and created or associated. */
async function create(zendesk: Call, resource: string, change: Change): Promise<void> {
  const made = await zendesk('POST', `/api/v2/${resource}`, { [resource.slice(0, -1)]: bodyOf(change) })
  const id = objectOf(made['organization'])['id'] ?? null
  for (const person of listOf(objectOf(change.along)['people'])) {
    const { email, name } = { email: textOf(person['email']), name: textOf(person['name']) }
    const found = await zendesk('GET', `/api/v2/users/search?query=${encodeURIComponent(`email:"${email}"`)}`)
    if (listOf(found['users']).length === 0)
      await zendesk('POST', '/api/v2/users', { user: { name, email, organization_id: id } })
  }
}

const ATTRIBUTES = new Set(['name', 'external_id', 'email', 'organization_id', 'role'])

function bodyOf({ fields }: Change): JsonObject {
  const values = Object.entries(fields).map(([key, { to }]) => [key, to] as const)
  const own = values.filter(([key, to]) => ATTRIBUTES.has(key) && !isObject(to))
  const custom = Object.fromEntries(values.filter(([key]) => !ATTRIBUTES.has(key)))
  const isUser = own.some(([key]) => key === 'email')
  return { ...Object.fromEntries(own), [isUser ? 'user_fields' : 'organization_fields']: custom }
}

const objectOf = (value: unknown): JsonObject => (isObject(value as Json) ? (value as JsonObject) : {}) // JSON of the sandbox
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const listOf = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
