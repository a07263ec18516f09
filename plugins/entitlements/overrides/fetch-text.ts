import {
  conceal,
  http,
  HttpError,
  httpPolicy,
  url,
  ZdsError,
  type Answer,
  type HttpPolicy,
  type Run,
  type Setting,
} from 'zds'

export type FetchOptions = { readonly token?: Setting; readonly http?: HttpPolicy }

/** Far above any overrides file. */
const MOST_BYTES = 5_000_000
const READABLE =
  /^(application\/(x-)?yaml|text\/(x-)?yaml|text\/plain|application\/json|application\/octet-stream)\s*(;|$)/i

/** The address without its query, which may hold a token. */
export const shownAddress = (place: string): string => place.replace(/[?#].*$/s, '')

/**
 * The text behind an https address (plain http on this machine only), the token sent as a bearer
 * token. Whatever is not surely the file is an error: another status, a redirect (a sign-in page,
 * mostly), HTML, more than 5 MB.
 */
export async function fetchText(place: Setting, options: FetchOptions, run: Run): Promise<string> {
  const address = url(place).read()
  const token = conceal(options.token?.peek())
  const send = http({ service: 'overrides', policy: options.http ?? httpPolicy() })
  const headers = {
    accept: 'text/plain, application/yaml, */*;q=0.5',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const answer = await send({ method: 'GET', url: address, headers, accept: 'text' }, run).catch((error: unknown) => {
    throw redirected(error, place) ?? error
  })
  const wrong = problemOf(answer)
  if (wrong === undefined) return answer.text
  throw new ZdsError('HTTP_UNREADABLE', `${shownAddress(address)} ${wrong}`, {
    hint: `${place.name} must lead to the raw text of the file.`,
  })
}

function problemOf({ status, headers, text }: Answer): string | undefined {
  if (status !== 200) return `answered ${status} and not with a file`
  const type = headers.get('content-type') ?? ''
  if (!READABLE.test(type)) return `is ${type === '' ? 'of no declared type' : type.slice(0, 60)}, not a YAML file`
  if (/^\s*<(!doctype|html)/i.test(text)) return 'is an HTML page, not a YAML file'
  return Buffer.byteLength(text) > MOST_BYTES ? `has more than ${MOST_BYTES / 1_000_000} MB` : undefined
}

function redirected(error: unknown, place: Setting): ZdsError | undefined {
  if (!(error instanceof HttpError) || error.status < 300 || error.status > 399) return undefined
  const message = `${shownAddress(place.read())} redirects to another address, which is not followed`
  return new ZdsError('HTTP_REFUSED', message, {
    cause: error,
    hint: `Give ${place.name} the final address; a redirect to a sign-in page means that a token is needed.`,
  })
}
