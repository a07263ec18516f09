import type { Digest } from './digest.ts'

type Block =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string } }
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }

/** One post: blocks, and text for where blocks are not shown (notifications, screen readers). */
export type Message = { readonly text: string; readonly blocks: readonly Block[] }

/** Slack's limits (slack-api.md): characters of a section, of all blocks of a message (undocumented, near 13,200), of one line of ours. */
const SECTION = 3_000
const MESSAGE = 12_000
const LINE = 500
const HEADER = 150

/** The posts that tell the digests of one channel: one where it fits, several in order where it does not. */
export function messagesOf(digests: readonly Digest[]): Message[] {
  const messages: { text: string; blocks: Block[]; size: number }[] = []
  for (const { title, lines } of digests) {
    for (const [index, text] of sections(lines).entries()) {
      const heading = cut(index === 0 ? title : `${title} (continued)`, HEADER)
      const size = text.length + heading.length
      const open = messages.at(-1)
      const blocks = index === 0 || open === undefined || open.size + size > MESSAGE ? [header(heading), section(text)] : [section(text)]
      if (open === undefined || open.size + size > MESSAGE) messages.push({ text: `${title}: ${lines.length}`, blocks, size })
      else {
        open.blocks.push(...blocks)
        open.size += size
        if (index === 0) open.text += `; ${title}: ${lines.length}`
      }
    }
  }
  return messages.map(({ text, blocks }) => ({ text, blocks }))
}

/** Lines joined as long as they fit into a section. */
function sections(lines: readonly string[]): string[] {
  const texts: string[] = []
  for (const line of lines.map((whole) => cut(whole, LINE))) {
    const open = texts.at(-1)
    if (open === undefined || open.length + 1 + line.length > SECTION) texts.push(line)
    else texts[texts.length - 1] = `${open}\n${line}`
  }
  return texts
}

const header = (text: string): Block => ({ type: 'header', text: { type: 'plain_text', text } })
const section = (text: string): Block => ({ type: 'section', text: { type: 'mrkdwn', text } })

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}
