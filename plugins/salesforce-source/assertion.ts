import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { conceal, ZdsError, type Setting } from 'zds'

export type JwtGrant = {
  /**
   * The private key in PEM form; line ends may be written as `\n`. Its certificate is uploaded to
   * the app.
   */
  readonly privateKey: Setting
  /** The Salesforce user that zds acts as. The app must be approved for it beforehand. */
  readonly username: Setting
  /**
   * The login host the assertion is meant for. Default: of sandboxes test.salesforce.com, else
   * login.salesforce.com.
   */
  readonly audience?: string
}

/**
 * Salesforce refuses assertions that are good for more than three minutes; one less leaves room for
 * clocks that differ.
 */
const LIFETIME_S = 120

/** A signed assertion of the JWT bearer flow, in place of a secret. */
export function assertion(grant: JwtGrant, clientId: string, loginUrl: string, now: Date): string {
  const claims = {
    iss: clientId,
    sub: grant.username.read(),
    aud: grant.audience ?? audienceOf(loginUrl),
    exp: Math.floor(now.getTime() / 1000) + LIFETIME_S,
  }
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`
  return conceal(`${signed}.${sign('RSA-SHA256', Buffer.from(signed), keyOf(grant.privateKey)).toString('base64url')}`)
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/**
 * A sandbox has its own login host: `test.salesforce.com`, or a My Domain like
 * `acme--uat.sandbox.my.salesforce.com`.
 */
function audienceOf(loginUrl: string): string {
  const { hostname } = new URL(loginUrl)
  return /^test\.|\.sandbox\./.test(hostname) ? 'https://test.salesforce.com' : 'https://login.salesforce.com'
}

function keyOf(setting: Setting): KeyObject {
  const pem = conceal(setting.read()).replaceAll('\\n', '\n')
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // The reason could quote the key.
  }
  throw new ZdsError('ENV_INVALID', `${setting.name} is not an RSA private key`, {
    hint: 'Give the whole PEM text, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, without a passphrase.',
  })
}
