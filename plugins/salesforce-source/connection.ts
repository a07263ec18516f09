import {
  http,
  httpPolicy,
  limiter,
  notInstalled,
  sameOrigin,
  signIn,
  ZdsError,
  type Answer,
  type Caller,
  type Http,
  type HttpPolicy,
  type Json,
  type Proof,
  type Request,
} from 'zds'
import { descriptionOf, type Description } from './describe.ts'
import { logIn, type Login, type SalesforceSession } from './login.ts'
import { replaceTransport } from './transport.ts'
import { advise, explain, translateTrouble, verdict } from './trouble.ts'

/** One org. Every byte to and from it goes through zds's HTTP layer. */
export type Connection = {
  /** Where the data of this org is, below its address: `/services/data/v60.0`. */
  readonly data: string
  /** The address of a query. */
  queryUrl(soql: string, run: Caller): Promise<string>
  /** The body at `link`, an address of this org; `object` is what the rows are of, for errors. */
  get(link: string, object: string, run: Caller): Promise<Json>
  /** The answer to any request at an address of this org. */
  send(request: Request, object: string, run: Caller): Promise<Answer>
  /**
   * The fields and relationships of an object, asked for once. Rejects with HttpError 403 or 404
   * when the user may not see it.
   */
  describe(object: string, run: Caller): Promise<Description>
  /** Who we are there, and the headers of the last answer. */
  seen(run: Caller): Promise<SalesforceSession & { readonly headers: Headers }>
}

export type ConnectionOptions = Login & { readonly http?: HttpPolicy; readonly version: string }

/**
 * Salesforce counts calls of more than 20 s only, of which an org may have 25 at a time and a trial
 * 5 (API limits); a page takes about one.
 */
const CONCURRENCY = 8

export function connect(options: ConnectionOptions): Connection {
  const policy = () => options.http ?? httpPolicy()
  const lanes = limiter({ service: 'salesforce', concurrency: CONCURRENCY })
  let home: string | undefined
  // A token has no known end (no `expires_in`), so it is used until it is refused.
  const session = signIn(async (run) => {
    const made = await logIn(options, policy(), run)
    home ??= made.instanceUrl
    if (made.instanceUrl === home) return made
    throw new ZdsError('AUTH_FAILED', 'salesforce: the org has moved to another instance meanwhile', {
      hint: 'Run it again.',
    })
  })
  const authorize = async (run: Caller, refused?: Proof): Promise<Proof> => (await session(run, refused)).proof
  const described = new Map<string, Promise<Description>>()
  let sender: Http | undefined
  // Not made before there are any: for the first one Node loads its whole client.
  let headers: Headers | undefined
  const send: Http = async (request, run) => {
    sender ??= http({ service: 'salesforce', policy: policy(), limiter: lanes, explain, advise, verdict, authorize })
    const answer = await sender(request, run)
    headers = answer.headers
    return answer
  }

  const ask = async (object: string, run: Caller): Promise<Description> => {
    const { instanceUrl } = await session(run)
    const jsforce = await import('jsforce/lib/core.js').catch(notInstalled)
    // Without a token and a refresh function of its own, jsforce cannot loop on a 401: `send`
    // authorizes.
    const connection = new jsforce.Connection({ instanceUrl, version: options.version })
    replaceTransport(connection._transport, send, run)
    try {
      return descriptionOf(await connection.describe(object))
    } catch (error) {
      throw translateTrouble(error, object)
    }
  }

  const data = `/services/data/v${options.version}`
  const sendTo: Connection['send'] = async (request, object, run) => {
    const { instanceUrl } = await session(run)
    try {
      return await send({ ...request, url: sameOrigin(request.url, instanceUrl, 'salesforce') }, run)
    } catch (error) {
      throw translateTrouble(error, object)
    }
  }

  return {
    data,
    send: sendTo,
    seen: async (run) => ({ ...(await session(run)), headers: headers ?? new Headers() }),
    queryUrl: async (soql, run) => {
      const { instanceUrl } = await session(run)
      return new URL(`${instanceUrl}${data}/query?q=${encodeURIComponent(soql.toWellFormed())}`).href
    },
    get: async (link, object, run) => (await sendTo({ method: 'GET', url: link }, object, run)).body,
    describe: (object, run) => {
      const key = object.toLowerCase()
      const known = described.get(key)
      if (known !== undefined) return known
      const asked = ask(object, run)
      described.set(key, asked)
      asked.catch(() => described.delete(key))
      return asked
    },
  }
}
