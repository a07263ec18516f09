import { counted, number, plain } from '../text.ts'
import type { Overview } from './overview.ts'

/** An address as people read it, without what could be a password in it. */
export type Site = { readonly text: string; readonly production: boolean }

/** Names that never lead to somebody's service (RFC 2606, RFC 6761), and this machine. */
const HARMLESS = /(^|\.)(localhost|test|invalid|example|example\.(com|net|org))$/
const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/
/** What its owner calls a sandbox: `acme-sandbox.zendesk.com`. */
const SANDBOX = /(^|[.-])sandbox\d*([.-]|$)/

/**
 * What stands at an address. A host is production unless its name says that it is not: nobody else
 * can tell, and the other mistake would cost more. What is no host, such as a file, is none.
 */
export function siteOf(address: string): Site {
  const url = URL.parse(address)
  if (url === null || url.hostname === '') return { text: address, production: false }
  const { hostname, host, protocol, pathname } = url
  const harmless = [HARMLESS, LOOPBACK, SANDBOX].some((names) => names.test(hostname))
  return { text: `${protocol}//${host}${pathname === '/' ? '' : pathname}`, production: !harmless }
}

/** `3 create, 1,409 update in 2 instances (PRODUCTION).` */
export function totalsText(overview: Overview): string {
  const totals = Object.entries(overview.operations).filter(([, count]) => count > 0)
  return `${totals.map(([op, count]) => `${number(count)} ${op}`).join(', ')} in ${placesText(overview)}.`
}

/** `2 instances (PRODUCTION)`: in how many something is changed. */
export function placesText(overview: Overview): string {
  return `${counted(touched(overview).length, 'instances')}${isProduction(overview) ? ' (PRODUCTION)' : ''}`
}

/** A line for each instance in which something is changed. */
export const placeLines = (overview: Overview): string[] =>
  touched(overview).map(({ name, address }) =>
    plain(`  ${name}${address === undefined ? '' : `  ${siteOf(address).text}`}`),
  )

/** The instances in which a plan changes something. */
const touched = ({ instances }: Overview): Overview['instances'] => instances.filter(({ changes }) => changes > 0)

/** Whether a plan changes something in an instance that may be in use. */
const isProduction = (overview: Overview): boolean =>
  touched(overview).some(({ address }) => address !== undefined && siteOf(address).production)
