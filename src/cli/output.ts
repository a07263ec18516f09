import { redact, redactedJson } from '../core/secrets.ts'
import { painter } from './render/paint.ts'
import type { Look } from './render/look.ts'

/** How a document is shown on stdout. A terminal that does not tell its width has 80 columns. */
export function lookOf(all: boolean): Look {
  const { isTTY, columns } = process.stdout
  return { columns: isTTY ? columns || 80 : Number.POSITIVE_INFINITY, paint: painter(process.stdout), all }
}

/** Lines on stdout, without a known secret in them. */
export function print(lines: readonly string[]): void {
  process.stdout.write(redact(lines.map((line) => `${line}\n`).join('')))
}

/** A JSON document on stdout, without a known secret in it. */
export function printDocument(document: unknown): void {
  process.stdout.write(`${redactedJson(document, 2)}\n`)
}

/** Lines on stderr, without a known secret in them. */
export function tell(lines: readonly string[]): void {
  process.stderr.write(redact(lines.map((line) => `${line}\n`).join('')))
}

/** What a person should know although nothing stops for it. */
export const warn = (message: string): void => tell([`Warning: ${message}`])

/** The text of a JSON document. */
export const documentOf = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`
