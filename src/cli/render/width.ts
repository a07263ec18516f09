import { createRequire } from 'node:module'

/** What a colour begins with. */
export const ESCAPE = '\u001B'
export const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`)

/** Whether all letters of a text are seen as they are and take one column each: Latin, and our signs. */
export const isCommon = (text: string): boolean => !OTHERS.test(text)

const OTHERS = /[^\x20-\x7E\u00A1-\u00AC\u00AE-\u02AF–—’“”…→⚠✔✖]/

/** How many columns a text takes. Colours take none. */
export function widthOf(text: string): number {
  const bare = text.replaceAll(new RegExp(COLOUR, 'g'), '')
  return isCommon(bare) ? bare.length : stringWidth(text)
}

/** The library that knows all letters, which takes a while to load. */
function stringWidth(text: string): number {
  library ??= createRequire(import.meta.url)('string-width') as typeof import('string-width') // what it is the name of
  return library.default(text)
}

let library: typeof import('string-width') | undefined
