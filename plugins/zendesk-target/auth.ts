import {
  conceal,
  http,
  HttpError,
  isObject,
  signIn,
  unset,
  ZdsError,
  type Caller,
  type HttpOptions,
  type Issue,
  type Proof,
  type Setting,
} from 'zds'

export type OAuth = { readonly clientId: Setting; readonly clientSecret: Setting; readonly scope?: string }
export type ApiToken = { readonly email: Setting; readonly token: Setting }
export type Credentials = { readonly oauth?: OAuth; readonly apiToken?: ApiToken }

type Token = { readonly proof: Proof; readonly renewAt: number }

/**
 * Seconds that a token is asked to live: what Zendesk gives new clients by default (ZD-17).
 */
const LIFETIME_S = 1800
/** A token is renewed this long before its end, so that none ends on its way. */
const MARGIN_MS = 60_000

/**
 * Signs in with OAuth client credentials where their settings are set, else with an API token, with
 * a dated warning once a run: core's `HttpOptions.authorize`. Throws ENV_MISSING where neither is
 * set. `base` is the address of the instance.
 */
export function authorizer(
  instance: string,
  { oauth, apiToken }: Credentials,
  base: () => string,
  options: () => HttpOptions,
): (run: Caller, refused?: Proof) => Promise<Proof> {
  const signedIn =
    oauth &&
    signIn(
      (run) => mint(instance, oauth, base(), options(), run),
      ({ renewAt }, now) => renewAt <= now.getTime(),
    )
  const warned = new WeakSet<Caller['clock']>()

  return async (run, refused) => {
    if (signedIn !== undefined && isSet(oauth?.clientId, oauth?.clientSecret))
      return (await signedIn(run, refused)).proof
    if (apiToken === undefined || !isSet(apiToken.email, apiToken.token))
      throw missing(instance, { ...(oauth && { oauth }), ...(apiToken && { apiToken }) })
    // The clock is the one thing that all parts of a run share.
    if (!warned.has(run.clock)) {
      warned.add(run.clock)
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
 * A new access token: `POST /oauth/tokens` (ZD-17). Throws AUTH_FAILED when Zendesk
 * refuses the client.
 */
async function mint(instance: string, oauth: OAuth, base: string, options: HttpOptions, run: Caller): Promise<Token> {
  const { clientId, clientSecret } = oauth
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: clientId.read(),
    client_secret: conceal(clientSecret.read()),
    scope: scopeOf(oauth),
    expires_in: LIFETIME_S,
  })
  const send = http({
    ...options,
    verdict: ({ status }) => (status === 400 ? 'unauthorized' : undefined),
    advise: ({ status }) => (status >= 400 && status <= 403 ? adviceFor(instance, oauth) : undefined),
  })
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const answer = await send(
    { method: 'POST', url: `${base}/oauth/tokens`, headers, body, repeatable: true },
    run,
  ).catch((error: unknown) => {
    throw error instanceof HttpError && error.code === 'AUTH_FAILED' ? notMinted(instance, error) : error
  })
  const { access_token: value, expires_in: lifetime } = isObject(answer.body) ? answer.body : {}
  if (typeof value !== 'string')
    throw new ZdsError('HTTP_UNREADABLE', `${instance}: the answer of /oauth/tokens holds no access token`, {
      hint: `Check the address of ${instance}: something else answers there.`,
    })
  const lifetimeMs = (typeof lifetime === 'number' ? lifetime : LIFETIME_S) * 1000
  return {
    proof: { Authorization: `Bearer ${conceal(value)}` },
    renewAt: run.clock.now().getTime() + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2),
  }
}

const adviceFor = (instance: string, { clientId, clientSecret }: OAuth): string =>
  `Check ${clientId.name} and ${clientSecret.name}: they belong to an OAuth client of ${instance} that may use client credentials.`

/** Not an HttpError: the request that wanted the token was not sent. */
function notMinted(instance: string, cause: HttpError): ZdsError {
  const message = `${instance}: Zendesk refuses the OAuth client (${cause.message})`
  return new ZdsError('AUTH_FAILED', message, { cause, hint: cause.hint })
}

/**
 * The settings that keep us from signing in: those of one way, the one that somebody has begun with
 * or else the first, with the others in the hint.
 */
export function credentialIssues(credentials: Credentials): Issue[] {
  const ways = waysOf(credentials)
  if (ways.some((way) => isSet(...way))) return []
  const asked = ways.find((way) => way.some((one) => isSet(one))) ?? ways[0] ?? []
  const others = ways.filter((way) => way !== asked).map(namesOf)
  const issues = unset(...asked)
  const last = issues.pop()
  if (last === undefined || others.length === 0) return unset(...asked)
  return [...issues, { ...last, hint: `Or set ${others.join(', or ')}.` }]
}

const namesOf = (way: readonly Setting[]): string => way.map(({ name }) => name).join(' and ')

function missing(instance: string, credentials: Credentials): ZdsError {
  const ways = waysOf(credentials).map(namesOf)
  return new ZdsError('ENV_MISSING', `${instance}: there are no credentials for Zendesk`, {
    hint: ways.length === 0 ? `Give zendesk() the option oauth or apiToken.` : `Set ${ways.join(', or ')}.`,
    issues: credentialIssues(credentials),
  })
}

/**
 * How zds signs in: with an OAuth client and its scope where that is set, else with an API token;
 * `proof` names its variables.
 */
export type SignIn = {
  readonly by: 'oauth' | 'token'
  readonly name: string
  readonly scope: string
  readonly proof: string
}

export function signInOf({ oauth, apiToken }: Credentials): SignIn {
  if (oauth === undefined || !isSet(oauth.clientId, oauth.clientSecret)) {
    const proof = apiToken === undefined ? '' : namesOf([apiToken.email, apiToken.token])
    return { by: 'token', name: apiToken?.token.name ?? '', scope: 'read write', proof }
  }
  const { clientId, clientSecret } = oauth
  return { by: 'oauth', name: clientId.name, scope: scopeOf(oauth), proof: namesOf([clientId, clientSecret]) }
}

const scopeOf = ({ scope = 'read write' }: OAuth): string => scope

const waysOf = ({ oauth, apiToken }: Credentials): Setting[][] => [
  ...(oauth ? [[oauth.clientId, oauth.clientSecret]] : []),
  ...(apiToken ? [[apiToken.email, apiToken.token]] : []),
]

function isSet(...settings: readonly (Setting | undefined)[]): boolean {
  return settings.every((setting) => setting?.peek() !== undefined)
}
