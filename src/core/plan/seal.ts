import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { ZdsError } from '../errors.ts'
import { isObject, parseJson } from '../json.ts'
import type { Plan } from './plan.ts'
import { secret } from '../settings.ts'

/**
 * What everybody may know of a sealed plan. Its text is the first line of the file, and additional
 * authenticated data of the rest.
 */
type Header = {
  readonly format: typeof FORMAT
  readonly version: 1
  readonly cipher: typeof CIPHER
  /** The digest of the plan, so that people can speak of it. */
  readonly digest: string
  /** Names the key without telling it, so that a wrong key is not taken for a changed file. */
  readonly key: string
  /** 96 random bits, in base64. */
  readonly nonce: string
}

const FORMAT = 'zds-sealed-plan'
const CIPHER = 'aes-256-gcm'
const MAGIC = `{"format":"${FORMAT}"`
const TAG_BYTES = 16

const KEY = secret('ZDS_PLAN_KEY')
/** The variable with the key that plans are sealed and proved with. */
export const { name: PLAN_KEY } = KEY
const HOW = 'Make a key with: openssl rand -hex 32. Keep it as a secret of the CI system, the same for plan and apply.'

/**
 * The key in `ZDS_PLAN_KEY`: 32 bytes as 64 hex digits or in base64. Throws ENV_MISSING or
 * ENV_INVALID, and says how to make one.
 */
export function planKey(): KeyObject {
  const text = KEY.peek()?.trim()
  if (text === undefined)
    throw new ZdsError('ENV_MISSING', `A sealed plan needs a key in ${KEY.name}, which is not set`, { hint: HOW })
  if (/^[\da-f]{64}$/i.test(text)) return createSecretKey(text, 'hex')
  if (/^[\w+/-]{43}=?$/.test(text)) return createSecretKey(text, 'base64')
  throw new ZdsError('ENV_INVALID', `${KEY.name} is not a key: it must be 32 bytes, as 64 hex digits or in base64`, {
    hint: HOW,
  })
}

/** The same where it is set. Throws ENV_INVALID. */
export const keyIfSet = (): KeyObject | undefined => (KEY.peek() === undefined ? undefined : planKey())

/**
 * The plan as a text that only holders of `key` can read or make: AES-256-GCM over the document,
 * with a header that all can read.
 */
export function seal(plan: Plan, key: KeyObject): string {
  const nonce = randomBytes(12)
  const header: Header = {
    format: FORMAT,
    version: 1,
    cipher: CIPHER,
    digest: plan.digest,
    key: nameOf(key),
    nonce: nonce.toString('base64'),
  }
  const head = JSON.stringify(header)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(head))
  const body = Buffer.concat([cipher.update(Buffer.from(JSON.stringify(plan))), cipher.final(), cipher.getAuthTag()])
  return `${head}\n${body.toString('base64')}\n`
}

/** Whether a text means to be a sealed plan, of whatever version. */
export const isSealed = (text: string): boolean => text.startsWith(MAGIC)

/**
 * The plan document in a sealed text. Throws PLAN_INVALID for another version, another key, and a
 * text that is not what `seal` wrote.
 */
export function unseal(text: string, file: string, key: KeyObject): string {
  const [head = '', line = '', ...rest] = text.split('\n')
  const { version, key: name, nonce } = headerIn(head)
  if (version !== 1) throw invalid(`${file} was sealed by another version of zds`, 'Make a new one with this zds')
  if (name !== nameOf(key)) throw invalid(`${file} was sealed with another key than the one in ${KEY.name}`, REMEDY)
  const body = Buffer.from(line, 'base64')
  // Base64 is read leniently: what is not the one text of these bytes was changed as well.
  const whole = rest.length === 1 && rest[0] === '' && body.toString('base64') === line
  try {
    if (!whole || typeof nonce !== 'string') throw new Error('It is not in the form that seal gives it')
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(head))
      .setAuthTag(body.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw invalid(
      `${file} was changed after it was sealed, or is not whole`,
      'Fetch the file again, or make a new one',
      cause,
    )
  }
}

const REMEDY = 'Set the key that the plan was made with, or make a new one'

function headerIn(head: string): { readonly [K in keyof Header]?: unknown } {
  const found = parseJson(head)
  return isObject(found) ? found : {}
}

/** Without the key nobody can make this name or learn anything of the key from it. */
function nameOf(key: KeyObject): string {
  return createHmac('sha256', key).update(FORMAT).digest('hex').slice(0, 16)
}

function invalid(message: string, remedy: string, cause?: unknown): ZdsError {
  return new ZdsError('PLAN_INVALID', message, { cause, hint: `${remedy}: zds plan --redact --out FILE` })
}
