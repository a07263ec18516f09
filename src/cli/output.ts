import type { RunWatch } from '../core/engine.ts'
import { jsonParts } from '../core/many.ts'
import { redact, redactedJson } from '../core/secrets.ts'
import { painter } from './render/paint.ts'
import type { Look } from './render/look.ts'
import { escapeControls } from './escapes.ts'
import { harmless } from './render/text.ts'

/** How a document is shown on stdout. A terminal that does not tell its width has 80 columns. */
export function lookOf(all: boolean): Look {
  const { isTTY, columns } = process.stdout
  return { columns: isTTY ? columns || 80 : Number.POSITIVE_INFINITY, paint: painter(process.stdout), all }
}

/** How wide the lines of stderr may be; without a terminal a line is whole. */
export const widthOfErrors = ({ isTTY, columns } = process.stderr): number =>
  isTTY ? columns || 80 : Number.POSITIVE_INFINITY

/** Lines on stdout, without a known secret in them. */
export function print(lines: readonly string[]): void {
  process.stdout.write(textOf(lines))
}

/** A JSON document on stdout, without a known secret in it. */
export const printDocument = (document: unknown): void => printParts(shownParts(document).map(escapeControls))

/** Text on stdout, as it comes. */
export function printParts(parts: Iterable<string>): void {
  for (const part of parts) process.stdout.write(part)
}

/** The text of a JSON document, in parts, without a known secret in it. */
export const shownParts = (document: unknown): IteratorObject<string> =>
  linesOf(document, (value) => redactedJson(value, 2))

function* linesOf(document: unknown, stringify: (value: unknown) => string): Generator<string, void> {
  yield* jsonParts(document, { stringify, spaced: true })
  yield '\n'
}

/** What takes the place of lines for people on stderr, where a program reads them. */
export type Log = {
  readonly said: (text: string) => void
  readonly warned: (text: string) => void
  readonly failed: (error: unknown) => void
  readonly watch: RunWatch
}

let log: Log | undefined

/** From now on a log is told whatever would have been told to people. */
export const logInstead = (to: Log): void => void (log = to)

export const logAsked = (): Log | undefined => log

/** Lines on stderr, without a known secret in them. */
export function tell(lines: readonly string[]): void {
  if (log !== undefined) return log.said(lines.join('\n').trim())
  process.stderr.write(textOf(lines))
}

/** Wherever it came from: what reaches a terminal cannot rewrite it. */
const textOf = (lines: readonly string[]): string => redact(lines.map((line) => `${harmless(line)}\n`).join(''))

/** What a person should know although nothing stops for it. */
export const warn = (message: string): void => (log === undefined ? tell([`Warning: ${message}`]) : log.warned(message))

/** The text of a JSON document, in parts. */
export const documentOf = (document: unknown): IteratorObject<string> =>
  linesOf(document, (value) => JSON.stringify(value, null, 2)).map(escapeControls)
