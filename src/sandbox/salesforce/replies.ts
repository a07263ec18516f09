import type { Context } from 'hono'
import type { Env } from '../server/exchange.ts'

/** A refusal as the REST API gives it. */
export function refuse(
  c: Context<Env>,
  status: 400 | 401 | 404 | 409 | 500,
  errorCode: string,
  message: string,
): Response {
  return c.json([{ message, errorCode }], status)
}

/** What is not there, or never was. */
export const notFound = (c: Context<Env>): Response =>
  refuse(c, 404, 'NOT_FOUND', 'The requested resource does not exist')
