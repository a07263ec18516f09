import { isObject, parseJson, type Json, type JsonObject } from '../json.ts'
import { packer, type Many } from '../many.ts'

/** Takes the text of a plan document as it comes, a row of its changes at a time. */
export type DocumentReader = {
  add(text: string): void
  /** Characters that are held by now. */
  held(): number
  /** What the document says, the changes of each sync as many rows; undefined where it is not JSON. */
  document(): unknown
}

/** Where the changes of a sync are: `{ "syncs": [ { "changes": [`. */
const DEPTH = 4
const BEFORE = /(?<!\\)"changes"\s*:\s*\[$/

/**
 * Rows are cut out of the text and parsed one by one; the rest of it, in which the number of their
 * list has their place, is parsed in the end.
 */
export function documentReader(): DocumentReader {
  const marksIn = markFinder()
  const lists: Many<Json>[] = []
  let [rest, row, depth, broken, isOpen] = ['', '', 0, false, false]
  let rows = packer<Json>()

  const keep = (text: string): void => {
    if (isOpen) row += text
    else rest += text
  }
  const endRow = (): void => {
    const value = parseJson(row)
    if (value === undefined) broken = true
    else rows.add(value)
    row = ''
  }
  const endList = (): void => {
    if (row.trim() !== '' || rows.rows().length > 0) endRow()
    rest += String(lists.push(rows.rows()) - 1)
    rows = packer()
    isOpen = false
    row = ''
  }
  return {
    add: (text) => {
      let from = 0
      for (const at of marksIn(text)) {
        const mark = text[at]
        if (mark === '{' || mark === '[') depth += 1
        if (depth === DEPTH && (mark === '[' || isOpen)) {
          keep(text.slice(from, mark === '[' ? at + 1 : at))
          from = mark === ']' || mark === '}' ? at : at + 1
          if (mark === ',') endRow()
          else if (mark !== '[') endList()
          else if (BEFORE.test(rest.slice(-BEGINNING))) isOpen = true
        }
        if (mark === '}' || mark === ']') depth -= 1
      }
      keep(text.slice(from))
    },
    held: () => rest.length + row.length,
    document: () => (broken ? undefined : withRows(parseJson(rest), lists)),
  }
}

/** Enough of a text to see its last name. */
const BEGINNING = 64

/** Finds the characters that give JSON text its form, wherever it is cut: none of a string is one. */
function markFinder(): (text: string) => Generator<number, void> {
  let [quoted, escaped] = [false, false]
  return function* (text) {
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at]
      if (escaped) escaped = false
      else if (letter === '"') quoted = !quoted
      else if (quoted) escaped = letter === '\\'
      else if (letter === '{' || letter === '}' || letter === '[' || letter === ']' || letter === ',') yield at
    }
  }
}

/** The document with its rows in the place of their numbers. */
function withRows(value: Json | undefined, lists: readonly Many<Json>[], depth = 1): unknown {
  if (typeof value !== 'object' || value === null) return value
  const below = (part: Json): unknown => withRows(part, lists, depth + 1)
  if (depth < DEPTH - 1) {
    if (!isObject(value)) return value.map(below)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, below(part)]))
  }
  if (!isObject(value)) return value
  const list = listIn(value)
  return list === undefined ? value : { ...value, changes: lists[list] }
}

/** The number of the list whose place it is. */
const listIn = ({ changes }: JsonObject): number | undefined =>
  Array.isArray(changes) ? Number(changes[0]) : undefined
