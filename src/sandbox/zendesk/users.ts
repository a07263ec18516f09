import type { Context, Hono } from 'hono'
import { isObject, textOf } from '../json.ts'
import type { Env } from '../server/exchange.ts'
import type { Json, User } from '../types.ts'
import type { Instance } from './instance.ts'
import type { JobRow, Jobs } from './jobs.ts'
import type { Limits } from './limits.ts'
import { list, offsetPage } from './lists.ts'
import { forbidden, invalid, notFound, parameterMissing, tooManyValues, warn } from './replies.ts'
import { createdRow, deletedRow, manyRows, named, updatedRow, userKind as kind } from './rows.ts'
import { searchUsers } from './search.ts'
import { removeUser, writeUser } from './write-users.ts'

type Change = { readonly [key: string]: Json }

/**
 * The routes below `/api/v2/users`, but for identities; `bulkImport` opens create_many and
 * create_or_update_many.
 */
export function userRoutes(app: Hono<Env>, instance: Instance, jobs: Jobs, limits: Limits, bulkImport: boolean): void {
  const { users } = instance
  const byExternalId = (externalId: string): User | undefined => users.find('external_id', externalId)
  const active = (): readonly User[] => users.all().filter((user) => user.active)
  const filtered = (c: Context<Env>): readonly User[] => {
    const roles = [...c.env.exchange.query.getAll('role[]'), ...c.env.exchange.query.getAll('role')]
    return roles.length === 0 ? active() : active().filter((user) => roles.includes(user.role))
  }
  const bodyOf = (c: Context<Env>): Change | undefined => {
    const { body } = c.env.exchange
    const change = isObject(body) ? body['user'] : undefined
    return isObject(change) ? change : undefined
  }
  const matched = (change: Change): User | undefined => {
    const identity = instance.identities.find('email', textOf(change['email']))
    return identity === undefined ? byExternalId(textOf(change['external_id'])) : users.get(identity.user_id)
  }

  app.get('/api/v2/users', (c) => list(c, 'users', filtered(c), instance.url))
  app.get('/api/v2/users/count', (c) =>
    c.json({ count: { value: filtered(c).length, refreshed_at: instance.origin().now } }),
  )
  app.get('/api/v2/users/show_many', (c) => {
    const wanted = named(c, users.get, byExternalId)
    if (wanted === undefined) return parameterMissing(c, 'ids')
    if (wanted.length > 100) return tooManyValues(c)
    const found = new Set(wanted.flatMap(({ record }) => record ?? []))
    return offsetPage(
      c,
      'users',
      [...found].sort((a, b) => a.id - b.id),
      instance.url,
    )
  })
  app.get('/api/v2/users/search', (c) => {
    const externalId = c.env.exchange.query.get('external_id')
    const query = c.env.exchange.query.get('query')
    if (externalId === null && query === null) return parameterMissing(c, 'query')
    const found =
      externalId === null ? searchUsers(instance, active(), query ?? '') : [byExternalId(externalId) ?? []].flat()
    return offsetPage(c, 'users', found, instance.url)
  })

  app.post('/api/v2/users', (c) => {
    const change = bodyOf(c)
    if (change === undefined) return parameterMissing(c, 'user')
    return answerWrite(c, instance, undefined, change, 'create')
  })
  app.post('/api/v2/users/create_or_update', (c) => {
    const change = bodyOf(c)
    if (change === undefined) return parameterMissing(c, 'user')
    const old = matched(change)
    const refused = old === undefined ? undefined : limits.record(c, 'user', old.id)
    return refused ?? answerWrite(c, instance, old, change, 'create_or_update')
  })
  app.post('/api/v2/users/create_many', (c) => {
    if (!bulkImport) return forbidden(c)
    const rows = manyRows(c, kind, (change) => ({
      about: aboutUser(undefined, change),
      run: (n) => createdRow(kind, n, writeUser(instance, undefined, change)),
    }))
    return rows instanceof Response
      ? rows
      : jobs.start(c, { type: 'UserBulkCreateJob', verb: 'Creating', noun: 'User', rows })
  })
  app.post('/api/v2/users/create_or_update_many', (c) => {
    if (!bulkImport) return forbidden(c)
    const rows = manyRows(c, kind, (change) => ({
      about: aboutUser(undefined, change),
      run: (n) => {
        const old = matched(change)
        const written = writeUser(instance, old, change)
        if (!written.ok) return createdRow(kind, n, written)
        const { id, email, external_id: externalId } = written.record
        return { id, status: old === undefined ? 'Created' : 'Updated', email, external_id: externalId }
      },
    }))
    return rows instanceof Response
      ? rows
      : jobs.start(c, { type: 'UserBulkCreateOrUpdateJob', verb: 'Creating', noun: 'User', rows })
  })

  app.put('/api/v2/users/update_many', (c) => {
    const row = (find: () => User | undefined, id: number, change: Change): JobRow => ({
      about: aboutUser(find(), change),
      run: (n) => {
        const old = find()
        return updatedRow(kind, n, old?.id ?? id, old === undefined ? undefined : writeUser(instance, old, change))
      },
    })
    const byId = (id: number, change: Change): JobRow => row(() => users.get(id), id, change)
    const batchRow = ({ id, ...change }: Change): JobRow =>
      typeof id === 'number' ? byId(id, change) : row(() => byExternalId(textOf(change['external_id'])), 0, change)
    const rows = manyRows(c, kind, batchRow, { named: named(c, users.get, byExternalId), row: byId })
    return rows instanceof Response
      ? rows
      : jobs.start(c, { type: 'UserBulkUpdateJobV2', verb: 'Updating', noun: 'user', rows })
  })
  app.delete('/api/v2/users/destroy_many', (c) => {
    const wanted = named(c, users.get, byExternalId)
    if (wanted === undefined) return parameterMissing(c, 'ids')
    if (wanted.length > 100) return tooManyValues(c)
    const rows = wanted.map(({ id, record }): JobRow => ({
      about: aboutUser(record, {}),
      run: (n) => deletedRow(kind, n, id, record !== undefined && removeUser(instance, record).id === id),
    }))
    return jobs.start(c, { type: 'UserBulkDeleteJob', verb: 'Deleting', noun: 'User', rows })
  })

  app.get('/api/v2/users/:id{[0-9]+}', (c) => {
    const user = users.get(Number(c.req.param('id')))
    return user === undefined ? notFound(c) : c.json({ user })
  })
  app.put('/api/v2/users/:id{[0-9]+}', (c) => {
    const old = users.get(Number(c.req.param('id')))
    if (old === undefined) return notFound(c)
    const change = bodyOf(c)
    const refused = limits.record(c, 'user', old.id)
    if (refused !== undefined) return refused
    return change === undefined ? parameterMissing(c, 'user') : answerWrite(c, instance, old, change, 'update')
  })
  app.delete('/api/v2/users/:id{[0-9]+}', (c) => {
    const user = users.get(Number(c.req.param('id')))
    return user === undefined || !user.active ? notFound(c) : c.json({ user: removeUser(instance, user) })
  })
  app.get('/api/v2/user_fields', (c) => list(c, 'user_fields', instance.userFields, instance.url))
}

function answerWrite(
  c: Context<Env>,
  instance: Instance,
  old: User | undefined,
  change: Change,
  action: string,
): Response {
  const written = writeUser(instance, old, change)
  if (!written.ok) return invalid(c, written.problems)
  warn(c, 'users', action, written.dropped)
  if (action !== 'update') c.header('Location', written.record.url)
  return c.json({ user: written.record }, old === undefined ? 201 : 200)
}

/** What a row is about; users have their address in place of a name. */
function aboutUser(user: User | undefined, change: Change): JobRow['about'] {
  const email = change['email'] ?? user?.email
  const externalId = change['external_id'] ?? user?.external_id
  return { id: user?.id, external_id: textOf(externalId), name: textOf(email) }
}
