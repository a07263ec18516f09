import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { messageOf, ZdsError, type Issue } from './errors.ts'

/** So many lines are named one by one. */
const LINES = 10

/**
 * The text of a file that people write or move around: UTF-8, with or without a byte order mark.
 * Throws FILE_NOT_FOUND with `hint`, or FILE_INVALID with what the file is instead, and where.
 */
export async function readText(file: string, hint?: string): Promise<string> {
  const bytes = await bytesOf(file).catch((cause: unknown) => {
    const message = `cannot be read: ${reasonOf(cause)}`
    const issue: Issue = { code: 'FILE_NOT_FOUND', where: file, message, ...(hint !== undefined && { hint }) }
    throw new ZdsError('FILE_NOT_FOUND', `${file} ${message}`, { cause, hint, issues: [issue] })
  })
  if (bytes.length <= MOST_BYTES) return textOf(bytes, file)
  throw new ZdsError('FILE_INVALID', `${file} has more than ${MOST_BYTES / 1_000_000} MB`)
}

/** The same in parts, of a file that may be longer than a text can be. */
export async function* textParts(file: string, hint?: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const part of createReadStream(file)) {
      const bytes = part as Buffer // no encoding was asked for
      if (bytes.includes(0)) throw new TypeError('It holds a NUL character')
      yield decoder.decode(bytes, { stream: true })
    }
    yield decoder.decode()
  } catch {
    // Who reads all of it can say what is wrong, and where.
    await readText(file, hint)
    throw unreadable([{ where: file, message: 'is not written in UTF-8' }])
  }
}

/** Far above any file of these, and far below what is not to be held in memory. */
const MOST_BYTES = 500_000_000

/** All of a file, or a little more than there may be: a device has no end. */
async function bytesOf(file: string): Promise<Buffer> {
  const parts = await Array.fromAsync(createReadStream(file, { end: MOST_BYTES }))
  return Buffer.concat(parts as Buffer[]) // no encoding was asked for
}

/**
 * The text of bytes that must be UTF-8. Throws FILE_INVALID with the lines that are not, and what
 * they seem to be. @internal
 */
export function textOf(bytes: Buffer, file: string): string {
  const wide = wideEncoding(bytes)
  if (wide !== undefined) throw unreadable([{ where: file, message: `is written in ${wide}, not in UTF-8` }])
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  const bad = bytes
    .toString('latin1')
    .split('\n')
    .flatMap((line, index) => {
      const message = problemOf(line)
      return message === undefined ? [] : [{ where: `${file}:${index + 1}`, message }]
    })
  throw unreadable(bad.slice(0, LINES))
}

const RESAVE = 'Save the file as UTF-8 (in an editor: Save with Encoding), then look at its special characters again.'

function unreadable(places: readonly { readonly where: string; readonly message: string }[]): ZdsError {
  const issues = places.map((place) => ({ code: 'FILE_INVALID' as const, ...place, hint: RESAVE }))
  const [first] = issues
  return new ZdsError('FILE_INVALID', `${first?.where} ${first?.message}`, { issues, hint: RESAVE })
}

/** By a byte order mark, or by the empty bytes that such a file has between its letters. */
function wideEncoding(bytes: Buffer): string | undefined {
  const [a, b, c, d] = bytes
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16'
  if (a === 0xfe && b === 0xff) return 'UTF-16'
  const start = bytes.subarray(0, 400)
  const empty = start.filter((byte) => byte === 0).length
  return start.length >= 4 && empty >= start.length / 4 ? 'UTF-16 without a byte order mark' : undefined
}

/** What is wrong with a line, a letter for each byte: UTF-8 has no line end within a character. */
function problemOf(line: string): string | undefined {
  if (line.includes('\0')) return 'holds a NUL character, so the file is no text'
  if (isUtf8(Buffer.from(line, 'latin1'))) return undefined
  return /[\x80-\x9f]/.test(line)
    ? 'is not written in UTF-8: it looks like Windows-1252'
    : 'is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'
}

const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be read by this user',
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return REASONS[code] ?? messageOf(cause)
}
