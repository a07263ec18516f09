import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { isObject, textOf } from '../json.ts'
import type { Exchange } from '../server/exchange.ts'

type JwtOptions = {
  /** The certificate's public key, PEM. */
  readonly publicKey: string
  /** What `aud` must be (default `https://login.salesforce.com`). */
  readonly audience?: string
  /** The users that approved the app. */
  readonly usernames: readonly string[]
}
export type Credentials = {
  readonly clientId: string
  readonly clientSecret: string
  readonly jwt: JwtOptions | undefined
}

/** Gives out access tokens and knows which are valid. */
export type Sessions = {
  answer(exchange: Exchange, authorization: string | null): Response
  isValid(token: string | undefined): boolean
  revoke(token: string | undefined): void
}

const organization = '00D000000000001EAA'
/** The user that everybody is who has a token. */
export const integrationUser = '005000000000001AAA'

export function createSessions(url: string, credentials: Credentials, now: () => Date): Sessions {
  const tokens = new Set<string>()

  const grant = (): Response => {
    const token = `${organization.slice(0, 15)}!${randomBytes(48).toString('base64url')}`
    tokens.add(token)
    return Response.json({
      access_token: token,
      signature: randomBytes(32).toString('base64'),
      scope: 'id api',
      instance_url: url,
      id: `${url}/id/${organization}/${integrationUser}`,
      token_type: 'Bearer',
      issued_at: String(now().getTime()),
      api_instance_url: url,
    })
  }

  return {
    answer: (exchange, authorization) => {
      const form = isObject(exchange.body) ? exchange.body : {}
      const field = (name: string): string => textOf(form[name] ?? exchange.query.get(name))
      switch (field('grant_type')) {
        case 'client_credentials': {
          const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1]
          const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
          const [id, secret] = pair === undefined ? [field('client_id'), field('client_secret')] : splitPair(pair)
          if (id !== credentials.clientId) return refuse('invalid_client_id', 'client identifier invalid')
          return secret === credentials.clientSecret ? grant() : refuse('invalid_client', 'invalid client credentials')
        }
        case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
          const problem = jwtProblem(field('assertion'), credentials, now())
          return problem === undefined ? grant() : refuse('invalid_grant', problem)
        }
        case 'password':
          return refuse('invalid_grant', 'authentication failure')
        default:
          return refuse('unsupported_grant_type', 'grant type not supported')
      }
    },
    isValid: (token) => token !== undefined && tokens.has(token),
    revoke: (token) => {
      if (token !== undefined) tokens.delete(token)
    },
  }
}

function splitPair(pair: string): [string, string] {
  const colon = pair.indexOf(':')
  return [decodeURIComponent(pair.slice(0, colon)), decodeURIComponent(pair.slice(colon + 1))]
}

function refuse(error: string, description: string): Response {
  return Response.json({ error, error_description: description }, { status: 400 })
}

/** What is wrong with an assertion, in the words of Salesforce. */
function jwtProblem(assertion: string, credentials: Credentials, now: Date): string | undefined {
  const { jwt } = credentials
  const [head = '', payload = '', signature = ''] = assertion.split('.')
  if (jwt === undefined || head === '') return "user hasn't approved this consumer"
  const claims = parsePart(payload)
  if (parsePart(head)['alg'] !== 'RS256') return 'algorithm not supported'
  const signed = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${payload}`),
    createPublicKey(jwt.publicKey),
    Buffer.from(signature, 'base64url'),
  )
  if (!signed) return 'invalid assertion'
  if (claims['iss'] !== credentials.clientId) return 'client identifier invalid'
  if (claims['aud'] !== (jwt.audience ?? 'https://login.salesforce.com')) return 'audience is invalid'
  const seconds = now.getTime() / 1000
  const exp = Number(claims['exp'])
  // Salesforce takes an assertion for three minutes and a little skew.
  if (!(exp > seconds) || exp > seconds + 300) return 'expired authorization code'
  return jwt.usernames.includes(String(claims['sub'])) ? undefined : "user hasn't approved this consumer"
}

function parsePart(part: string): { [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
