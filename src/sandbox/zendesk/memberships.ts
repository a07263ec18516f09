import type { Hono } from 'hono'
import { isObject, textOf } from '../json.ts'
import type { Env } from '../server/exchange.ts'
import type { Instance } from './instance.ts'
import { identityOf } from './records.ts'
import { list, offsetPage } from './lists.ts'
import { invalid, notFound, parameterMissing } from './replies.ts'
import { problem, type Problems } from './values.ts'
import { identitiesOf, setOrganization } from './write-users.ts'

/**
 * The routes of organization memberships: one organization a user, since the multi-organization
 * setting is off.
 */
export function membershipRoutes(app: Hono<Env>, instance: Instance): void {
  const { memberships, users } = instance
  app.get('/api/v2/organization_memberships', (c) =>
    list(c, 'organization_memberships', memberships.all(), instance.url),
  )
  app.get('/api/v2/users/:id{[0-9]+}/organization_memberships', (c) => {
    const membership = memberships.find('user', c.req.param('id'))
    return list(c, 'organization_memberships', membership === undefined ? [] : [membership], instance.url)
  })
  app.get('/api/v2/organizations/:id{[0-9]+}/organization_memberships', (c) => {
    const id = Number(c.req.param('id'))
    return list(
      c,
      'organization_memberships',
      memberships.all().filter((member) => member.organization_id === id),
      instance.url,
    )
  })
  app.get('/api/v2/organization_memberships/:id{[0-9]+}', (c) => {
    const membership = memberships.get(Number(c.req.param('id')))
    return membership === undefined ? notFound(c) : c.json({ organization_membership: membership })
  })
  app.post('/api/v2/organization_memberships', (c) => {
    const { body } = c.env.exchange
    const change = isObject(body) ? body['organization_membership'] : undefined
    if (!isObject(change)) return parameterMissing(c, 'organization_membership')
    const user = users.get(Number(change['user_id']))
    const organization = instance.organizations.get(Number(change['organization_id']))
    const problems: Problems = {}
    if (user === undefined) problem(problems, 'user', 'User: cannot be blank', 'BlankValue')
    if (organization === undefined) problem(problems, 'organization', 'Organization: cannot be blank', 'BlankValue')
    if (user !== undefined && user.organization_id !== null)
      problem(problems, 'user_id', 'User has already been taken', 'DuplicateValue')
    if (user === undefined || organization === undefined || user.organization_id !== null) return invalid(c, problems)
    setOrganization(instance, user, organization.id)
    return c.json({ organization_membership: memberships.find('user', String(user.id)) }, 201)
  })
  app.delete('/api/v2/organization_memberships/:id{[0-9]+}', (c) => {
    const membership = memberships.get(Number(c.req.param('id')))
    const user = users.get(membership?.user_id ?? 0)
    if (membership === undefined || user === undefined) return notFound(c)
    setOrganization(instance, user, null)
    return c.body(null, 204)
  })
  app.put('/api/v2/users/:user{[0-9]+}/organization_memberships/:id{[0-9]+}/make_default', (c) => {
    const membership = memberships.get(Number(c.req.param('id')))
    if (membership === undefined || String(membership.user_id) !== c.req.param('user')) return notFound(c)
    return offsetPage(c, 'organization_memberships', [membership], instance.url)
  })
}

/** The routes of a user's e-mail identities. */
export function identityRoutes(app: Hono<Env>, instance: Instance): void {
  app.get('/api/v2/users/:user{[0-9]+}/identities', (c) =>
    list(c, 'identities', identitiesOf(instance, Number(c.req.param('user'))), instance.url),
  )
  app.post('/api/v2/users/:user{[0-9]+}/identities', (c) => {
    const user = instance.users.get(Number(c.req.param('user')))
    const { body } = c.env.exchange
    const change = isObject(body) ? body['identity'] : undefined
    if (user === undefined) return notFound(c)
    if (!isObject(change)) return parameterMissing(c, 'identity')
    const value = textOf(change['value'])
    const problems: Problems = {}
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
      problem(problems, 'value', `Value: ${value} is not properly formatted`)
    else if (instance.identities.find('email', value) !== undefined) {
      problem(problems, 'value', `Value: ${value} is already being used by another user`, 'DuplicateValue')
    }
    if (Object.keys(problems).length > 0) return invalid(c, problems)
    const identity = identityOf(
      instance.nextId(),
      user,
      value,
      change['primary'] === true,
      change['verified'] === true,
      instance.origin(),
    )
    instance.identities.put({ ...identity, primary: false })
    if (identity.primary) makePrimary(instance, user.id, identity.id)
    return c.json({ identity: instance.identities.get(identity.id) }, 201)
  })
  app.put('/api/v2/users/:user{[0-9]+}/identities/:id{[0-9]+}/make_primary', (c) => {
    const user = Number(c.req.param('user'))
    return makePrimary(instance, user, Number(c.req.param('id')))
      ? list(c, 'identities', identitiesOf(instance, user), instance.url)
      : notFound(c)
  })
}

function makePrimary(instance: Instance, userId: number, identityId: number): boolean {
  const user = instance.users.get(userId)
  const chosen = instance.identities.get(identityId)
  if (user === undefined || chosen?.user_id !== userId) return false
  const { now } = instance.origin()
  for (const identity of identitiesOf(instance, userId)) {
    const primary = identity.id === identityId
    if (identity.primary !== primary) instance.identities.put({ ...identity, primary, updated_at: now })
  }
  instance.users.put({ ...user, email: chosen.value, updated_at: now })
  return true
}
