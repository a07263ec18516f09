/** What of a text may hold the names of constants without using them: comments and texts, not templates. */
const SILENT = /\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|(`(?:\\.|[^`\\])*`)/g

/** `const emea = customers(`, `const rows = crm.rows(` */
const MADE = /^const ([\w$]+)(?:: [^=\n]+)? = [A-Za-z_$][\w$.]*(?:<[^>\n]*>)?\(/gm

/**
 * What a configuration makes by a call and uses nowhere, with its line: a sync or a source that it
 * does not list takes no part in any run, without a word. Read from its text, since whatever makes
 * them is told to nobody.
 */
export function unusedIn(text: string): { readonly name: string; readonly line: number }[] {
  const code = text.replaceAll(SILENT, (silent, template?: string) => template ?? silent.replaceAll(/[^\n]/g, ' '))
  return [...code.matchAll(MADE)].flatMap((made) => {
    const [, name = ''] = made
    // A key of an object, `emea: …`, is no use of what has its name.
    const uses = code.matchAll(new RegExp(String.raw`(?<![.\w$])${RegExp.escape(name)}(?![\w$:])`, 'g'))
    return [...uses].length > 1 ? [] : [{ name, line: code.slice(0, made.index).split('\n').length }]
  })
}
