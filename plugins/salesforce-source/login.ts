import type { TokenResponse } from 'jsforce/lib/core.js'
import {
  conceal,
  http,
  HttpError,
  instanceUrl,
  isObject,
  notInstalled,
  ZdsError,
  type Caller,
  type HttpPolicy,
  type Json,
  type Proof,
  type Refusal,
  type Setting,
  type Verdict,
} from 'zds'
import { assertion, type JwtGrant } from './assertion.ts'
import { replaceTransport } from './transport.ts'
import { explain } from './trouble.ts'

/**
 * Who zds is: an app with its secret (client credentials), or an app that signs for a user (JWT
 * bearer).
 */
export type Login = { readonly loginUrl: Setting; readonly clientId: Setting } & (
  | { readonly clientSecret: Setting; readonly jwt?: undefined }
  | { readonly jwt: JwtGrant; readonly clientSecret?: undefined }
)

export type SalesforceSession = {
  readonly proof: Proof
  readonly instanceUrl: string
  /** The address of the user that zds acts as, where the answer has it. */
  readonly user?: string
  readonly scope?: string
}

/** Gets a token. Throws AUTH_FAILED with Salesforce's reason and what to look at. */
export async function logIn(login: Login, policy: HttpPolicy, run: Caller): Promise<SalesforceSession> {
  const loginUrl = instanceUrl(login.loginUrl)
  const clientId = login.clientId.read()
  // The core of jsforce, and only when it is needed: the whole of it takes half a second to load.
  const { OAuth2 } = await import('jsforce/lib/core.js').catch(notInstalled)
  const { clientSecret, jwt } = login
  // With an assertion, Salesforce knows the app from its `iss`.
  const oauth = new OAuth2(
    clientSecret === undefined ? { loginUrl } : { loginUrl, clientId, clientSecret: conceal(clientSecret.read()) },
  )
  const advise = (refusal: Refusal): string | undefined =>
    verdict(refusal) === 'unauthorized' ? adviceFor(reasonOf(refusal.body) ?? '', login) : undefined
  const send = http({ service: 'salesforce', policy, explain: reasonOf, verdict, advise })
  replaceTransport(oauth._transport, send, run)
  const grant =
    jwt === undefined
      ? { grant_type: 'client_credentials' }
      : {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: assertion(jwt, clientId, loginUrl, run.clock.now()),
        }
  try {
    return sessionOf(await oauth.requestToken(grant), loginUrl)
  } catch (error) {
    throw error instanceof HttpError ? failed(error) : error
  }
}

/** jsforce declares the answer's type and does not check it. */
function sessionOf(answer: TokenResponse | undefined, loginUrl: string): SalesforceSession {
  const token = answer?.access_token
  const address = answer?.instance_url
  if (typeof token !== 'string' || token === '' || typeof address !== 'string') {
    throw new ZdsError('HTTP_UNREADABLE', 'salesforce: the answer to the login holds no token and address')
  }
  return {
    proof: { authorization: `Bearer ${conceal(token)}` },
    instanceUrl: addressOf(address, loginUrl),
    ...(answer?.id !== undefined && { user: answer.id }),
    ...(answer?.scope !== undefined && { scope: answer.scope }),
  }
}

/** Where orgs live; whatever customers can put a page on is none of it. */
const ORGS = /\.(?:salesforce\.com|salesforce\.mil|sfcrmproducts\.cn)$/

/**
 * The token travels to this address: it must be as safe as one of the configuration, and the host
 * that was asked, or one of Salesforce's own.
 */
function addressOf(address: string, loginUrl: string): string {
  const named = instanceUrlIn(address)
  if (named !== undefined && (hostOf(named) === hostOf(loginUrl) || ORGS.test(hostOf(named)))) return named
  const message = 'salesforce: the login names an instance_url that is none of Salesforce; no token is sent there'
  throw new ZdsError('AUTH_FAILED', message, {
    hint: 'Check the address of the login, and what stands between you and it.',
  })
}

function instanceUrlIn(address: string): string | undefined {
  try {
    return instanceUrl({ name: 'instance_url', read: () => address, peek: () => address })
  } catch {
    return undefined
  }
}

const hostOf = (address: string): string => new URL(address).hostname

/** OAuth errors are an object, unlike those of the REST API. */
function reasonOf(body: Json): string | undefined {
  if (!isObject(body) || typeof body['error'] !== 'string') return explain(body)
  return typeof body['error_description'] === 'string'
    ? `${body['error']}: ${body['error_description']}`
    : body['error']
}

/** Salesforce refuses with 400 also what it would take a moment later, and says so in words. */
const PASSING = /retry your request|rate (limit )?exceeded|^(server_error|temporarily_unavailable)\b/i

function verdict({ status, body }: Refusal): Verdict | undefined {
  if (status < 400 || status > 499 || status === 408 || status === 420 || status === 429) return undefined
  return PASSING.test(reasonOf(body) ?? '') ? 'passing' : 'unauthorized'
}

/**
 * Why there is no token. No HttpError, or the request that needed the token would be repeated over
 * a login that was repeated enough.
 */
function failed(error: HttpError): ZdsError {
  const { code, hint } = error
  const message =
    code === 'AUTH_FAILED'
      ? `salesforce refused the login: ${reasonOf(error.body) ?? `status ${error.status}`}`
      : error.message
  return new ZdsError(code, message, { cause: error, hint })
}

function adviceFor(reason: string, { loginUrl, clientId, clientSecret, jwt }: Login): string {
  if (jwt !== undefined) {
    return `Check that the app of ${clientId.name} is approved for the user of ${jwt.username.name}, that it has the certificate of ${jwt.privateKey.name}, and that the audience suits ${loginUrl.name}.`
  }
  if (reason.startsWith('invalid_client'))
    return `Check ${clientId.name} and ${clientSecret.name}, and that ${loginUrl.name} is the org of the app.`
  return `The client credentials flow needs the My Domain address in ${loginUrl.name} (not login.salesforce.com), the flow switched on in the app, and a Run-As user with API access.`
}
