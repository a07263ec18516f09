import { expect, test } from 'vitest'
import { markdownOf } from '../../../src/cli/render/markdown.ts'
import { change, many, planOf, syncPlan } from '../plans.ts'

const retired = { ...change('retire', 'R', { mark: [false, true] }, { reason: 'gone' }), name: 'Old *Co* <b>' }

test('numbers come first, then limits, then what is retired, then the rest', () => {
  const excess = {
    id: 'global.retire',
    op: 'retire',
    count: 1,
    existing: 2,
    limit: 0,
    message: 'too many',
    examples: [],
  } as const
  const sync = syncPlan({
    words: { gone: 'nobody speaks of it' },
    changes: [change('update', 'U', { owner: ['Ann', 'Bob'] }), retired],
    excesses: [excess],
  })
  expect(markdownOf({ plan: planOf(sync) }, [sync])).toBe(`### Plan as of ${planOf(sync).asOf}

| sync | create | update | retire | left | held back | existing |
|---|---:|---:|---:|---:|---:|---:|
| global | 0 | 1 | 1 | 0 | 0 | 100 |

- **global is beyond its limit**: too many

#### global

- retire \`R\` Old \\*Co\\* \\<b\\> nobody speaks of it
- update \`U\`  owner Ann → Bob

Digest \`${planOf(sync).digest}\`
`)
})

test('a comment is never longer than one may be, and says what is missing', () => {
  const sync = syncPlan({ changes: many(10_000, (index) => change('update', `K${index}`, { name: ['é', 'ü'] })) })
  const text = markdownOf({ plan: planOf(sync) }, [sync])
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_535)
  expect(Buffer.byteLength(text)).toBeGreaterThan(65_000)
  expect(text).toMatch(/… and [\d,]+ more lines: zds show has them all\n\nDigest/)
})

test('OPS-08: of a sync that is not named there are numbers only', () => {
  const sync = syncPlan({ changes: [retired] })
  const text = markdownOf({ plan: planOf(sync) }, [])
  expect(text).toContain('| global | 0 | 0 | 1 |')
  expect(text).not.toContain('Old')
})
