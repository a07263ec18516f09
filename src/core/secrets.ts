/**
 * Values that must not be seen. One list for the process, because what they must not reach (its
 * output, its files) is the process's too.
 */
const concealed = new Set<string>()

/** Very short values are left: they would blank out ordinary text. */
const SHORTEST = 6
/** A line of a secret of several lines is long; a shorter one may be an ordinary word. */
const SHORTEST_LINE = 20

/**
 * Remembers a secret, also as addresses, forms, JSON and HTML show it, and each long line of one,
 * and hands it back.
 */
export function conceal<T extends string | undefined>(value: T): T {
  for (const part of partsOf(value ?? '')) for (const shape of shapesOf(part)) concealed.add(shape)
  return value
}

/**
 * A value with spaces or a line break around it is sent without them; of a key in PEM form,
 * messages quote a line.
 */
function partsOf(value: string): string[] {
  const lines = value
    .split(/\r?\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'))
  return [value, value.trim(), ...lines].filter((part) => part.length >= SHORTEST)
}

function shapesOf(part: string): string[] {
  const form = new URLSearchParams({ value: part }).toString().slice('value='.length)
  const html = part.replaceAll(/[&<>"']/g, (character) => HTML[character] ?? character)
  return [part, encodeURIComponent(part), form, JSON.stringify(part).slice(1, -1), html]
}

const HTML: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** `text` with every known secret replaced by `***`. */
export function redact(text: string): string {
  let clean = text
  // The longest first: one secret may begin with another, and its end must not stay.
  for (const value of [...concealed].toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(value, '***')
  return clean
}
