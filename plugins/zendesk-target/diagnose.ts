import { clockSight, collect, well, type FieldTypes, type JsonObject, type Run, type Sight, type Values } from 'zds'
import type { Client, Reply } from './client.ts'
import { optionsOf, strangeOption } from './dropdowns.ts'
import { fieldIssues } from './fields-check.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { rate } from './rate.ts'
import { objectIn, textIn } from './replies.ts'

/**
 * A look at an instance: who we are there and what we may do, its fields and the options of its
 * dropdowns, the requests that are left, its clock, and what ends one day.
 */
export async function* diagnose(
  client: Client,
  kind: Kind,
  types: FieldTypes,
  values: Values,
  run: Run,
): AsyncIterable<Sight> {
  if (client.unset().length > 0) return
  yield* signInSights(client, kind)
  const reply = await client.whoWeAre(run)
  if (reply !== undefined) yield* replySights(client, kind, reply, run.clock.now())
  // An agent of one organization may list none.
  await client.call({ method: 'GET', path: [kind.resource], query: { 'page[size]': 1 } }, run)
  yield well(`${client.instance}: listing of ${kind.resource}`, 'may be read')
  yield* fieldSights(client, kind, types, values, run)
}

function* replySights(client: Client, kind: Kind, { body, headers }: Reply, now: Date): Generator<Sight, void, void> {
  const { instance } = client
  yield well(`${instance}: address`, `${client.address()} answers`)
  yield* clockSight(instance, headers, now)
  yield* userSights(instance, kind, objectIn(body, 'user'))
  const { left, limit } = rate(headers, now)
  if (left === undefined) return
  yield well(`${instance}: requests`, `${left}${limit === undefined ? '' : ` of ${limit}`} are left in this minute`)
}

/** What our credentials allow, and how long they will. */
function* signInSights(client: Client, { resource }: Kind): Generator<Sight, void, void> {
  const { instance } = client
  const { by, name, scope } = client.signsIn()
  if (by === 'token') {
    const message = `signs in with an API token (${name}), and Zendesk stops API tokens on 30 April 2027`
    const hint = 'Make an OAuth client and set its variables: it goes before the token.'
    yield { level: 'warning', code: 'TOKEN_ENDS', where: instance, message, hint }
    return
  }
  const scopes = scope.split(/[\s,]+/)
  const where = `${instance}: scopes for ${resource}`
  const lacking = ['read', 'write'].filter((verb) => !scopes.includes(verb) && !scopes.includes(`${resource}:${verb}`))
  if (lacking.length === 0) return yield well(where, scopes.join(' '))
  const message = `${scope} does not let zds ${lacking.join(' and ')} ${resource}`
  const hint = 'Give the option scope of oauth what is needed: read write, or leave it out.'
  yield { level: 'error', code: 'AUTH_FAILED', where, message, hint }
}

/** Whether the user that zds acts as is one, and may write. The check tells of one that is none. */
function* userSights(instance: string, { resource }: Kind, user: JsonObject): Generator<Sight, void, void> {
  const { id, role } = user
  if (typeof id !== 'number' || (role !== 'admin' && role !== 'agent')) return
  yield well(
    `${instance}: user`,
    `zds acts as ${textIn(user, 'name') ?? String(id)} (${textIn(user, 'email') ?? 'no address'})`,
  )
  const wrong = [
    ...(user['active'] === false ? ['is not active'] : []),
    ...(user['suspended'] === true ? ['is suspended'] : []),
    ...(user['restricted_agent'] === true && role === 'agent' ? ['is an agent with restricted rights'] : []),
  ]
  const where = `${instance}: rights for ${resource}`
  if (wrong.length === 0) return yield rightsOf(role, where, resource)
  const message = `the user that zds acts as ${wrong.join(' and ')}, so it may not write all ${resource}`
  yield {
    level: 'error',
    code: 'AUTH_FAILED',
    where,
    message,
    hint: 'Let an admin own the OAuth client or the API token.',
  }
}

/** What an agent may do is a matter of a role that only admins can read. */
function rightsOf(role: 'admin' | 'agent', where: string, resource: string): Sight {
  if (role === 'admin') return well(where, `admin: may write ${resource}`)
  const message = `the user that zds acts as is an agent: Zendesk does not say whether its role lets it write ${resource}`
  const hint = 'Let an admin own the OAuth client or the API token; or silence this, where runs go well.'
  return { level: 'warning', code: 'RIGHTS_UNKNOWN', where, message, hint }
}

/** The fields that are as declared, and the dropdowns that lack an option that may be written. */
async function* fieldSights(
  client: Client,
  kind: Kind,
  types: FieldTypes,
  values: Values,
  run: Run,
): AsyncIterable<Sight> {
  const { instance } = client
  const fields = (await collect(pages(client, kind.custom, run))).flat()
  const right = Object.keys(types).length - fieldIssues(instance, kind, types, fields).length
  yield well(`${instance}: ${kind.one} fields`, `${right} of ${Object.keys(types).length} are there with their types`)
  const lacking = lackingOptions(fields, types, values)
  for (const { key, value, options } of lacking) {
    const { message, hint } = strangeOption(value, options, 'may be written')
    const where = `${instance}: ${kind.one} field ${key}, option ${value}`
    yield { level: 'error', code: 'FIELD_MISMATCH', where, message, hint }
  }
  const dropdowns = Object.keys(values).filter((key) => types[key]?.name === 'dropdown').length
  const open = new Set(lacking.map(({ key }) => key)).size
  if (dropdowns > 0)
    yield well(
      `${instance}: ${kind.one} dropdowns`,
      `${dropdowns - open} of ${dropdowns} have all options that may be written`,
    )
}

/** The values that may be written to a dropdown and are none of its options. */
export function lackingOptions(
  fields: readonly JsonObject[],
  types: FieldTypes,
  values: Values,
): {
  readonly key: string
  readonly value: string
  readonly field: JsonObject
  readonly options: ReadonlySet<string>
}[] {
  return fields.flatMap((field) => {
    const key = textIn(field, 'key') ?? ''
    const options = optionsOf(field)
    if (types[key]?.name !== 'dropdown' || options === undefined) return []
    const strange = (values[key] ?? []).filter((value) => value !== '' && !options.has(value))
    return strange.map((value) => ({ key, value, field, options }))
  })
}
