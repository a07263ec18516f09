import { expect, test } from 'vitest'
import { commentOf } from '../../../src/cli/render/markdown.ts'
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
  expect(commentOf({ plan: planOf(sync) }, [sync]))
    .toBe(`## Plan as of ${planOf(sync).asOf}: 2 changes, **not approved**

- digest \`${planOf(sync).digest}\`

| sync | create | update | retire | left | in sync | existing | updated | retired |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| \`global\` | 0 | 1 | **1** | 0 | 50 | 100 | 1.0 % | 1.0 % |

### Stopped by 1 limit

- \`global: too many [global.retire]\`

### Read these first

- \`1 organization: mark -> true\`
    - \`1 gone (nobody speaks of it): Old *Co* <b>\`

### Fields of existing records

| field |  | records | from -> to |
| --- | --- | --- | --- |
| \`owner\` |  | 1 | \`Ann -> Bob 1\` |

### Changes

| sync | op | key | name | reason | field | from | to |
| --- | --- | --- | --- | --- | --- | --- | --- |
| \`global\` | \`retire\` | \`R\` | \`Old *Co* <b>\` | \`nobody speaks of it\` | \`mark\` | \`false\` | \`true\` |
| \`global\` | \`update\` | \`U\` |  |  | \`owner\` | \`Ann\` | \`Bob\` |
`)
})

test('a comment is never longer than one may be, and says what is missing', () => {
  const sync = syncPlan({ changes: many(10_000, (index) => change('update', `K${index}`, { name: ['é', 'ü'] })) })
  const text = commentOf({ plan: planOf(sync) }, [sync])
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_535)
  expect(Buffer.byteLength(text)).toBeGreaterThan(65_000)
  expect(text).toMatch(/\n\n… and [\d,]+ more lines: zds show FILE --all has them\n$/)
  expect(text).toContain(planOf(sync).digest)
})

test('OPS-08: of a sync that is not named there are numbers only', () => {
  const sync = syncPlan({ changes: [retired] })
  const text = commentOf({ plan: planOf(sync) }, [])
  expect(text).toContain('| `global` | 0 | 0 | 1 |')
  expect(text).toContain('    - `fields: mark 1`')
  expect(text).not.toContain('Old')
})
