import http from 'node:http'
import { ZdsError } from '../errors.ts'
import { conceal } from '../secrets.ts'
import { env } from '../settings.ts'

let used: string | undefined
let giveUp: (() => void) | undefined

/**
 * Sends what `fetch` sends to https addresses through the proxy of `HTTPS_PROXY`, but for the hosts
 * in `NO_PROXY`. Node reads them at its start only, when no `.env` file is loaded yet. One setting
 * for the process, as that is what `fetch` has.
 */
export function useProxy(): void {
  const proxy = proxyAddress()
  const except = variable('no_proxy') ?? ''
  const wanted = proxy && `${proxy} ${except}`
  if (wanted === used) return
  giveUp?.()
  giveUp = proxy === undefined ? undefined : http.setGlobalProxyFromEnv({ https_proxy: proxy, no_proxy: except })
  used = wanted
}

/** Whether requests go through a proxy, for errors. */
export const hasProxy = (): boolean => used !== undefined

function proxyAddress(): string | undefined {
  const text = variable('https_proxy')?.trim()
  if (text === undefined) return undefined
  // People write proxy.example:3128 too, which would be an address of the scheme `proxy.example`.
  const address = text.includes('://') ? text : `http://${text}`
  const { protocol = '', username = '', password = '' } = URL.parse(address) ?? {}
  for (const part of [password, decodeURIComponent(password)]) conceal(part)
  conceal(password === '' ? undefined : Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64'))
  if (protocol === 'http:' || protocol === 'https:') return address
  throw new ZdsError('ENV_INVALID', 'HTTPS_PROXY is not the address of a proxy', {
    hint: 'Give it like http://proxy.example:3128, or leave it empty.',
  })
}

const variable = (name: string): string | undefined => env(name).peek() ?? env(name.toUpperCase()).peek()
