import { ZdsError } from '../errors.ts'
import type { Setting } from '../settings.ts'
import { single, type Meaning } from '../typed-settings.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * A setting that holds an address, without a slash at its end. Plain http is for this machine only:
 * tokens travel in headers.
 */
export const url = (from: Setting): Setting => single(from, addressIn)

/** A `url` that ends with the host: the address of an instance, behind which the requests go on. */
export const originUrl = (from: Setting): Setting => single(from, originIn)

/**
 * The address in a setting, as `url` has it, to which paths are added: it has no query. Throws
 * ENV_MISSING or ENV_INVALID.
 */
export const baseUrl = (from: Setting): string => single(from, baseUrlIn).read()

/** The address in a setting, as `originUrl` has it. Throws ENV_MISSING or ENV_INVALID. */
export const instanceUrl = (from: Setting): string => originUrl(from).read()

/** Without slashes at its end. */
const withoutEnd = (href: string): string => /^.*[^/]/s.exec(href)?.[0] ?? href

function baseUrlIn(text: string): Meaning {
  const found = addressIn(text)
  if (typeof found !== 'string' || !/[?#]/.test(found)) return found
  return {
    problem: 'has a query or a fragment, which is no part of the address',
    hint: 'Give the address without what follows ? or #.',
  }
}

function addressIn(text: string): Meaning {
  const found = URL.canParse(text) ? new URL(text) : undefined
  const secure = found?.protocol === 'https:' || (found?.protocol === 'http:' && LOOPBACK.test(found.hostname))
  if (secure && found.username === '' && found.password === '') return withoutEnd(found.href)
  return {
    problem: 'is not a usable address',
    hint: 'Give an https:// address without user name (http:// only for this machine), like https://acme.example',
  }
}

function originIn(text: string): Meaning {
  const found = addressIn(text)
  if (typeof found !== 'string') return found
  const { origin, pathname, search, hash } = new URL(found)
  if (`${pathname}${search}${hash}` === '/') return origin
  return {
    problem: 'has something behind the host, which is no part of the address',
    hint: 'Give the address as far as the host: https://acme.example, without a path like /agent.',
  }
}

/** What to do where a proxy, a page to sign in, or another service answers in the place of the API. */
export const BETWEEN = 'Check the address of the service, and what stands between you and it.'

/**
 * `link`, resolved against `base`; refused when it leads to another origin, where our token has no
 * business. Neither of the two is named: an error names `service`, and no host (OPS-08).
 */
export function sameOrigin(link: string, base: string, service = 'a service'): string {
  const url = URL.canParse(link, base) ? new URL(link, base) : undefined
  if (url !== undefined && url.origin === new URL(base).origin) return url.href
  throw new ZdsError(
    'HTTP_UNREADABLE',
    `An answer of ${service} links to another host than its own, which is not followed`,
    { hint: BETWEEN },
  )
}
