import type { Context } from 'hono'
import type { Env } from '../server/exchange.ts'
import type { Problems } from './values.ts'

/** A record that does not exist. */
export function notFound(c: Context<Env>): Response {
  return c.json({ error: 'RecordNotFound', description: 'Not found' }, 404)
}

/** A write that was refused, with its problems by field. */
export function invalid(c: Context<Env>, problems: Problems): Response {
  return c.json({ error: 'RecordInvalid', description: 'Record validation errors', details: problems }, 422)
}

/** A body without the object it must have. */
export function parameterMissing(c: Context<Env>, name: string): Response {
  return c.json({ error: 'ParameterMissing', description: `Parameter ${name} is required` }, 400)
}

/** More than 100 rows; the two blanks are in the real text. */
export function tooManyValues(c: Context<Env>): Response {
  return c.json(
    { error: 'TooManyValues', description: 'Parameter  cannot specify more than 100 values', max_count: 100 },
    400,
  )
}

/** What the account may not do. */
export function forbidden(c: Context<Env>): Response {
  const message =
    'You do not have access to this page. Please contact the account owner of this help desk for further help.'
  return c.json({ error: { title: 'Forbidden', message } }, 403)
}

/**
 * Says in a header which keys of the body were dropped, as Zendesk does instead of refusing them.
 */
export function warn(c: Context<Env>, controller: string, action: string, dropped: readonly string[]): void {
  if (dropped.length === 0) return
  const names = dropped.map((name) => `"${controller.replace(/s$/, '')}.${name}"`).join(', ')
  const details = `:controller=>"${controller}", :action=>"${action}", :unpermitted_keys=>[${names}], :invalid_values=>[]`
  c.header('X-Zendesk-API-Warn', `{:allowed_parameters=>{${details}}}`)
}
