import { messageOf } from '../errors.ts'
import { redact } from '../secrets.ts'
import { wayOf } from './proxy.ts'

/** Why there is no answer at all. `passing` and `arrived` as in `HttpError`. */
type Trouble = { words: string; hint: string; passing: boolean; arrived: 'no' | 'maybe' }

const PROXY = 'Where only a proxy leads out, set HTTPS_PROXY.'

/** Failures before a byte of the request was sent, by Node's codes: what it is, and what to do. */
const TLS = [
  [/_EXPIRED|NOT_YET/, 'its certificate is not valid now', 'It has ended, or the clock of this machine is wrong.'],
  [/ALTNAME/, 'its certificate is that of another host', 'Check the host in the address: a slip leads to others.'],
  [/CERT|^UNABLE_TO/, 'its certificate is not trusted', 'Where a private authority made it, set NODE_EXTRA_CA_CERTS.'],
  [/^(ERR_SSL|ERR_TLS|EPROTO)/, 'it does not speak TLS', 'Check scheme and port in the address, and what is between.'],
] as const
const CONNECTION = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'its name is not found', `Check the host in the address and the network. ${PROXY}`],
  [/^(ECONNREFUSED|UND_ERR_CONNECT)/, 'no connection', `Check the address and the network. ${PROXY}`],
] as const

/** What `fetch` of an address failed with, in words. */
export function networkTrouble(cause: unknown, { url, timeoutMs }: { url: string; timeoutMs: number }): Trouble {
  const errors = chain(cause)
  const proxied = errors.map(({ message }) => /^Proxy response \((\d+)\)/.exec(message)?.[1]).find(Boolean)
  if (proxied !== undefined) return refusedByProxy(proxied)
  const code = errors.map((error: NodeJS.ErrnoException) => error.code).find((one) => typeof one === 'string') ?? ''
  const secure = TLS.find(([form]) => form.test(code))
  const [, what, hint] = secure ?? CONNECTION.find(([form]) => form.test(code)) ?? []
  const why = code || redact(messageOf(errors.at(-1)))
  const late = cause instanceof Error && cause.name === 'TimeoutError'
  const words = late ? `no answer in ${timeoutMs / 1000} s` : `${what ?? 'no connection'} (${why})`
  return {
    words: `${words}${wayOf(url)}`,
    hint: hint ?? 'Check the address and the network, then run it again.',
    passing: secure === undefined,
    arrived: what === undefined ? 'maybe' : 'no',
  }
}

function refusedByProxy(status: string): Trouble {
  const hint =
    status === '407'
      ? 'Check user and password in HTTPS_PROXY: http://user:password@proxy.example:3128'
      : 'Ask whether the proxy may lead there; hosts in NO_PROXY are reached without it.'
  return { words: `the proxy of HTTPS_PROXY answered ${status}`, hint, passing: Number(status) >= 500, arrived: 'no' }
}

const chain = (cause: unknown): Error[] => (cause instanceof Error ? [cause, ...chain(cause.cause)] : [])
