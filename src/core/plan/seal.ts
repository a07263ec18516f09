import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { DecipherGCM, KeyObject } from 'node:crypto'
import { StringDecoder } from 'node:string_decoder'
import { ZdsError, type Issue } from '../errors.ts'
import { isObject, parseJson } from '../json.ts'
import { jsonParts } from '../many.ts'
import type { Plan } from './plan.ts'
import { secret } from '../settings.ts'
import { single } from '../typed-settings.ts'

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

const HOW = 'Make a key with: openssl rand -hex 32. Keep it as a secret of the CI system, the same for plan and apply.'
const KEY = single(secret('ZDS_PLAN_KEY'), (text) => {
  const problem = 'is not a key: it must be 32 bytes, as 64 hex digits or in base64'
  return HEX.test(text) || BASE64.test(text) ? text : { problem, hint: HOW }
})
/** The variable with the key that plans are sealed and proved with. */
export const { name: PLAN_KEY } = KEY
/** What is wrong with it, for checks that tell all at once. */
export const keyIssues = (): readonly Issue[] => KEY.issues?.() ?? []
const HEX = /^[\da-f]{64}$/i
const BASE64 = /^[\w+/-]{43}=?$/

/**
 * The key in `ZDS_PLAN_KEY`: 32 bytes as 64 hex digits or in base64. Throws ENV_MISSING or
 * ENV_INVALID, and says how to make one, unless one is there to be found.
 */
export function planKey(hint = HOW): KeyObject {
  const text = KEY.peek()
  if (text === undefined)
    throw new ZdsError('ENV_MISSING', `A sealed plan needs a key in ${KEY.name}, which is not set`, { hint })
  return createSecretKey(text, HEX.test(text) ? 'hex' : 'base64')
}

/** The same where it is set. Throws ENV_INVALID. */
export const keyIfSet = (): KeyObject | undefined => (KEY.peek() === undefined ? undefined : planKey())

/**
 * The plan as a text that only holders of `key` can read or make, in parts: AES-256-GCM over the
 * document, with a header that all can read.
 */
export function* seal(plan: Plan, key: KeyObject): Generator<string, void> {
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
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(head))
  yield `${head}\n`
  let rest = Buffer.alloc(0)
  for (const part of jsonParts(plan, { stringify: (value) => JSON.stringify(value) })) {
    const bytes = Buffer.concat([rest, cipher.update(part)])
    // Three bytes are four letters, without a filling.
    const whole = bytes.length - (bytes.length % 3)
    yield bytes.toString('base64', 0, whole)
    rest = bytes.subarray(whole)
  }
  yield `${Buffer.concat([rest, cipher.final(), cipher.getAuthTag()]).toString('base64')}\n`
}

/** Whether a text means to be a sealed plan, of whatever version, from how it begins. */
export const isSealed = (text: string): boolean => text.startsWith(MAGIC)

/**
 * The plan document in a sealed text, as both come. What is yielded is proved when nothing more
 * comes, and not before. Throws PLAN_INVALID for another version, another key, and a text that is not
 * what `seal` wrote.
 */
export async function* unseal(
  sealed: AsyncIterable<string> | Iterable<string>,
  file: string,
  key: KeyObject,
): AsyncGenerator<string, void> {
  const decoder = new StringDecoder()
  let decipher: DecipherGCM | undefined
  let [text, bytes] = ['', Buffer.alloc(0)]
  for await (const part of sealed) {
    text += part
    if (decipher === undefined) {
      const end = text.indexOf('\n')
      if (end === -1) continue
      decipher = opened(text.slice(0, end), file, key)
      text = text.slice(end + 1)
    }
    const whole = Math.max(0, text.length - LAST - (text.length % 4))
    bytes = Buffer.concat([bytes, bytesOf(text.slice(0, whole), file)])
    text = text.slice(whole)
    const known = Math.max(0, bytes.length - TAG_BYTES)
    yield decoder.write(decipher.update(bytes.subarray(0, known)))
    bytes = bytes.subarray(known)
  }
  decipher ??= opened(text, file, key)
  if (!text.endsWith('\n')) throw misshapen(file)
  bytes = Buffer.concat([bytes, bytesOf(text.slice(0, -1), file)])
  const end = bytes.length - TAG_BYTES
  yield decoder.write(decipher.update(bytes.subarray(0, Math.max(0, end))))
  try {
    decipher.setAuthTag(bytes.subarray(end)).final()
  } catch (cause) {
    throw changed(file, cause)
  }
  yield decoder.end()
}

/** Letters of the end of a text that are not read before it is whole: the last four, and a line end. */
const LAST = 8

/** What reads the line after a header. */
function opened(head: string, file: string, key: KeyObject): DecipherGCM {
  const { version, key: name, nonce } = headerIn(head)
  if (version !== 1) throw invalid(`${file} was sealed by another version of zds`, 'Make a new one with this zds')
  if (name !== nameOf(key)) throw invalid(`${file} was sealed with another key than the one in ${KEY.name}`, REMEDY)
  try {
    const bytes = Buffer.from(String(nonce), 'base64')
    return createDecipheriv(CIPHER, key, bytes, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(head))
  } catch (cause) {
    throw changed(file, cause)
  }
}

/** Base64 is read leniently: what is not the one text of its bytes was changed. */
function bytesOf(text: string, file: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') === text) return bytes
  throw misshapen(file)
}

const misshapen = (file: string): ZdsError => changed(file, new Error('It is not in the form that seal gives it'))

const changed = (file: string, cause: unknown): ZdsError =>
  invalid(`${file} was changed after it was sealed, or is not whole`, 'Fetch the file again, or make a new one', cause)

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
