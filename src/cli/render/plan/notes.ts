import type { Look } from '../look.ts'
import { wrapped } from '../text.ts'

/**
 * Something that a person should know, in words that are drawn everywhere: a terminal, a page and a
 * comment show the same. Texts are safe on one line (`plain`); `mark` is what a terminal begins with.
 */
export type Note = {
  readonly mark: '!' | '-' | '+' | 'v' | '^' | 'i' | '.' | '…'
  readonly tone: Tone
  readonly text: string
  readonly below?: readonly string[]
}

type Tone = keyof typeof STYLES

/** How much is told: names in a line, and notices of a kind, or all of them; and how the rest is seen. */
export type Amount = { readonly names: number; readonly all: boolean; readonly rest: string }

const STYLES = { bad: 'red', warn: 'yellow', good: 'green', info: 'cyan', quiet: 'dim' } as const
const BELOW = '      '

/** Notes on a terminal. What stops something, and what does not matter, has its whole line painted. */
export function noteLines(notes: readonly Note[], { columns, paint }: Look): string[] {
  return notes.flatMap(({ mark, tone, text, below = [] }) => {
    const style = STYLES[tone]
    const whole = mark === '!' || tone === 'quiet'
    const line = whole ? paint(style, `  ${mark} ${text}`) : `  ${paint(style, mark)} ${text}`
    const more = below.map((one) => (tone === 'quiet' ? paint(style, `${BELOW}${one}`) : `${BELOW}${one}`))
    return [...wrapped(line, columns, BELOW), ...more.flatMap((one) => wrapped(one, columns, `${BELOW}  `))]
  })
}
