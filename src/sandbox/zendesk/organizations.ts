import type { Hono } from 'hono'
import { isObject, textOf } from '../json.ts'
import type { Env } from '../server/exchange.ts'
import type { Json, Organization } from '../types.ts'
import type { Instance } from './instance.ts'
import type { JobRow, Jobs } from './jobs.ts'
import type { Limits } from './limits.ts'
import { list, offsetPage } from './lists.ts'
import { invalid, notFound, parameterMissing, tooManyValues, warn } from './replies.ts'
import { aboutOf, createdRow, deletedRow, manyRows, named, organizationKind as kind, updatedRow } from './rows.ts'
import { removeOrganization, writeOrganization } from './write-organizations.ts'

/** The routes below `/api/v2/organizations`. */
export function organizationRoutes(app: Hono<Env>, instance: Instance, jobs: Jobs, limits: Limits): void {
  const { organizations } = instance
  const byName = (a: Organization, b: Organization): number =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id
  const byExternalId = (externalId: string): Organization | undefined => organizations.find('external_id', externalId)

  app.get('/api/v2/organizations', (c) => list(c, 'organizations', organizations.all(), instance.url, byName))
  app.get('/api/v2/organizations/count', (c) =>
    c.json({ count: { value: organizations.size, refreshed_at: instance.origin().now } }),
  )
  app.get('/api/v2/organizations/show_many', (c) => {
    const wanted = named(c, organizations.get, byExternalId)
    if (wanted === undefined) return parameterMissing(c, 'ids')
    if (wanted.length > 100) return tooManyValues(c)
    const found = new Set(wanted.flatMap(({ record }) => record ?? []))
    return offsetPage(
      c,
      'organizations',
      [...found].sort((a, b) => a.id - b.id),
      instance.url,
    )
  })
  app.get('/api/v2/organizations/search', (c) => {
    const { query } = c.env.exchange
    const externalId = query.get('external_id')
    const name = query.get('name')
    if ((externalId === null) === (name === null)) return parameterMissing(c, 'external_id or name')
    const found = externalId === null ? organizations.find('name', name ?? '') : byExternalId(externalId)
    return offsetPage(c, 'organizations', found === undefined ? [] : [found], instance.url)
  })
  app.get('/api/v2/organizations/autocomplete', (c) => {
    const prefix = (c.env.exchange.query.get('name') ?? '').toLowerCase()
    const found = organizations.all().filter(({ name }) => name.toLowerCase().startsWith(prefix))
    return offsetPage(c, 'organizations', found, instance.url)
  })

  app.post('/api/v2/organizations', (c) => {
    const { body } = c.env.exchange
    const change = isObject(body) ? body['organization'] : undefined
    if (!isObject(change)) return parameterMissing(c, 'organization')
    const written = writeOrganization(instance, undefined, change)
    if (!written.ok) return invalid(c, written.problems)
    warn(c, 'organizations', 'create', written.dropped)
    c.header('Location', written.record.url)
    return c.json({ organization: written.record }, 201)
  })
  app.post('/api/v2/organizations/create_or_update', (c) => {
    const { body } = c.env.exchange
    const change = isObject(body) ? body['organization'] : undefined
    if (!isObject(change)) return parameterMissing(c, 'organization')
    const { id, ...rest } = change
    const old = typeof id === 'number' ? organizations.get(id) : byExternalId(textOf(change['external_id']))
    if (typeof id === 'number' && old === undefined) return notFound(c)
    const written = writeOrganization(instance, old, rest)
    if (!written.ok) return invalid(c, written.problems)
    warn(c, 'organizations', 'create_or_update', written.dropped)
    c.header('Location', written.record.url)
    return c.json({ organization: written.record }, old === undefined ? 201 : 200)
  })
  app.post('/api/v2/organizations/create_many', (c) => {
    const rows = manyRows(c, kind, (change) => ({
      about: aboutOf(instance, change),
      run: (n) => createdRow(kind, n, writeOrganization(instance, undefined, change)),
    }))
    return rows instanceof Response
      ? rows
      : jobs.start(c, { type: 'OrganizationBulkCreateJob', verb: 'Creating', noun: 'organization', rows })
  })

  app.put('/api/v2/organizations/update_many', (c) => {
    const row = (id: number, change: { readonly [key: string]: Json }): JobRow => ({
      about: aboutOf(instance, { ...change, id }),
      run: (n) => {
        const old = organizations.get(id)
        return updatedRow(kind, n, id, old === undefined ? undefined : writeOrganization(instance, old, change))
      },
    })
    // A row that is keyed by external_id is documented for users only, so here it finds nothing.
    const batchRow = ({ id, ...change }: { readonly [key: string]: Json }): JobRow =>
      row(typeof id === 'number' ? id : 0, change)
    const rows = manyRows(c, kind, batchRow, { named: named(c, organizations.get, byExternalId), row })
    return rows instanceof Response
      ? rows
      : jobs.start(c, { type: 'OrganizationBulkUpdateJob', verb: 'Updating', noun: 'organization', rows })
  })
  app.delete('/api/v2/organizations/destroy_many', (c) => {
    const wanted = named(c, organizations.get, byExternalId)
    if (wanted === undefined) return parameterMissing(c, 'ids')
    if (wanted.length > 100) return tooManyValues(c)
    const rows = wanted.map(({ id }): JobRow => ({
      about: aboutOf(instance, { id }),
      run: (n) => deletedRow(kind, n, id, removeOrganization(instance, id)),
    }))
    return jobs.start(c, { type: 'OrganizationBulkDeleteJob', verb: 'Deleting', noun: 'organization', rows })
  })

  app.get('/api/v2/organizations/:id{[0-9]+}', (c) => {
    const organization = organizations.get(Number(c.req.param('id')))
    return organization === undefined ? notFound(c) : c.json({ organization })
  })
  app.put('/api/v2/organizations/:id{[0-9]+}', (c) => {
    const old = organizations.get(Number(c.req.param('id')))
    if (old === undefined) return notFound(c)
    const refused = limits.record(c, 'organization', old.id)
    if (refused !== undefined) return refused
    const { body } = c.env.exchange
    const change = isObject(body) ? body['organization'] : undefined
    if (!isObject(change)) return parameterMissing(c, 'organization')
    const written = writeOrganization(instance, old, change)
    if (!written.ok) return invalid(c, written.problems)
    warn(c, 'organizations', 'update', written.dropped)
    return c.json({ organization: written.record })
  })
  app.delete('/api/v2/organizations/:id{[0-9]+}', (c) =>
    removeOrganization(instance, Number(c.req.param('id'))) ? c.body(null, 204) : notFound(c),
  )
  app.get('/api/v2/organizations/:id{[0-9]+}/users', (c) => {
    const id = Number(c.req.param('id'))
    return list(
      c,
      'users',
      instance.users.all().filter((user) => user.organization_id === id),
      instance.url,
    )
  })
  app.get('/api/v2/organization_fields', (c) =>
    list(c, 'organization_fields', instance.organizationFields, instance.url),
  )
  app.get('/api/v2/organization_fields/:id', (c) => {
    const field = instance.organizationFields.find(
      ({ id, key }) => c.req.param('id') === String(id) || c.req.param('id') === key,
    )
    return field === undefined ? notFound(c) : c.json({ organization_field: field })
  })
}
