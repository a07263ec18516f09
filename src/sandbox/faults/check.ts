import type { Fault, FaultKind, FaultMatch } from './types.ts'

export const matchKeys: readonly (keyof FaultMatch)[] = ['service', 'method', 'path', 'pattern', 'body', 'at', 'times']

/** The keys each kind may have besides those that say which requests it meets. */
export const kindKeys: { readonly [kind in FaultKind]: readonly string[] } = {
  status: ['status', 'preset', 'retryAfter', 'headers', 'responseBody'],
  html: ['status'],
  reset: [],
  cut: [],
  lost: [],
  expired: [],
  latency: ['ms'],
  headers: ['headers'],
  large: ['bytes'],
  rows: ['rows', 'error', 'details'],
  kill: ['applied', 'as', 'message'],
  stuck: ['as', 'applied'],
  short: ['child', 'row'],
}

export const presets = [
  'rate-limit',
  'rate-limit-no-header',
  'rate-limit-text',
  'rate-limit-html',
  'edge',
  'conflict',
  'deadlock',
  'unavailable',
  'daily-limit',
  'concurrent-limit',
  'api-disabled',
  'login-retry',
  'login-rate',
  'invalid-record',
  'redirect',
]
export const numbers = new Set(['at', 'times', 'status', 'retryAfter', 'ms', 'applied', 'row', 'bytes'])
export const strings = new Set(['service', 'method', 'path', 'pattern', 'body', 'error', 'details', 'message', 'child'])

/**
 * Refuses a fault that could never fire, or not as meant, with a message that lists what is
 * allowed.
 */
export function checkFault(fault: Fault, instances: readonly string[]): void {
  const problem = faultProblem(fault, instances)
  if (problem !== undefined) throw new Error(`Fault${problem.path}: ${problem.message}`)
}

/** What is wrong with a fault and where in it; undefined when nothing is. */
export function faultProblem(
  value: unknown,
  instances: readonly string[],
): { path: string; message: string } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { path: '', message: 'must be an object' }
  const fault: { readonly [key: string]: unknown } = { ...value }
  const kinds = Object.keys(kindKeys)
  const kind = kinds.find((name): name is FaultKind => name === fault['kind'])
  if (kind === undefined) return oneOf('kind', fault['kind'], kinds)
  const services = ['salesforce', 'slack', 'zendesk', ...instances]
  if (!services.some((name) => name === fault['service'])) return oneOf('service', fault['service'], services)
  const allowed = ['kind', ...matchKeys, ...kindKeys[kind]]
  for (const [key, item] of Object.entries(fault)) {
    if (!allowed.includes(key))
      return { path: `.${key}`, message: `is not known for kind '${kind}'; allowed: ${allowed.join(', ')}` }
    if (numbers.has(key) && (typeof item !== 'number' || !Number.isInteger(item) || item < 0)) {
      return { path: `.${key}`, message: `must be a whole number from 0, not ${show(item)}` }
    }
    if (strings.has(key) && typeof item !== 'string')
      return { path: `.${key}`, message: `must be a text, not ${show(item)}` }
  }
  if (fault['at'] === 0) return { path: '.at', message: 'counts from 1' }
  if (kind === 'latency' && fault['ms'] === undefined) return { path: '.ms', message: 'is missing: milliseconds' }
  if (kind === 'headers' && fault['headers'] === undefined) return { path: '.headers', message: 'is missing' }
  if (kind === 'status') {
    if (fault['status'] === undefined && fault['preset'] === undefined)
      return { path: '', message: "of kind 'status' needs a status or a preset" }
    if (fault['preset'] !== undefined && !presets.some((name) => name === fault['preset']))
      return oneOf('preset', fault['preset'], presets)
    const status = fault['status']
    if (typeof status === 'number' && (status < 200 || status > 599))
      return { path: '.status', message: `must be 200 to 599, not ${status}` }
  }
  const ends = kind === 'kill' ? ['killed', 'failed'] : ['queued', 'working']
  if (fault['as'] !== undefined && !ends.some((name) => name === fault['as'])) return oneOf('as', fault['as'], ends)
  return patternProblem(fault['pattern']) ?? rowsProblem(fault['rows']) ?? headersProblem(fault['headers'])
}

function patternProblem(pattern: unknown): { path: string; message: string } | undefined {
  if (typeof pattern !== 'string') return undefined
  try {
    RegExp(pattern)
    return undefined
  } catch {
    return { path: '.pattern', message: `is no regular expression: ${pattern}` }
  }
}

function headersProblem(headers: unknown): { path: string; message: string } | undefined {
  if (headers === undefined) return undefined
  const texts = typeof headers === 'object' && headers !== null && !Array.isArray(headers)
  if (texts && Object.values(headers).every((value) => typeof value === 'string')) return undefined
  return { path: '.headers', message: `must be an object of texts, not ${show(headers)}` }
}

function rowsProblem(rows: unknown): { path: string; message: string } | undefined {
  if (rows === undefined) return undefined
  const allowed = ['ids', 'external_ids', 'names', 'indexes']
  if (typeof rows !== 'object' || rows === null || Array.isArray(rows))
    return { path: '.rows', message: `must be an object with ${allowed.join(', ')}` }
  for (const [key, list] of Object.entries(rows)) {
    if (!allowed.includes(key)) return { path: `.rows.${key}`, message: `is not known; allowed: ${allowed.join(', ')}` }
    if (!Array.isArray(list)) return { path: `.rows.${key}`, message: 'must be a list' }
  }
  return undefined
}

function oneOf(key: string, value: unknown, allowed: readonly string[]): { path: string; message: string } {
  return { path: `.${key}`, message: `must be one of ${allowed.join(', ')}, not ${show(value)}` }
}

const show = (value: unknown): string => JSON.stringify(value) ?? 'missing'
