import { compileFunction } from 'node:vm'
import { ZdsError } from '../../core/errors.ts'

/** One name as it stands in texts, in code, in types and in the environment. */
type Spelling = { readonly kebab: string; readonly camel: string; readonly pascal: string; readonly upper: string }

const NAME = /^[a-z][a-z\d]*(?:[-_][a-z\d]+)*$/

/** A name of the command line, words joined by `-`. Throws USAGE for what no file, or no code, can be called. */
export function nameFrom(text: string): string {
  const name = text.trim().replaceAll('_', '-')
  if (!NAME.test(name))
    throw new ZdsError('USAGE', `${JSON.stringify(text)} can be no name`, {
      hint: 'Small letters and digits, words joined by a dash: partner-portal',
    })
  if (isReserved(spelling(name).camel))
    throw new ZdsError('USAGE', `${JSON.stringify(text)} can be no name: it is a word of the language`, {
      hint: `For example: my-${name}`,
    })
  return name
}

/** Whether nothing can be called so in code, as `new` or `class`. */
function isReserved(word: string): boolean {
  try {
    compileFunction(`'use strict'; async () => { const ${word} = 0 }`)
    return false
  } catch {
    return true
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** A kebab-case name in all its spellings. */
export function spelling(kebab: string): Spelling {
  const words = kebab.split('-')
  const pascal = words.map(capital).join('')
  return {
    kebab,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    upper: words.join('_').toUpperCase(),
  }
}

/**
 * Another name instead of `from`, wherever it is spelt in any way. A name of one word looks the same
 * in texts and in code: there, what stands right after a quote is text.
 */
export function respelt(text: string, from: string, to: string): string {
  const [old, now] = [spelling(from), spelling(to)]
  const inTexts = old.kebab === old.camel ? `(?<=')${old.kebab}` : `\\b${old.kebab}`
  return text
    .replaceAll(new RegExp(`${inTexts}\\b`, 'g'), now.kebab)
    .replaceAll(new RegExp(`(?<!'|-)\\b${old.camel}(?=[A-Z]|\\b)`, 'g'), now.camel)
    .replaceAll(new RegExp(`\\b${old.pascal}(?=[A-Z]|\\b)`, 'g'), now.pascal)
    .replaceAll(new RegExp(`(?<=_|\\b)${old.upper}(?=_|\\b)`, 'g'), now.upper)
}
