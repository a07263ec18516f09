import { messageOf } from '../errors.ts'
import { redact } from '../secrets.ts'
import { hasProxy } from './proxy.ts'

/** Why there is no answer at all. `passing` and `arrived` as in `HttpError`. */
export type Trouble = {
  readonly words: string
  readonly hint: string
  readonly passing: boolean
  readonly arrived: 'no' | 'maybe'
}

type Kind = { readonly code: RegExp; readonly words: string; readonly hint: string; readonly passing: boolean }

/** Failures before a single byte of the request was sent, by Node's codes. */
const BEFORE_SENDING: readonly Kind[] = [
  {
    code: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    words: 'its certificate is not valid at this time',
    hint: 'The certificate has ended or not begun yet, or the clock of this machine is wrong.',
    passing: false,
  },
  {
    code: /ALTNAME/,
    words: 'its certificate is that of another host',
    hint: 'Check the host in the address: a slip leads to somebody else.',
    passing: false,
  },
  {
    code: /CERT|^UNABLE_TO_/,
    words: 'its certificate is not trusted',
    hint: 'For a private authority, or a proxy that looks into TLS, set NODE_EXTRA_CA_CERTS to the file with its certificate.',
    passing: false,
  },
  {
    code: /^(ERR_SSL|ERR_TLS|EPROTO)/,
    words: 'it does not speak TLS as it should',
    hint: 'Check scheme and port in the address, and what stands between you and the service.',
    passing: false,
  },
  {
    code: /^(ENOTFOUND|EAI_AGAIN)$/,
    words: 'its name is not found',
    hint: 'Check the host in the address and the network. Where only a proxy leads out, set HTTPS_PROXY.',
    passing: true,
  },
  {
    code: /^(ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT)$/,
    words: 'no connection',
    hint: 'Check the address and the network. Where only a proxy leads out, set HTTPS_PROXY.',
    passing: true,
  },
]

/** What `fetch` failed with, in words. */
export function troubleOf(cause: unknown, timeoutMs: number): Trouble {
  const errors = chain(cause)
  const proxied = errors.map((error) => /^Proxy response \((\d+)\)/.exec(error.message)?.[1]).find(Boolean)
  if (proxied !== undefined) return refusedByProxy(proxied)
  const code = errors.flatMap((error) => ('code' in error && typeof error.code === 'string' ? [error.code] : []))[0]
  const kind = BEFORE_SENDING.find((one) => code !== undefined && one.code.test(code))
  const through = hasProxy() ? ', through the proxy of HTTPS_PROXY' : ''
  if (kind !== undefined) return { ...kind, words: `${kind.words} (${code})${through}`, arrived: 'no' }
  const late = cause instanceof Error && cause.name === 'TimeoutError'
  const words = late ? `no answer in ${timeoutMs / 1000} s` : `no connection (${code ?? redact(messageOf(cause))})`
  const hint = 'Check the address and the network, then run it again.'
  return { words: `${words}${through}`, hint, passing: true, arrived: 'maybe' }
}

function refusedByProxy(status: string): Trouble {
  const hint =
    status === '407'
      ? 'Check user and password in HTTPS_PROXY: http://user:password@proxy.example:3128'
      : 'Ask who runs the proxy whether it lets you reach the service; hosts in NO_PROXY are reached without it.'
  return { words: `the proxy of HTTPS_PROXY answered ${status}`, hint, passing: Number(status) >= 500, arrived: 'no' }
}

function chain(cause: unknown): Error[] {
  return cause instanceof Error ? [cause, ...chain(cause.cause)] : []
}
