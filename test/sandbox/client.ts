import type { Sandbox, World } from 'zds/sandbox'

/**
 * An answer, read as JSON where it is JSON; `body` is loosely typed because each test knows what it
 * asked for.
 */
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Loose }

/**
 * A JSON value that can be walked without a check at every step; what is not there is undefined.
 */
export type Loose = { readonly [key: string]: Loose } & { readonly length: number } & Iterable<Loose>

export type Client = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/** Sends a request with an optional JSON body. */
export async function send(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = body instanceof URLSearchParams
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined || form ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true
  // The tests compare it with what they expect, so a wrong shape fails there.
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json ? JSON.parse(text) : undefined) as Loose,
  }
}

/** A client of one Zendesk instance with an OAuth token of its own. */
export async function zendeskClient(sandbox: Sandbox, instance = 'global', scope = 'read write'): Promise<Client> {
  const url = sandbox.zendesk[instance]?.url ?? ''
  const name = instance.toUpperCase()
  const granted = await send(`${url}/oauth/tokens`, 'POST', {
    grant_type: 'client_credentials',
    client_id: sandbox.env[`ZENDESK_${name}_CLIENT_ID`],
    client_secret: sandbox.env[`ZENDESK_${name}_CLIENT_SECRET`],
    scope,
  })
  const authorization = `Bearer ${text(granted.body['access_token'])}`
  return (method, path, body, headers) => send(url + path, method, body, { authorization, ...headers })
}

/** A client of Salesforce with a token of its own. */
export async function salesforceClient(sandbox: Sandbox): Promise<Client> {
  const { url } = sandbox.salesforce
  const granted = await send(`${url}/services/oauth2/token`, 'POST', salesforceForm(sandbox))
  const authorization = `Bearer ${text(granted.body['access_token'])}`
  return (method, path, body, headers) => send(url + path, method, body, { authorization, ...headers })
}

export function salesforceForm(sandbox: Sandbox): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: sandbox.env['SALESFORCE_CLIENT_ID'] ?? '',
    client_secret: sandbox.env['SALESFORCE_CLIENT_SECRET'] ?? '',
  })
}

export const queryPath = (soql: string): string => `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`

/** Polls a job until it is in none of the open states. */
export async function finished(client: Client, started: Answer): Promise<Loose> {
  const id = text(started.body['job_status']?.['id'])
  for (let tries = 0; tries < 400; tries++) {
    const job = (await client('GET', `/api/v2/job_statuses/${id}`)).body['job_status']
    if (job !== undefined && !['queued', 'working'].includes(text(job['status']))) return job
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`Job ${id} did not end`)
}

/** A world with three organizations, two users, and the fields that tests write. */
export const smallWorld: World = {
  asOf: '2026-03-16',
  salesforce: {
    Account: [
      {
        Id: '001000000000001AAA',
        Account_ID_18__c: '001000000000001AAA',
        Name: 'Acme',
        Type: 'Customer',
        CARR_This_Account__c: 12.5,
        Support_Hold__c: true,
      },
      {
        Id: '001000000000002AAA',
        Account_ID_18__c: '001000000000002AAA',
        Name: "O'Neil \\ Söhne",
        Type: 'Former Customer',
        CARR_This_Account__c: null,
      },
      {
        Id: '001000000000003AAA',
        Account_ID_18__c: '001000000000003AAA',
        Name: 'beta_1',
        Type: null,
        CARR_This_Account__c: 100,
      },
    ],
  },
  zendesk: {
    global: {
      organizations: [
        { id: 11, name: 'Zeta', external_id: 'Key-1', tags: ['vip'], organization_fields: { level: 'gold' } },
        { id: 12, name: 'Alpha', external_id: 'Key-2' },
        { id: 13, name: 'Mid', notes: 'by hand' },
      ],
      users: [
        { id: 21, name: 'Ada Agent', email: 'ada@support.example', role: 'admin', verified: true },
        { id: 22, name: 'Uwe User', email: 'uwe@customer.example', organization_id: 11, external_id: 'U-1' },
        { id: 23, name: 'Sue Suspended', email: 'sue@customer.example', suspended: true },
      ],
      organization_fields: [
        {
          key: 'level',
          type: 'dropdown',
          title: 'Level',
          custom_field_options: ['gold', 'silver'].map((value, id) => ({ id, name: value, raw_name: value, value })),
        },
        { key: 'hold', type: 'checkbox', title: 'Hold' },
        { key: 'arr', type: 'decimal' },
        { key: 'seats', type: 'integer' },
        { key: 'since', type: 'date' },
        { key: 'owner', type: 'text' },
      ],
      user_fields: [{ key: 'gone', type: 'checkbox' }],
    },
  },
}

/** The names of the rows that a query finds, in their order. */
export async function namesOf(client: Client, soql: string): Promise<string[]> {
  const answer = await client('GET', queryPath(soql))
  if (answer.text.includes('errorCode')) throw new Error(answer.text)
  return [...(answer.body['records'] ?? [])].map((record) => text(record['Name']))
}

/** What a test compares as text. */
export function text(value: unknown): string {
  return String(value)
}
