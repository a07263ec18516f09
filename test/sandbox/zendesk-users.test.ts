import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox, type User } from 'zds/sandbox'
import { type Client, finished, type Loose, smallWorld, text, zendeskClient } from './client.ts'

let sandbox: Sandbox
let client: Client
beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld })
  client = await zendeskClient(sandbox)
})
afterEach(() => sandbox.close())

const stored = (id: number): User | undefined => sandbox.zendesk['global']?.users.find((user) => user.id === id)
const ids = (rows: Loose | undefined): number[] => [...(rows ?? [])].map((row) => Number(row['id']))

test('list, count, show, show_many, search', async () => {
  const list = (await client('GET', '/api/v2/users.json?page[size]=2&role=end-user')).body
  expect(ids(list['users'])).toEqual([22, 23])
  expect(text(list['links']?.['next'])).toContain('role=end-user')
  expect(list['users']?.[0]).toMatchObject({
    email: 'uwe@customer.example',
    organization_id: 11,
    role: 'end-user',
    suspended: false,
    user_fields: { gone: false },
    is_billing_admin: null,
  })
  expect(list['users']?.[1]).toMatchObject({ suspended: true })
  expect((await client('GET', '/api/v2/users/count')).body).toMatchObject({ count: { value: 3 } })
  expect((await client('GET', '/api/v2/users/22.json')).body).toMatchObject({ user: { name: 'Uwe User' } })
  expect(ids((await client('GET', '/api/v2/users/show_many?ids=23,22')).body['users'])).toEqual([22, 23])
  expect(ids((await client('GET', '/api/v2/users/search?external_id=u-1')).body['users'])).toEqual([22])
  expect(ids((await client('GET', '/api/v2/users/search?query=email:SUE@customer.example')).body['users'])).toEqual([
    23,
  ])
  expect(ids((await client('GET', '/api/v2/users/search?query=role:end-user uwe')).body['users'])).toEqual([22])
  const two = 'email:sue@customer.example email:nobody@customer.example role:end-user'
  expect(ids((await client('GET', `/api/v2/users/search?query=${two}`)).body['users'])).toEqual([23])
  expect(ids((await client('GET', '/api/v2/organizations/11/users')).body['users'])).toEqual([22])
})

describe('create', () => {
  const create = (user: object): ReturnType<Client> => client('POST', '/api/v2/users.json', { user })

  test('with an organization, which makes a membership', async () => {
    const answer = await create({
      name: 'New',
      email: 'new@customer.example',
      organization_id: 12,
      skip_verify_email: true,
    })
    expect(answer).toMatchObject({
      status: 201,
      body: { user: { role: 'end-user', organization_id: 12, active: true } },
    })
    expect(answer.headers.get('location')).toBe(answer.body['user']?.['url'])
    const id = Number(answer.body['user']?.['id'])
    expect((await client('GET', `/api/v2/users/${id}/organization_memberships`)).body).toMatchObject({
      organization_memberships: [{ user_id: id, organization_id: 12, default: true }],
    })
  })

  test.each([
    [{ email: 'x@customer.example' }, { name: [{ error: 'BlankValue' }] }],
    [{ name: 'x', email: 'UWE@customer.example' }, { email: [{ error: 'DuplicateValue' }] }],
    [{ name: 'x', external_id: 'u-1' }, { external_id: [{ error: 'DuplicateValue' }] }],
    [{ name: 'x', organization_id: 99 }, { organization: [{ error: 'InvalidValue' }] }],
    [{ name: 'x', role: 'king' }, { role: [{ error: 'InvalidValue' }] }],
  ])('%o is refused', async (user, details) => {
    expect(await create(user)).toMatchObject({ status: 422, body: { error: 'RecordInvalid', details } })
  })

  test('a malformed address has no error code', async () => {
    expect((await create({ name: 'x', email: 'badmail' })).body['details']).toEqual({
      email: [{ description: 'Email: badmail is not properly formatted' }],
    })
  })
})

describe('update', () => {
  const update = (id: number, user: object): ReturnType<Client> => client('PUT', `/api/v2/users/${id}`, { user })

  test('moves a user, its one membership with it, and out again', async () => {
    expect((await update(22, { organization_id: 12 })).body).toMatchObject({ user: { organization_id: 12 } })
    expect(sandbox.zendesk['global']?.memberships).toMatchObject([{ user_id: 22, organization_id: 12 }])
    await update(22, { organization_id: null, suspended: true, user_fields: { gone: true } })
    expect(stored(22)).toMatchObject({
      organization_id: null,
      suspended: true,
      tags: ['gone'],
      user_fields: { gone: true },
    })
    expect(sandbox.zendesk['global']?.memberships).toEqual([])
  })

  test('with another address adds an identity, which can be made primary', async () => {
    expect((await update(22, { email: 'second@customer.example' })).body).toMatchObject({
      user: { email: 'uwe@customer.example' },
    })
    const identities = (await client('GET', '/api/v2/users/22/identities')).body['identities']
    expect([...(identities ?? [])].map((identity) => [text(identity['value']), Boolean(identity['primary'])])).toEqual([
      ['uwe@customer.example', true],
      ['second@customer.example', false],
    ])
    await client('PUT', `/api/v2/users/22/identities/${Number(identities?.[1]?.['id'])}/make_primary`)
    expect(stored(22)?.email).toBe('second@customer.example')
    expect(
      (
        await client('POST', '/api/v2/users/23/identities', {
          identity: { type: 'email', value: 'uwe@customer.example' },
        })
      ).status,
    ).toBe(422)
    const third = await client('POST', '/api/v2/users/23/identities', {
      identity: { type: 'email', value: 'third@customer.example' },
    })
    expect(third).toMatchObject({
      status: 201,
      body: { identity: { user_id: 23, primary: false, deliverable_state: 'deliverable' } },
    })
  })

  test('update_many in both forms', async () => {
    const users = [
      { id: 22, name: 'Renamed' },
      { external_id: 'U-1', notes: 'n' },
      { id: 99, name: 'x' },
    ]
    const job = await finished(client, await client('PUT', '/api/v2/users/update_many.json', { users }))
    expect(job['results']).toEqual([
      { action: 'update', id: 22, status: 'Updated', success: true },
      { action: 'update', id: 22, status: 'Updated', success: true },
      { index: 2, error: 'UserNotFound', id: 99, details: 'Not found' },
    ])
    await finished(
      client,
      await client('PUT', '/api/v2/users/update_many?ids=22,23', { user: { user_fields: { gone: true } } }),
    )
    expect(stored(22)).toMatchObject({ name: 'Renamed', notes: 'n', user_fields: { gone: true } })
    expect(stored(23)?.user_fields).toEqual({ gone: true })
  })

  test('create_or_update matches by address or external id', async () => {
    const upsert = (user: object): ReturnType<Client> => client('POST', '/api/v2/users/create_or_update', { user })
    expect(await upsert({ email: 'UWE@customer.example', name: 'U' })).toMatchObject({
      status: 200,
      body: { user: { id: 22, name: 'U' } },
    })
    expect((await upsert({ email: 'fresh@customer.example', name: 'F' })).status).toBe(201)
  })

  test('bulk import is off, as on a real account', async () => {
    expect((await client('POST', '/api/v2/users/create_many', { users: [{ name: 'x' }] })).status).toBe(403)
    expect((await client('POST', '/api/v2/users/create_or_update_many', { users: [{ name: 'x' }] })).status).toBe(403)
  })
})

test('delete is soft', async () => {
  expect((await client('DELETE', '/api/v2/users/22')).body).toMatchObject({
    user: { id: 22, active: false, email: null, external_id: null, verified: false, organization_id: null },
  })
  expect(ids((await client('GET', '/api/v2/users?page[size]=100')).body['users'])).toEqual([21, 23])
  expect(
    (await client('POST', '/api/v2/users', { user: { name: 'Again', email: 'uwe@customer.example' } })).status,
  ).toBe(201)
})

test('memberships: one a user', async () => {
  const join = (user: number, organization: number): ReturnType<Client> =>
    client('POST', '/api/v2/organization_memberships', {
      organization_membership: { user_id: user, organization_id: organization },
    })
  expect((await join(22, 12)).status).toBe(422)
  const joined = await join(23, 12)
  expect(joined).toMatchObject({
    status: 201,
    body: { organization_membership: { user_id: 23, organization_id: 12, default: true } },
  })
  const id = Number(joined.body['organization_membership']?.['id'])
  expect((await client('GET', '/api/v2/organization_memberships')).body).toMatchObject({ count: 2 })
  expect((await client('GET', `/api/v2/organization_memberships/${id}`)).status).toBe(200)
  expect((await client('PUT', `/api/v2/users/23/organization_memberships/${id}/make_default`)).body).toMatchObject({
    organization_memberships: [{ id }],
  })
  expect((await client('DELETE', `/api/v2/organization_memberships/${id}`)).status).toBe(204)
  expect(stored(23)?.organization_id).toBeNull()
})

test('with bulk import on, create_or_update_many says what it did with each; too large a body is refused', async () => {
  await sandbox.close()
  sandbox = await startSandbox({ world: smallWorld, zendesk: { bulkUserImport: true, maxBodyBytes: 2000 } })
  client = await zendeskClient(sandbox)
  const users = [
    { email: 'uwe@customer.example', name: 'U' },
    { email: 'n@customer.example', name: 'N', external_id: 'N-1' },
    { name: '' },
  ]
  const job = await finished(client, await client('POST', '/api/v2/users/create_or_update_many', { users }))
  expect(job['results']).toMatchObject([
    { id: 22, status: 'Updated', email: 'uwe@customer.example', external_id: 'U-1' },
    { status: 'Created', email: 'n@customer.example', external_id: 'N-1' },
    { index: 2, error: 'UserCreateFailed' },
  ])
  const created = await finished(
    client,
    await client('POST', '/api/v2/users/create_many', { users: [{ name: 'Only' }] }),
  )
  expect(created['results']).toMatchObject([{ status: 'Created' }])
  expect((await client('POST', '/api/v2/users', { user: { name: 'x'.repeat(2000) } })).status).toBe(413)
})
