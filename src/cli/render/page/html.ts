/** Markup whose parts are escaped already. */
export type Html = { readonly markup: string }

type HtmlPart = string | number | Html | readonly Html[]

/** Markup with values in it: texts are escaped, markup stays. */
export function html(texts: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return { markup: texts.reduce((all, text, index) => all + written(parts[index - 1] ?? '') + text) }
}

function written(part: HtmlPart): string {
  if (typeof part === 'number') return part.toLocaleString('en')
  if (typeof part === 'string') return escaped(part)
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('')
}

/** Text that is no markup; what cannot be seen stays as it is. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** Markup as it is: it comes from this package. */
export const ours = (text: string): Html => ({ markup: text })

/** Data that a script reads: no character in it ends the element that holds it. */
export const data = (value: unknown): string => JSON.stringify(value).replaceAll('<', String.raw`\u003C`)
