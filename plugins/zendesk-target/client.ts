import {
  http,
  HttpError,
  httpPolicy,
  invalid,
  isObject,
  limiter,
  notInstalled,
  originUrl,
  unset,
  ZdsError,
  type Answer,
  type Caller,
  type HttpPolicy,
  type Issue,
  type JsonObject,
  type Run,
  type Setting,
} from 'zds'
import { authorizer, credentialIssues, signInOf, type Credentials, type SignIn } from './auth.ts'
import { rate } from './rate.ts'
import { askedOnce } from './together.ts'
import { provesUntouched, verdictOf, warningIn, wordsOf } from './refusals.ts'

export type ClientOptions = Credentials & {
  readonly name: string
  readonly url: Setting
  readonly http?: HttpPolicy
  readonly concurrency?: number
  readonly reserve?: number
}

/** One request to the Support API: path below `/api/v2`, query and body as data. */
type Call = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: readonly string[]
  readonly query?: { readonly [name: string]: string | number }
  readonly body?: JsonObject
  /** As core's `Request.repeatable`: whether a lost answer may be asked for again. */
  readonly repeatable?: boolean
}

export type Reply = { readonly body: JsonObject; readonly headers: Headers }

/** One Zendesk instance over core's HTTP layer. */
export interface Client {
  /** The instance, as errors name it: `global`. */
  readonly instance: string
  /**
   * The one spelling of the address of the instance: what has it is locked together. Empty where it is
   * not set; what is no address is as it is set, and told by `unset`.
   */
  readonly address: () => string
  policy(): HttpPolicy
  /** Which of the credentials are used, and what they allow. */
  signsIn(): SignIn
  /** What has to be set before the first request, and is not. */
  unset(): readonly Issue[]
  /**
   * Throws HttpError for every answer that is no success, AUTH_FAILED and ENV_MISSING where we
   * cannot sign in.
   */
  call(call: Call, run: Caller): Promise<Reply>
  /** Updates one user; one after the other, at the pace that Zendesk takes such requests (ZD-22). */
  updateUser(id: string, user: JsonObject, run: Run): Promise<Reply>
  /**
   * What tells who we are, asked once for all targets that ask together; undefined where nobody
   * tells: the first request that needs a right will.
   */
  whoWeAre(run: Run): Promise<Reply | undefined>
}

/** The share of the account's limit that is left to agents and other tools. */
const RESERVE = 0.2

/** Settings are read with the first request, so that a configuration can be loaded without them. */
export function client(options: ClientOptions): Client {
  const { name, concurrency, reserve = RESERVE } = options
  const pace = limiter({ service: name, concurrency, reserve, rate })
  const userPace = limiter({ service: name, concurrency: 1, perSecond: 1 })
  const origin = originUrl(options.url)
  const base = once(() => origin.read())
  const policy = once(() => options.http ?? httpPolicy())
  const shared = () => ({ service: name, policy: policy(), limiter: pace, explain: wordsOf })
  const authorize = authorizer(name, options, base, shared)
  const send = once(() => http({ ...shared(), authorize, verdict: verdictOf, untouched: provesUntouched }))

  const asking: Client = {
    instance: name,
    address: () => (origin.issues?.().length ? options.url : origin).peek() ?? '',
    policy,
    signsIn: () => signInOf(options),
    unset: () => [...unset(options.url), ...invalid(origin), ...credentialIssues(options)],
    call: async (call, run) => {
      const { method, repeatable } = call
      const transport = (url: string, { headers, body }: Built): Promise<Answer> => {
        assertCarried(name, call, body)
        const rest = { ...(body === undefined ? {} : { body }), ...(repeatable === undefined ? {} : { repeatable }) }
        return send()({ method, url, headers, ...rest }, run)
      }
      const { status, headers, body } = await request(`${base()}/api/v2`, call, transport)
      const warning = method === 'GET' ? undefined : warningIn(headers)
      if (warning !== undefined)
        run.progress(`${name}: Zendesk warns about ${method} ${call.path.join('/')}: ${warning}`)
      if (isObject(body)) return { body, headers }
      throw new ZdsError(
        'HTTP_UNREADABLE',
        `${name}: ${method} ${call.path.join('/')} answered ${status} without an object`,
      )
    },
    updateUser: (id, user, run) =>
      userPace.enter(() => asking.call({ method: 'PUT', path: ['users', id], body: { user } }, run), run),
    whoWeAre: askedOnce((run) => asking.call({ method: 'GET', path: ['users', 'me'] }, run).catch(notFound)),
  }
  return asking
}

function notFound(error: unknown): undefined {
  if (!(error instanceof HttpError && error.status === 404)) throw error
}

/** What node-zendesk hands to its transport, of its many options. */
type Built = { readonly headers: { readonly [name: string]: string }; readonly body?: string }

/** node-zendesk builds the URL, the query and the body; sending them is `transport`'s. */
async function request(
  endpointUri: string,
  call: Call,
  transport: (url: string, built: Built) => Promise<Answer>,
): Promise<Answer> {
  const { default: nodeZendesk } = await import('node-zendesk').catch(notInstalled)
  const { organizations } = nodeZendesk.createClient({
    endpointUri,
    // It insists on credentials; core's HTTP layer replaces the header that it makes of them.
    useOAuth: true,
    token: 'unused',
    throwOriginalException: true,
    transportConfig: {
      transportFn: transport,
      responseAdapter: (answer: Answer) => ({ ...answer, json: () => Promise.resolve(answer.body) }),
    },
  })
  const path = call.query === undefined ? [...call.path] : [...call.path, call.query]
  // Its types say `any`; the response is what our own responseAdapter made.
  const { response } = (await organizations.transporter.request(call.method, path, call.body)) as { response: Answer }
  return response
}

/**
 * node-zendesk has sent updates with an empty body, and Zendesk answered them as if all were well
 * (blakmatrix/node-zendesk#437).
 */
function assertCarried(instance: string, { method, path, body }: Call, sent: string | undefined): void {
  if (body === undefined || sent === JSON.stringify(body)) return
  throw new ZdsError(
    'HTTP_REFUSED',
    `${instance}: ${method} ${path.join('/')} would have been sent without its data, so it was not sent`,
    {
      hint: 'This is a defect of the client library in this version: use the version of node-zendesk that zds is locked to.',
    },
  )
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
