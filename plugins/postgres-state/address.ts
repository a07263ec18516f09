import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { PoolConfig } from 'pg'
import { conceal, messageOf, ZdsError, type Setting } from 'zds'

const KNOWN = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'application_name']
/** TLS with a certificate that is checked, under all the names that it has. */
const CHECKED = new Set(['require', 'verify-ca', 'verify-full'])
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|)$/

/** What to connect to. Throws ENV_INVALID, which never quotes the value: it has a password. */
export function connectionOf(setting: Setting): PoolConfig {
  const text = setting.read()
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw invalid(setting, 'is no address of a PostgreSQL')
  const given = url.searchParams
  const unknown = [...given.keys()].find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw invalid(setting, `has a parameter ${unknown}; known are ${KNOWN.join(', ')}`)
  const host = given.get('host') ?? url.hostname.replace(/^\[|\]$/g, '')
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded(setting))
  conceal(password)
  return {
    host: host || 'localhost',
    port: Number(url.port || 5432),
    ...(user && { user }),
    ...(password && { password }),
    ...(database && { database }),
    application_name: given.get('application_name') ?? 'zds',
    ssl: tlsOf(setting, host, given),
  }
}

/** What a part of an address stands for. A password that was copied as it is may have a % of its own. */
const decoded = (setting: Setting) => (part: string) => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalid(setting, 'has a % in user, password or database that stands for nothing: write it as %25')
  }
}

/** Plain text is for this machine only: what is sent holds customers' data. */
function tlsOf(setting: Setting, host: string, given: URLSearchParams): PoolConfig['ssl'] {
  const mode = given.get('sslmode')
  const here = host.startsWith('/') || LOOPBACK.test(host)
  if (mode !== null && !CHECKED.has(mode) && !(here && mode === 'disable'))
    throw invalid(
      setting,
      `has sslmode=${mode}; TLS with a checked certificate (verify-full) is needed but on this machine`,
    )
  if (here && !CHECKED.has(mode ?? '')) return false
  const file = (name: string): { [option: string]: string } => {
    const path = given.get(`ssl${name}`)
    return path === null ? {} : { [name === 'rootcert' ? 'ca' : name]: contents(setting, path) }
  }
  // A host that is a number has to be named for the check of the certificate.
  const named = isIP(host) === 0 ? {} : { host }
  return { rejectUnauthorized: true, ...named, ...file('rootcert'), ...file('cert'), ...file('key') }
}

function contents(setting: Setting, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(setting, `names a file that cannot be read: ${messageOf(cause)}`)
  }
}

function invalid({ name }: Setting, what: string): ZdsError {
  return new ZdsError('ENV_INVALID', `${name} ${what}`, {
    hint: 'Write it as postgres://user:password@host:5432/database (docs/state.md).',
  })
}
