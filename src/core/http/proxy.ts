import { ZdsError } from '../errors.ts'
import { conceal } from '../secrets.ts'
import { env } from '../settings.ts'

let used: { readonly proxy: string | undefined; readonly except: string } = { proxy: undefined, except: '' }
let giveUp = (): void => undefined

/**
 * Sends what `fetch` sends to https addresses through the proxy of `HTTPS_PROXY`, but for the hosts
 * in `NO_PROXY`: Node itself reads them at its start only, before a `.env` file is loaded. For the
 * whole process, as there is one `fetch`.
 */
export function useProxy(): void {
  const proxy = env('https_proxy').peek() ?? env('HTTPS_PROXY').peek()
  const except = env('no_proxy').peek() ?? env('NO_PROXY').peek() ?? ''
  if (proxy === used.proxy && except === used.except) return
  giveUp()
  giveUp = proxy === undefined ? () => undefined : takeUp(proxy, except)
  used = { proxy, except }
}

/** How a request to an address goes, for errors: nothing where that is straight. */
export function wayOf(url: string): string {
  if (used.proxy === undefined || !url.startsWith('https:')) return ''
  return `, through the proxy of HTTPS_PROXY${used.except === '' ? '' : ' unless NO_PROXY has the host'}`
}

function takeUp(proxy: string, no_proxy: string): () => void {
  conceal(/^(?:\w+:\/\/)?[^:@]*:(.+)@/.exec(proxy)?.[1])
  try {
    // People write proxy.example:3128 too, which as it is would have the scheme `proxy.example`.
    // To import it loads the whole HTTP client of Node, which many commands never use.
    const http = process.getBuiltinModule('node:http')
    return http.setGlobalProxyFromEnv({ https_proxy: proxy.includes('://') ? proxy : `http://${proxy}`, no_proxy })
  } catch {
    throw new ZdsError('ENV_INVALID', 'HTTPS_PROXY is not the address of a proxy', {
      hint: 'Give it like http://proxy.example:3128, or leave it empty.',
    })
  }
}
