import { conceal, HttpError, isObject, unset, ZdsError, type Caller, type Http, type Issue, type Setting } from 'zds'

export type OAuth = { readonly clientId: Setting; readonly clientSecret: Setting; readonly scope?: string }
export type ApiToken = { readonly email: Setting; readonly token: Setting }
export type Credentials = { readonly oauth?: OAuth; readonly apiToken?: ApiToken }

/**
 * Headers that prove who we are; `renew` after a 401. The shape of core's `HttpOptions.authorize`.
 */
export type Authorize = (run: Caller, renew: boolean) => Promise<{ readonly Authorization: string }>

type Token = { readonly value: string; readonly renewAt: number }

/**
 * Seconds that a token is asked to live: what Zendesk gives new clients by default (zendesk-api.md
 * 10).
 */
const LIFETIME_S = 1800
/** A token is renewed this long before its end, so that none ends on its way. */
const MARGIN_MS = 60_000

/**
 * Signs in with OAuth client credentials where their settings are set, else with an API token, with
 * a dated warning once a run. Throws ENV_MISSING where neither is set. `send` must be an HTTP layer
 * without authorization; `base` is the address of the instance.
 */
export function authorizer(
  instance: string,
  { oauth, apiToken }: Credentials,
  base: () => string,
  send: () => Http,
): Authorize {
  const bearer = oauth && bearers((run) => mint(instance, oauth, base(), send(), run))
  const warned = new WeakSet<AbortSignal>()

  return async (run, renew) => {
    if (bearer !== undefined && isSet(oauth?.clientId, oauth?.clientSecret))
      return { Authorization: `Bearer ${await bearer(run, renew)}` }
    if (apiToken === undefined || !isSet(apiToken.email, apiToken.token))
      throw missing(instance, { ...(oauth && { oauth }), ...(apiToken && { apiToken }) })
    // The signal is the one thing that all parts of a run share.
    if (!warned.has(run.signal)) {
      warned.add(run.signal)
      run.progress(
        `${instance}: signs in with an API token. Zendesk stops API tokens on 30 April 2027: use an OAuth client instead.`,
      )
    }
    return {
      Authorization: `Basic ${conceal(Buffer.from(`${apiToken.email.read()}/token:${apiToken.token.read()}`).toString('base64'))}`,
    }
  }
}

/**
 * One token for all requests, minted when there is none, when it is about to end, and when the
 * request that asks was refused with it.
 */
function bearers(make: (run: Caller) => Promise<Token>): (run: Caller, renew: boolean) => Promise<string> {
  let current: Promise<Token> | undefined
  /**
   * The token that a request was last sent with: only if that one was refused, a new one is due.
   */
  const used = new WeakMap<Caller, Promise<Token>>()

  const start = (run: Caller): Promise<Token> => {
    const minting = make(run)
    current = minting
    // Nobody shall wait for a failed one again; who waits for it now is told by the promise itself.
    minting.catch(() => {
      if (current === minting) current = undefined
    })
    return minting
  }
  return async (run, renew) => {
    const seen = current
    const stale =
      seen !== undefined && ((renew && used.get(run) === seen) || (await seen).renewAt <= run.clock.now().getTime())
    const token = stale && current === seen ? start(run) : (current ?? start(run))
    used.set(run, token)
    return (await token).value
  }
}

/**
 * A new access token: `POST /oauth/tokens` (zendesk-api.md 10). Throws AUTH_FAILED when Zendesk
 * refuses the client.
 */
async function mint(instance: string, oauth: OAuth, base: string, send: Http, run: Caller): Promise<Token> {
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: oauth.clientId.read(),
    client_secret: conceal(oauth.clientSecret.read()),
    scope: oauth.scope ?? 'read write',
    expires_in: LIFETIME_S,
  })
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const answer = await send(
    { method: 'POST', url: `${base}/oauth/tokens`, headers, body, repeatable: true },
    run,
  ).catch((error: unknown) => {
    throw error instanceof HttpError ? notMinted(instance, oauth, error) : error
  })
  const { access_token: value, expires_in: lifetime } = isObject(answer.body) ? answer.body : {}
  if (typeof value !== 'string')
    throw new ZdsError('HTTP_UNREADABLE', `${instance}: the answer of /oauth/tokens holds no access token`)
  const lifetimeMs = (typeof lifetime === 'number' ? lifetime : LIFETIME_S) * 1000
  return {
    value: conceal(value),
    renewAt: run.clock.now().getTime() + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2),
  }
}

/**
 * Not an HttpError: the request that wanted the token must neither be repeated for it nor be taken
 * for lost.
 */
function notMinted(instance: string, { clientId, clientSecret }: OAuth, error: HttpError): ZdsError {
  if (error.status < 400 || error.status > 403)
    return new ZdsError(error.code, error.message, { cause: error, hint: error.hint })
  return new ZdsError('AUTH_FAILED', `${instance}: Zendesk refuses the OAuth client (${error.message})`, {
    cause: error,
    hint: `Check ${clientId.name} and ${clientSecret.name}: they belong to an OAuth client of ${instance} that may use client credentials.`,
  })
}

/** The settings that keep us from signing in: those of every way, where none is complete. */
export function credentialIssues(credentials: Credentials): Issue[] {
  const ways = waysOf(credentials)
  return ways.some((way) => isSet(...way)) ? [] : unset(...ways.flat())
}

function missing(instance: string, credentials: Credentials): ZdsError {
  const ways = waysOf(credentials).map((way) => way.map(({ name }) => name).join(' and '))
  return new ZdsError('ENV_MISSING', `${instance}: there are no credentials for Zendesk`, {
    hint: ways.length === 0 ? `Give zendesk() the option oauth or apiToken.` : `Set ${ways.join(', or ')}.`,
    issues: credentialIssues(credentials),
  })
}

const waysOf = ({ oauth, apiToken }: Credentials): Setting[][] => [
  ...(oauth ? [[oauth.clientId, oauth.clientSecret]] : []),
  ...(apiToken ? [[apiToken.email, apiToken.token]] : []),
]

function isSet(...settings: readonly (Setting | undefined)[]): boolean {
  return settings.every((setting) => setting?.peek() !== undefined)
}
