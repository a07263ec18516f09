import { expect, test } from 'vitest'
import { follow } from '../support/follow.ts'

/** Numbers, and how wide a table is, follow from the day. */
const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\d[\d,.]*/g, 'N')
        .replaceAll(/(digest) \w+/g, '$1 D')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')

test.each(['docs/add-a-field.md', 'docs/add-an-instance.md'])(
  '%s, followed word for word on a sandbox, shows what it says, and the last plan is empty',
  async (path) => {
    const shown = await follow(path)
    expect(shown.length).toBeGreaterThan(1)
    for (const { block, said } of shown) {
      const lines = linesIn(said)
      let at = 0
      for (const line of linesIn(block.text)) {
        const found = lines.indexOf(line, at)
        expect(found, `${path}:${block.line} shows ${line}, and this came:\n${said}`).toBeGreaterThanOrEqual(at)
        at = found + 1
      }
    }
    expect(shown.at(-1)?.said).toContain(': nothing to do (digest')
  },
)
