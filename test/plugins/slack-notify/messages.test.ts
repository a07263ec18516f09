import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TOPICS, type Digest } from '../../../plugins/slack-notify/digest.ts'
import { messagesOf } from '../../../plugins/slack-notify/messages.ts'
import { blockOf, slackLinesUnder } from '../../support/slack.ts'

/** What Slack takes (SL-02). */
const SLACK = { blocks: 50, section: 3_000, header: 150, message: 13_200, text: 40_000 }

const digest = (title: string, lines: readonly string[]): Digest => ({ topic: 'summary', title, lines })
const line = fc
  .string({ minLength: 1, maxLength: 700, unit: 'grapheme' })
  .map((text) => `• ${text.replaceAll(/\s+/g, ' ')}`)
const some = fc.record({
  topic: fc.constantFrom(...TOPICS),
  // Titles are our own words: never blank.
  title: fc.string({ minLength: 1, maxLength: 300 }).filter((title) => title.trim() !== ''),
  lines: fc.array(line, { minLength: 1, maxLength: 120 }),
})

describe('the messages of a channel', () => {
  it('whatever there is to tell, stay within the limits of Slack', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 40 }), (digests) => {
        for (const { text, blocks } of messagesOf(digests)) {
          const parts = blocks.map(blockOf)
          expect(blocks.length).toBeLessThanOrEqual(SLACK.blocks)
          expect(text.length).toBeLessThanOrEqual(SLACK.text)
          expect(parts.reduce((sum, part) => sum + part.text.length, 0)).toBeLessThanOrEqual(SLACK.message)
          for (const part of parts) {
            expect(part.text.trim()).not.toBe('')
            expect(part.text.length).toBeLessThanOrEqual(part.type === 'header' ? SLACK.header : SLACK.section)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('lose no line, and keep their order', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 20 }), (digests) => {
        const told = messagesOf(digests).flatMap(({ blocks }) =>
          blocks.map(blockOf).flatMap(({ type, text }) => (type === 'section' ? text.split('\n') : [])),
        )
        const meant = digests.flatMap(({ lines }) => lines)
        expect(told).toHaveLength(meant.length)
        for (const [index, whole] of meant.entries()) {
          const shown = told[index] ?? ''
          expect(whole.startsWith(shown.endsWith('…') && shown !== whole ? shown.slice(0, -1) : shown)).toBe(true)
          expect(shown.length).toBeGreaterThan(Math.min(whole.length, 490) - 1)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('one message where all fits: a headline for each topic, plain words as they are (SL-04), and a text for where blocks are not shown', () => {
    const messages = messagesOf([{ ...digest('Failed', ['• a', '• b']), topic: 'failures' }, digest('Sync', ['• c'])])
    expect(messages).toEqual([
      {
        text: 'Failed: 2; Sync',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: 'Failed' } },
          { type: 'section', text: { type: 'mrkdwn', text: '• a\n• b', verbatim: true } },
          { type: 'header', text: { type: 'plain_text', text: 'Sync' } },
          { type: 'section', text: { type: 'mrkdwn', text: '• c', verbatim: true } },
        ],
      },
    ])
  })

  it('counts come first, the command that goes on last, and the link to the job below all', () => {
    const failures: Digest = { ...digest('Failed', ['• a']), counts: ['1 of 9'], next: 'zds plan --failed-from <x>' }
    const [message] = messagesOf([failures, digest('Sync', ['• c'])], 'https://ci.example/a|b?c=1&d=2')
    expect(message?.text).toBe('Failed: 1 of 9; Sync')
    expect(message?.blocks.map((block) => blockOf(block).text)).toEqual([
      'Failed',
      '1 of 9\n• a\nTo go on: `zds plan --failed-from &lt;x&gt;`',
      'Sync',
      '• c\n<https://ci.example/a%7Cb?c=1&amp;d=2|The job>',
    ])
    expect(messagesOf([digest('Sync', ['• c'])], 'no address')).toEqual(messagesOf([digest('Sync', ['• c'])]))
  })

  it('hundreds of lines make a few messages, each under a headline', () => {
    const lines = Array.from({ length: 500 }, (_, n) => `• Organization number ${n} with a name (001PL00000000${n}YAA)`)
    const messages = messagesOf([digest('New', lines)])
    expect(messages.length).toBeLessThan(5)
    expect(messages.map(({ blocks }) => blockOf(blocks[0]))).toEqual([
      { type: 'header', text: 'New' },
      ...messages.slice(1).map(() => ({ type: 'header', text: 'New (continued)' })),
    ])
    expect(slackLinesUnder(messages, 'New')).toEqual(lines)
  })

  it('tens of thousands of lines are told as far as anybody reads: Slack takes one message a second', () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `• *global* ${n} ${'x'.repeat(400)}`)
    const messages = messagesOf([{ ...digest('Failed', lines), counts: ['20000 of 20000'], next: 'zds plan' }])
    expect(messages.length).toBeLessThan(40)
    expect(messages[0]?.text).toBe('Failed: 20000 of 20000')
    expect(slackLinesUnder(messages, 'Failed').slice(-3)).toEqual([
      lines[999],
      '… and 19000 more',
      'To go on: `zds plan`',
    ])
  })

  it('a cut ends neither within a character nor within an escaped one', () => {
    const at = (filler: number, end: string) =>
      blockOf(messagesOf([digest('T', ['x'.repeat(filler) + end.repeat(20)])])[0]?.blocks[1]).text
    for (let filler = 490; filler < 500; filler += 1) {
      expect(at(filler, '&amp;')).toMatch(/^x+(&amp;)*…$/)
      expect(at(filler, '👩')).toMatch(/^x+(👩)*…$/u)
    }
  })
})
