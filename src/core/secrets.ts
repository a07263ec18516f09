/**
 * Values that must not be seen. One list for the process, because what they must not reach (its output, its files) is the process's too.
 */
const concealed = new Set<string>()

/** Remembers a secret, also as addresses, forms and JSON show it, and hands it back. Very short values are left: they would blank out ordinary text. */
export function conceal<T extends string | undefined>(value: T): T {
  if (value !== undefined && value.length >= 6) {
    const form = new URLSearchParams({ value }).toString().slice('value='.length)
    for (const shape of [value, encodeURIComponent(value), form, JSON.stringify(value).slice(1, -1)]) concealed.add(shape)
  }
  return value
}

/** `text` with every known secret replaced by `***`. */
export function redact(text: string): string {
  let clean = text
  // The longest first: one secret may begin with another, and its end must not stay.
  for (const value of [...concealed].toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(value, '***')
  return clean
}
