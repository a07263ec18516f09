import { randomBytes } from 'node:crypto'
import { isObject, textOf } from '../json.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Clock } from '../types.ts'

/** What an instance accepts: an OAuth client, and an API token with its user's address. */
export type ZendeskCredentials = {
  readonly clientId: string
  readonly clientSecret: string
  readonly email: string
  readonly apiToken: string
}

/**
 * Who a request comes from: nobody, somebody whose token is not valid, or the client with its
 * scopes.
 */
type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'known'; readonly scopes: readonly string[] }

export type Tokens = {
  answer(exchange: Exchange): Response
  caller(exchange: Exchange, authorization: string | undefined): Caller
  revoke(token: string | undefined): void
}

const scopeForm = /^(\w+:)?(read|write)$/

/**
 * OAuth client credentials and API tokens; `seconds` is the life of a token whose request names
 * none.
 */
export function createTokens(credentials: ZendeskCredentials, seconds: number, clock: Clock): Tokens {
  const tokens = new Map<string, { readonly scopes: readonly string[]; readonly until: number }>()
  const basic = Buffer.from(`${credentials.email}/token:${credentials.apiToken}`).toString('base64')

  return {
    answer: (exchange) => {
      const form = isObject(exchange.body) ? exchange.body : {}
      if (form['grant_type'] !== 'client_credentials')
        return refuse(400, 'unsupported_grant_type', 'The authorization grant type is not supported.')
      if (form['client_id'] !== credentials.clientId || form['client_secret'] !== credentials.clientSecret) {
        return refuse(
          401,
          'invalid_client',
          'Client authentication failed due to unknown client, or no client authentication included.',
        )
      }
      const scope = form['scope'] === undefined ? 'read write' : textOf(form['scope'])
      const scopes = scope.split(/[\s,]+/).filter((name) => name !== '')
      if (scopes.length === 0 || !scopes.every((name) => scopeForm.test(name)))
        return refuse(400, 'invalid_scope', 'The requested scope is invalid.')
      const life = form['expires_in'] === undefined ? seconds : Number(form['expires_in'])
      if (form['expires_in'] !== undefined && !(life >= 300 && life <= 172_800)) {
        return refuse(400, 'invalid_request', 'expires_in must be between 300 and 172800.')
      }
      const token = randomBytes(32).toString('hex')
      tokens.set(token, { scopes, until: clock.now().getTime() + life * 1000 })
      return Response.json({ access_token: token, token_type: 'bearer', scope, expires_in: life })
    },
    caller: (exchange, authorization) => {
      if (exchange.bearer !== undefined) {
        const token = tokens.get(exchange.bearer)
        return token !== undefined && token.until > clock.now().getTime()
          ? { kind: 'known', scopes: token.scopes }
          : { kind: 'invalid' }
      }
      const given = /^Basic (.+)$/i.exec(authorization ?? '')?.[1]
      return given === basic ? { kind: 'known', scopes: ['read', 'write'] } : { kind: 'anonymous' }
    },
    revoke: (token) => {
      if (token !== undefined) tokens.delete(token)
    },
  }
}

/**
 * True when the scopes allow the method on the resource: `read` and `write` allow all,
 * `users:write` only users.
 */
export function allows(scopes: readonly string[], method: string, resource: string): boolean {
  const verb = method === 'GET' || method === 'HEAD' ? 'read' : 'write'
  return scopes.includes(verb) || scopes.includes(`${resource}:${verb}`)
}

function refuse(status: number, error: string, description: string): Response {
  return Response.json({ error, error_description: description }, { status })
}
