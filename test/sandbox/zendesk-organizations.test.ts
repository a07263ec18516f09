import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { send, smallWorld, zendeskClient, type Client } from './client.ts'

const keys = [
  'url',
  'id',
  'name',
  'shared_tickets',
  'shared_comments',
  'external_id',
  'created_at',
  'updated_at',
  'domain_names',
  'details',
  'notes',
  'group_id',
  'tags',
  'organization_fields',
]

let sandbox: Sandbox
let client: Client
const create = (organization: object): ReturnType<Client> =>
  client('POST', '/api/v2/organizations.json', { organization })
const stored = (id: number): unknown =>
  sandbox.zendesk['global']?.organizations.find((organization) => organization.id === id)

beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld, zendesk: { requestsPerMinute: 50 } })
  client = await zendeskClient(sandbox)
})
afterEach(() => sandbox.close())

describe('create', () => {
  test('answers 201 with the whole entity, unset fields null, unset checkboxes false', async () => {
    const answer = await create({
      name: ' New ',
      external_id: 'X',
      organization_fields: { level: 'silver', hold: true, arr: '1.5', since: '2026-08-19T20:50:04.000Z' },
    })
    expect(answer.status).toBe(201)
    const organization = answer.body['organization']
    expect(answer.headers.get('location')).toBe(organization?.['url'])
    expect(Object.keys(organization ?? {})).toEqual(keys)
    expect(organization).toMatchObject({
      name: 'New',
      tags: ['silver', 'hold'],
      organization_fields: {
        level: 'silver',
        hold: true,
        arr: 1.5,
        seats: null,
        since: '2026-08-19T00:00:00+00:00',
        owner: null,
      },
    })
    expect(organization?.['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(stored(Number(organization?.['id']))).toEqual(organization)
  })

  test.each([
    [{}, 'name', 'BlankValue'],
    [{ name: ' ' }, 'name', 'BlankValue'],
    [{ name: ' aLPHA ' }, 'name', 'DuplicateValue'],
    [{ name: 'New', external_id: 'KEY-1' }, 'external_id', 'DuplicateValue'],
    [{ name: 'New', organization_fields: { level: 'bronze' } }, 'level', 'InvalidValue'],
    [{ name: 'New', organization_fields: { arr: 'a lot' } }, 'arr', 'InvalidValue'],
    [{ name: 'New', organization_fields: { seats: 1.5 } }, 'seats', 'InvalidValue'],
    [{ name: 'New', organization_fields: { hold: 'maybe' } }, 'hold', 'InvalidValue'],
    [{ name: 'New', organization_fields: { since: '19.8.2020' } }, 'since', 'InvalidValue'],
  ])('%o is refused', async (organization, field, error) => {
    const answer = await create(organization)
    expect(answer).toMatchObject({
      status: 422,
      body: { error: 'RecordInvalid', description: 'Record validation errors', details: { [field]: [{ error }] } },
    })
    expect(sandbox.zendesk['global']?.organizations).toHaveLength(3)
  })

  test('the text of a duplicate name is the real one', async () => {
    expect((await create({ name: 'Alpha' })).body['details']).toEqual({
      name: [{ description: 'Name: Alpha has already been taken', error: 'DuplicateValue' }],
    })
  })

  test('unknown keys are dropped and named in a header', async () => {
    const answer = await create({ name: 'New', colour: 'red', organization_fields: { nothing: 1 } })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('x-zendesk-api-warn')).toContain(
      ':unpermitted_keys=>["organization.colour", "organization.organization_fields.nothing"]',
    )
  })

  test('a body without the organization, or without a JSON type, lacks its parameter', async () => {
    expect(await client('POST', '/api/v2/organizations', {})).toMatchObject({
      status: 400,
      body: { error: 'ParameterMissing', description: 'Parameter organization is required' },
    })
    expect(
      (await client('POST', '/api/v2/organizations', { organization: { name: 'x' } }, { 'content-type': 'text/plain' }))
        .status,
    ).toBe(400)
  })

  test('create_or_update matches by external id, never by name', async () => {
    const upsert = (organization: object): ReturnType<Client> =>
      client('POST', '/api/v2/organizations/create_or_update', { organization })
    expect(await upsert({ external_id: 'key-2', name: 'Alpha two' })).toMatchObject({
      status: 200,
      body: { organization: { id: 12, name: 'Alpha two' } },
    })
    expect((await upsert({ external_id: 'fresh', name: 'Fresh' })).status).toBe(201)
    expect((await upsert({ name: 'Fresh' })).status).toBe(422)
  })
})

describe('update', () => {
  const update = (id: number, organization: object): ReturnType<Client> =>
    client('PUT', `/api/v2/organizations/${id}.json`, { organization })

  test('merges fields, moves the tags of fields, leaves the others, and moves updated_at', async () => {
    const answer = await update(11, { organization_fields: { level: 'silver', owner: 'Ada' } })
    expect(answer).toMatchObject({
      status: 200,
      body: { organization: { name: 'Zeta', organization_fields: { level: 'silver', owner: 'Ada', hold: false } } },
    })
    expect(new Set(answer.body['organization']?.['tags'])).toEqual(new Set(['vip', 'silver']))
    await update(11, { organization_fields: { level: null, hold: true } })
    expect(stored(11)).toMatchObject({ tags: ['vip', 'hold'], organization_fields: { level: null } })
  })

  test('that changes nothing leaves updated_at', async () => {
    const before = stored(11)
    expect((await update(11, { name: 'Zeta', organization_fields: { level: 'gold', owner: '' } })).status).toBe(200)
    expect(stored(11)).toBe(before)
  })

  test('may keep its own name in other letters, but not take that of another', async () => {
    expect((await update(11, { name: 'ZETA' })).status).toBe(200)
    expect((await update(11, { name: 'alpha' })).status).toBe(422)
  })

  test('is refused for the sixth time in a minute, in plain text', async () => {
    // Not across the turn of a minute, where the count starts again.
    if (new Date().getSeconds() > 57) await new Promise((resolve) => setTimeout(resolve, 3500))
    for (let n = 0; n < 5; n++) expect((await update(12, { notes: `${n}` })).status).toBe(200)
    const answer = await update(12, { notes: 'six' })
    expect(answer.status).toBe(429)
    expect(answer.text).toContain('updating a single unique organization')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await update(13, { notes: 'another one' })).status).toBe(200)
  })

  test('of nothing is not found', async () => {
    expect(await update(99, { notes: 'x' })).toMatchObject({
      status: 404,
      body: { error: 'RecordNotFound', description: 'Not found' },
    })
    expect((await client('GET', '/api/v2/nothing')).body).toEqual({
      error: 'InvalidEndpoint',
      description: 'Not found',
    })
  })
})

test('delete leaves the users without an organization', async () => {
  expect(await client('DELETE', '/api/v2/organizations/11.json')).toMatchObject({ status: 204, text: '' })
  expect((await client('GET', '/api/v2/organizations/11')).status).toBe(404)
  expect((await client('GET', '/api/v2/users/22')).body).toMatchObject({ user: { organization_id: null } })
  expect(sandbox.zendesk['global']?.memberships).toEqual([])
})

describe('access', () => {
  const url = (): string => sandbox.zendesk['global']?.url ?? ''

  test('an API token, nothing, something wrong', async () => {
    const basic = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    })
    const token = `${sandbox.tokenEnv['ZENDESK_GLOBAL_EMAIL']}/token:${sandbox.tokenEnv['ZENDESK_GLOBAL_API_TOKEN']}`
    expect((await send(`${url()}/api/v2/organizations`, 'GET', undefined, basic(token))).status).toBe(200)
    expect(await send(`${url()}/api/v2/organizations`, 'GET', undefined, basic('a/token:b'))).toMatchObject({
      status: 401,
      body: { error: "Couldn't authenticate you" },
    })
    expect(await send(`${url()}/api/v2/organizations`, 'GET', undefined, { authorization: 'Bearer x' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    })
    expect(await send(`${url()}/api/v2/users/me`, 'GET')).toMatchObject({
      status: 200,
      body: { user: { name: 'Anonymous user' } },
    })
    expect((await client('GET', '/api/v2/users/me')).body['user']).toMatchObject({ name: 'Ada Agent', role: 'admin' })
  })

  test('scopes are enforced', async () => {
    const reader = await zendeskClient(sandbox, 'global', 'read organizations:write')
    expect((await reader('GET', '/api/v2/users')).status).toBe(200)
    expect((await reader('POST', '/api/v2/organizations', { organization: { name: 'Allowed' } })).status).toBe(201)
    expect(await reader('POST', '/api/v2/users', { user: { name: 'x' } })).toMatchObject({
      status: 403,
      body: { error: { title: 'Forbidden' } },
    })
  })

  test('a token lives as long as it was asked for', async () => {
    const grant = (life: number): ReturnType<typeof send> =>
      send(`${url()}/oauth/tokens`, 'POST', {
        grant_type: 'client_credentials',
        client_id: 'sandbox-global',
        client_secret: 'sandbox-global-secret',
        scope: 'read',
        expires_in: life,
      })
    expect((await grant(300)).body).toMatchObject({ token_type: 'bearer', scope: 'read', expires_in: 300 })
    expect((await grant(10)).status).toBe(400)
    expect(
      (
        await send(`${url()}/oauth/tokens`, 'POST', {
          grant_type: 'client_credentials',
          client_id: 'sandbox-global',
          client_secret: 'no',
        })
      ).body,
    ).toMatchObject({ error: 'invalid_client' })
  })

  test('the account has so many requests a minute', async () => {
    if (new Date().getSeconds() > 55) await new Promise((resolve) => setTimeout(resolve, 5500))
    const answers = []
    for (let n = 0; n < 52; n++) answers.push(await client('GET', '/api/v2/organizations/count'))
    expect(answers[0]?.headers.get('x-rate-limit')).toBe('50')
    expect(answers[0]?.headers.get('ratelimit-remaining')).toBe('49')
    expect(answers.at(-1)).toMatchObject({ status: 429, body: { error: 'APIRateLimitExceeded' } })
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  })
})
