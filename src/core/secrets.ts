/**
 * Values that must not be seen. One list for the process, because what they must not reach (its
 * output, its files) is the process's too.
 */
const concealed = new Set<string>()

/** All of them by their first letters, the longest first: one may begin with another, and its end must not stay. */
const byStart = new Map<string, string[]>()
/** Which sums of three letters one of them begins with: what most letters of a text are passed over by. */
const starts = new Uint8Array(65_536)
const sumAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 1_024 + text.charCodeAt(at + 1) * 32 + text.charCodeAt(at + 2)) & 0xffff

/** Very short values are left: they would blank out ordinary text. */
const SHORTEST = 6
/** A line of a secret of several lines is long; a shorter one may be an ordinary word. */
const SHORTEST_LINE = 20

/**
 * Remembers a secret, also as addresses, forms, JSON, HTML and base64 show it, and each long line
 * of one, and hands it back.
 */
export function conceal<T extends string | undefined>(value: T): T {
  const shapes = partsOf(value ?? '').flatMap((part) => (concealed.has(part) ? [] : shapesOf(part)))
  for (const shape of shapes) hide(shape)
  return value
}

/** A process that lives on gets a token an hour: to hide one more takes no longer, however many there are. */
function hide(shape: string): void {
  if (concealed.has(shape)) return
  concealed.add(shape)
  starts[sumAt(shape, 0)] = 1
  const start = shape.slice(0, SHORTEST)
  byStart.set(
    start,
    [...(byStart.get(start) ?? []), shape].toSorted((a, b) => b.length - a.length),
  )
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
  const json = inJson(part)
  const escaped = inEscapes(part)
  const encoded = [encodeURIComponent(part.toWellFormed()), form]
  return [
    part,
    ...encoded,
    ...encoded.map((text) => text.replaceAll(/%../g, lower)),
    json,
    json.replaceAll('/', '\\/'),
    inJson(json),
    escaped,
    escaped.replaceAll(/\\u..../g, lower),
    inJson(escaped),
    ...HTML.map((entity) => part.replaceAll(/[&<>"'/]/g, entity)),
    ...inBase64(part),
  ]
}

const lower = (text: string): string => text.toLowerCase()

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** As JSON that is ASCII only. */
const inEscapes = (text: string): string =>
  inJson(text).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )

const NAMED: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const named = (character: string): string => NAMED[character] ?? character

/** The ways in which HTML writes what means something in it. */
const HTML: readonly ((character: string) => string)[] = [
  named,
  (character) => (character === "'" ? '&#39;' : named(character)),
  (character) => (character === "'" ? '&apos;' : named(character)),
  (character) => (character === "'" || character === '/' ? hexEntity(character) : named(character)),
  (character) => (character === "'" ? hexEntity(character) : named(character)),
  (character) => `&#${character.charCodeAt(0)};`,
  hexEntity,
]

function hexEntity(character: string): string {
  return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`
}

/** As base64 of a longer text shows it, wherever in it: without the letters that others share. */
function inBase64(part: string): string[] {
  const bytes = Buffer.from(part)
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
    const own = all.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 4) / 3))
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')]
  })
}

/** `text` with every known secret replaced by `***`. */
export function redact(text: string): string {
  if (concealed.size === 0) return text
  let clean = ''
  let from = 0
  for (let at = 0; at <= text.length - SHORTEST; at += 1) {
    if (starts[sumAt(text, at)] === 0) continue
    const shape = byStart.get(text.slice(at, at + SHORTEST))?.find((one) => text.startsWith(one, at))
    if (shape === undefined) continue
    clean += `${text.slice(from, at)}***`
    from = at + shape.length
    at = from - 1
  }
  return clean + text.slice(from)
}

/**
 * The text of a JSON document without a known secret in its texts. Its names and numbers are those
 * of zds and of the field tables: a secret that is such a word or number is none that could be kept.
 */
export function redactedJson(document: unknown, indent?: number): string {
  return JSON.stringify(
    document,
    (_name, value: unknown) => (typeof value === 'string' ? redact(value) : value),
    indent,
  )
}
