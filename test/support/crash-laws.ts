import type { RequestLog, Sandbox } from 'zds/sandbox'

/**
 * What a run left behind: the records of all instances as lines, what it did, and how often Slack
 * heard of it.
 */
export type Left = {
  readonly state: readonly string[]
  readonly outcomes: readonly OutcomeRow[]
  readonly told: number
}
export type OutcomeRow = { readonly sync: string; readonly op: string; readonly key: string; readonly status: string }

/**
 * The records of all instances, a line each, sorted; without what no two runs share: ids of
 * records, addresses, moments.
 */
export function stateLines({ zendesk }: Sandbox): string[] {
  return Object.entries(zendesk)
    .flatMap(([instance, { organizations, users }]) => {
      const names = new Map(organizations.map(({ id, name }) => [id, name]))
      const shared = ({ id: _id, url: _url, created_at: _created, updated_at: _updated, ...rest }: Shared) => rest
      return [
        ...organizations.map(
          (one) => `${instance} organization ${JSON.stringify({ ...shared(one), tags: one.tags.toSorted() })}`,
        ),
        ...users.map(
          (one) =>
            `${instance} user ${JSON.stringify({ ...shared(one), organization_id: names.get(one.organization_id ?? 0) ?? null })}`,
        ),
      ]
    })
    .toSorted()
}
type Shared = { readonly id: number; readonly url: string; readonly created_at: string; readonly updated_at: string }

/** Every violation of what must hold after an apply that was killed and gone on with, in words. */
export function violations(
  sandbox: Sandbox,
  left: Omit<Left, 'told'>,
  reference: Left,
  toldExactly: boolean,
): string[] {
  return [
    ...difference(left.state, reference.state).map((line) => `state: ${line}`),
    ...shared(sandbox).map((value) => `duplicate: ${value}`),
    ...lost(left.outcomes, reference.outcomes).map((line) => `lost: ${line}`),
    ...sentTwice(sandbox.requests).map((line) => `sent twice: ${line}`),
    ...slack(sandbox, reference.told, toldExactly),
  ]
}

function difference(found: readonly string[], expected: readonly string[]): string[] {
  const [is, should] = [new Set(found), new Set(expected)]
  return [
    ...found.filter((line) => !should.has(line)).map((line) => `should not be there: ${line}`),
    ...expected.filter((line) => !is.has(line)).map((line) => `is missing: ${line}`),
    ...(found.length === expected.length ? [] : [`${found.length} records, not ${expected.length}`]),
  ]
}

/** Values that no two records of an instance may share. */
function shared({ zendesk }: Sandbox): string[] {
  return Object.entries(zendesk).flatMap(([instance, { organizations, users }]) =>
    repeated([
      ...organizations.flatMap(({ name, external_id: id, organization_fields: { salesforce_id: key } }) => [
        `${instance} name ${name.trim().toLowerCase()}`,
        ...(id === null ? [] : [`${instance} external id ${id}`]),
        ...(typeof key === 'string' ? [`${instance} account ${key}`] : []),
      ]),
      ...users.flatMap(({ email }) => (email === null ? [] : [`${instance} e-mail ${email.toLowerCase()}`])),
    ]),
  )
}

const nameOf = ({ sync, op, key }: OutcomeRow): string => `${sync} ${op} ${key}`

function lost(outcomes: readonly OutcomeRow[], expected: readonly OutcomeRow[]): string[] {
  const done = new Set(outcomes.filter(({ status }) => status === 'done').map(nameOf))
  return [
    ...expected.map(nameOf).filter((name) => !done.has(name)),
    ...outcomes.filter(({ status }) => status !== 'done').map((row) => `${nameOf(row)} ended as ${row.status}`),
  ]
}

/** Whatever a service has carried out more than once. */
export function sentTwice(requests: readonly RequestLog[]): string[] {
  const carriedOut = requests.filter(({ method, status }) => method !== 'GET' && status >= 200 && status < 300)
  return repeated(
    carriedOut.flatMap(({ service, method, path, body }) => {
      const [, , , resource = '', which = ''] = path.split('/')
      const said = fieldsIn(body)
      if (method === 'PUT' && which === 'update_many')
        return listIn(said[resource]).map((row) => `${service} ${resource} ${String(row['id'])}`)
      if (method === 'POST' && resource === 'organizations') {
        const made = which === 'create_many' ? listIn(said[resource]) : [fieldsIn(said['organization'])]
        return made.map((row) => `${service} new ${String(row['external_id'])}`)
      }
      if (method === 'POST' && resource === 'users')
        return [`${service} new ${String(fieldsIn(said['user'])['email']).toLowerCase()}`]
      if (method === 'PUT' && resource === 'users') return [`${service} organization of user ${which}`]
      return []
    }),
  )
}

/** That a run has stopped is told besides what it has done in the end. */
const STOPPED = /^A sync stopped before it was done: [\d,]+ of [\d,]+ changes are done( since it went on)?$/

function slack({ slack: { messages: all } }: Sandbox, told: number, exactly: boolean): string[] {
  const messages = all.filter(({ text }) => !STOPPED.test(text))
  const twice = repeated(messages.map(({ text, blocks }) => JSON.stringify({ text, blocks })))
  const few = exactly && messages.length < told
  return [
    ...twice.map((message) => `Slack heard twice: ${message}`),
    ...(messages.length > told || few ? [`Slack heard ${messages.length} times, not ${told}`] : []),
  ]
}

const repeated = (values: readonly string[]): string[] => {
  const seen = new Set<string>()
  return values.filter((value) => seen.has(value) || !seen.add(value))
}

type Bag = { readonly [key: string]: unknown }
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null
const fieldsIn = (value: unknown): Bag => (isBag(value) ? value : {})
const listIn = (value: unknown): Bag[] => (Array.isArray(value) ? value.filter(isBag) : [])
