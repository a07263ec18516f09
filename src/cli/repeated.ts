/** `const fields = {`, to the bracket that begins a line. */
const OBJECT = /^(?:export )?const [\w$]+(?:: [^=\n]+)? = \{[ \t]*\n(?<body>[^]*?)^\}/gm

/** `  account_owner: …`, in quotes or without. */
const KEY = /^(?<indent>[ \t]+)(?<quote>['"]?)(?<name>[\w$-]+)\k<quote>:/gm

/**
 * The fields that an object of a configuration has twice, each with its line: the later one counts,
 * without a word. Read from its text, since Node keeps no other.
 */
export function repeatedIn(text: string): { readonly name: string; readonly line: number; readonly before: number }[] {
  return [...text.matchAll(OBJECT)].flatMap(({ 0: object, index, groups }) => {
    const start = index + object.indexOf('\n') + 1
    const keys = [...(groups?.['body'] ?? '').matchAll(KEY)].map((key) => ({
      indent: key.groups?.['indent'],
      name: key.groups?.['name'] ?? '',
      line: text.slice(0, start + key.index).split('\n').length,
    }))
    const own = keys.filter(({ indent }) => indent === keys[0]?.indent)
    return own.flatMap(({ name, line }, place) => {
      const before = own.slice(0, place).find((one) => one.name === name)
      return before === undefined ? [] : [{ name, line, before: before.line }]
    })
  })
}
