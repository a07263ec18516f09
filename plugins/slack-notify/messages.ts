import { escaped, type Digest } from './digest.ts'

type Block =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string } }
  | { readonly type: 'section'; readonly text: Verbatim }

/** Slack makes a link or a mention of no word in it that does not say so itself: names can be any (SL-04). */
type Verbatim = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true }

/** One post: blocks, and text for where blocks are not shown (notifications, screen readers). */
export type Message = { readonly text: string; readonly blocks: readonly Block[] }

/**
 * Slack's limits (SL-02): blocks of a message, characters of all of them (undocumented, near
 * 13,200), of a section, of a header; and of ours, one line and the lines of a digest: at a message a
 * second (SL-01), thousands of them would take many minutes, and nobody reads them there.
 */
const LIMITS = { blocks: 50, message: 12_000, section: 3_000, header: 150, line: 500, lines: 1_000 } as const

/**
 * The posts that tell the digests of one channel: one where it fits, several in order where it does
 * not. `job` is a link to whatever tells them, below all of them.
 */
export function messagesOf(digests: readonly Digest[], job?: string): Message[] {
  const messages: { text: string; blocks: Block[]; size: number }[] = []
  for (const [nth, digest] of digests.entries()) {
    const { title, counts = [], lines, next } = digest
    const name = cut(title, LIMITS.header - CONTINUED.length)
    const said = inWords(name, digest)
    const onward = next === undefined ? [] : [`To go on: \`${escaped(next)}\``]
    const link = job === undefined || nth < digests.length - 1 ? [] : linkTo(job)
    for (const [index, text] of sections([...counts, ...firstOf(lines), ...onward, ...link]).entries()) {
      const open = messages.at(-1)
      const heading = index === 0 ? name : `${name}${CONTINUED}`
      const size = heading.length + text.length
      const fits = open !== undefined && open.size + size <= LIMITS.message && open.blocks.length + 2 <= LIMITS.blocks
      if (!fits) messages.push({ text: said, blocks: [header(heading), section(text)], size })
      else {
        open.blocks.push(...(index === 0 ? [header(heading)] : []), section(text))
        open.size += size
        if (index === 0) open.text += `; ${said}`
      }
    }
  }
  return messages.map(({ text, blocks }) => ({ text, blocks }))
}

/** A digest where blocks are not shown: its headline, and how much of it there is. */
function inWords(name: string, { topic, counts: [count] = [], lines }: Digest): string {
  if (count !== undefined) return `${name}: ${count}`
  return topic === 'summary' ? name : `${name}: ${lines.length}`
}

const CONTINUED = ' (continued)'

/** The lines as far as they are told, and how many there are besides. */
const firstOf = (lines: readonly string[]): readonly string[] =>
  lines.length <= LIMITS.lines ? lines : [...lines.slice(0, LIMITS.lines), `… and ${lines.length - LIMITS.lines} more`]

/** A link, of an address that is one. */
const linkTo = (job: string): string[] =>
  URL.canParse(job) ? [`<${escaped(new URL(job).href).replaceAll('|', '%7C')}|The job>`] : []

/** Lines joined as long as they fit into a section. */
function sections(lines: readonly string[]): string[] {
  const texts: string[] = []
  for (const line of lines.map((whole) => cut(whole, LIMITS.line))) {
    const open = texts.at(-1)
    if (open === undefined || open.length + 1 + line.length > LIMITS.section) texts.push(line)
    else texts[texts.length - 1] = `${open}\n${line}`
  }
  return texts
}

const header = (text: string): Block => ({ type: 'header', text: { type: 'plain_text', text } })
const section = (text: string): Block => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } })

/** Ends neither within a character nor within an escaped one (`&amp;`). */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text
    .slice(0, length - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .replace(/&\w{0,3}$/, '')}…`
}
