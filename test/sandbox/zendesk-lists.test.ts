import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { type Client, type Loose, smallWorld, text, zendeskClient } from './client.ts'

let sandbox: Sandbox
let client: Client
beforeAll(async () => {
  sandbox = await startSandbox({ world: smallWorld })
  client = await zendeskClient(sandbox)
})
afterAll(() => sandbox.close())

const ids = (rows: Loose | undefined): number[] => [...(rows ?? [])].map((row) => Number(row['id']))
const follow = (link: Loose | undefined): ReturnType<Client> =>
  client('GET', text(link).replace(sandbox.zendesk['global']?.url ?? '', ''))

test('by cursor: ids ascending, links percent-encoded, cursors on the last page, none on the empty one after it', async () => {
  const first = (await client('GET', '/api/v2/organizations.json?page[size]=2')).body
  expect(ids(first['organizations'])).toEqual([11, 12])
  expect(first['meta']).toMatchObject({ has_more: true, before_cursor: expect.any(String) })
  expect(first['count']).toBeUndefined()
  expect(text(first['links']?.['next'])).toMatch(
    /\/api\/v2\/organizations\.json\?page%5Bafter%5D=[\w%]+&page%5Bsize%5D=2$/,
  )
  expect(first['links']?.['prev']).toEqual(expect.any(String))
  const cursor = Buffer.from(text(first['meta']?.['after_cursor']), 'base64').toString()
  expect(JSON.parse(cursor)).toEqual({ o: 'id', v: expect.any(String) })

  const last = (await follow(first['links']?.['next'])).body
  expect(ids(last['organizations'])).toEqual([13])
  expect(last['meta']).toMatchObject({ has_more: false, after_cursor: expect.any(String) })
  const empty = (await follow(last['links']?.['next'])).body
  expect(empty).toEqual({
    organizations: [],
    meta: { has_more: false, after_cursor: null, before_cursor: null },
    links: { prev: null, next: null },
  })
  expect(ids((await follow(last['links']?.['prev'])).body['organizations'])).toEqual([11, 12])
})

test('by page: by name, with count and links', async () => {
  const first = (await client('GET', '/api/v2/organizations?per_page=2')).body
  expect(ids(first['organizations'])).toEqual([12, 13])
  expect(first).toMatchObject({ count: 3, previous_page: null })
  const second = (await follow(first['next_page'])).body
  expect(ids(second['organizations'])).toEqual([11])
  expect(second).toMatchObject({ next_page: null, count: 3 })
})

test('too deep, too large, or with a foreign cursor it is refused', async () => {
  const deep = await client('GET', '/api/v2/organizations?page=101')
  expect(deep.status).toBe(400)
  expect(deep.text).toContain('There are limits to the page depth in Offset Pagination')
  expect((await client('GET', '/api/v2/organizations?page[size]=101')).status).toBe(400)
  expect((await client('GET', '/api/v2/organizations?page[after]=abc')).status).toBe(400)
})

test('count, show_many, search, autocomplete', async () => {
  expect((await client('GET', '/api/v2/organizations/count.json')).body).toMatchObject({ count: { value: 3 } })
  expect(ids((await client('GET', '/api/v2/organizations/show_many?ids=13,11,99')).body['organizations'])).toEqual([
    11, 13,
  ])
  expect((await client('GET', '/api/v2/organizations/show_many?external_ids=KEY-2,nothing')).body).toMatchObject({
    count: 1,
    organizations: [{ id: 12 }],
  })
  expect((await client('GET', `/api/v2/organizations/show_many?ids=${'1,'.repeat(101)}`)).body).toMatchObject({
    error: 'TooManyValues',
    max_count: 100,
  })
  expect(ids((await client('GET', '/api/v2/organizations/search?external_id=key-1')).body['organizations'])).toEqual([
    11,
  ])
  expect(ids((await client('GET', '/api/v2/organizations/search?name=alpha')).body['organizations'])).toEqual([12])
  expect((await client('GET', '/api/v2/organizations/search')).status).toBe(400)
  expect(ids((await client('GET', '/api/v2/organizations/autocomplete?name=m')).body['organizations'])).toEqual([13])
})

test('fields, in both ways', async () => {
  const fields = (await client('GET', '/api/v2/organization_fields.json?page[size]=100')).body['organization_fields']
  expect(fields).toHaveLength(6)
  expect(Object.keys(fields?.[0] ?? {}).slice(0, 14)).toEqual([
    'url',
    'id',
    'type',
    'key',
    'title',
    'description',
    'raw_title',
    'raw_description',
    'position',
    'active',
    'system',
    'regexp_for_validation',
    'created_at',
    'updated_at',
  ])
  expect([...(fields ?? [])].find((field) => text(field['key']) === 'hold')).toMatchObject({
    type: 'checkbox',
    tag: 'hold',
  })
  expect((await client('GET', '/api/v2/user_fields')).body).toMatchObject({ count: 1, user_fields: [{ key: 'gone' }] })
})
