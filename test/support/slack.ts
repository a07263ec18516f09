import { isObject, type Json } from 'zds'

type Posted = { readonly blocks: readonly unknown[] }

/** The lines that posted messages tell under a header, continued sections included. */
export function slackLinesUnder(messages: readonly Posted[], title: string): string[] {
  const lines: string[] = []
  for (const { blocks } of messages) {
    let under = ''
    for (const block of blocks) {
      const { type, text } = blockOf(block)
      if (type === 'header') under = text
      else if (under === title || under === `${title} (continued)`) lines.push(...text.split('\n'))
    }
  }
  return lines
}

/** The kind of a block and its text. */
export function blockOf(block: unknown): { readonly type: string; readonly text: string } {
  const given = block as Json // what was posted is JSON
  const { type, text } = isObject(given) ? given : {}
  const inner = isObject(text) ? text['text'] : ''
  return { type: typeof type === 'string' ? type : '', text: typeof inner === 'string' ? inner : '' }
}

/** A name as mrkdwn shows it. */
export const mrkdwn = (text: string): string =>
  text.trim().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\s+/g, ' ')
