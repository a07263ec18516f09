import { ZdsError } from '../errors.ts'
import type { Setting } from '../settings.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The base URL in a setting, without a slash at its end. Plain http is for this machine only:
 * tokens travel in headers.
 */
export function baseUrl(setting: Setting): string {
  const text = setting.read()
  const url = URL.canParse(text) ? new URL(text) : undefined
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (secure && url.username === '' && url.password === '') return url.href.replace(/\/+$/, '')
  throw new ZdsError('ENV_INVALID', `${setting.name} is not a usable address`, {
    hint: `Give an https:// address without user name (http:// only for this machine), like https://acme.example`,
  })
}

/**
 * `link`, resolved against `base`; refused when it leads to another origin, where our token has no
 * business.
 */
export function sameOrigin(link: string, base: string): string {
  const url = URL.canParse(link, base) ? new URL(link, base) : undefined
  if (url !== undefined && url.origin === new URL(base).origin) return url.href
  throw new ZdsError(
    'HTTP_UNREADABLE',
    `An answer of ${new URL(base).origin} links to another address, which is not followed`,
  )
}

/** The address of an instance: a `baseUrl` that ends with the host, behind which the requests go on. */
export function instanceUrl(setting: Setting): string {
  const { origin, pathname, search, hash } = new URL(baseUrl(setting))
  if (`${pathname}${search}${hash}` === '/') return origin
  throw new ZdsError('ENV_INVALID', `${setting.name} has something behind the host, which is no part of the address`, {
    hint: 'Give the address as far as the host: https://acme.example, without a path like /agent.',
  })
}
