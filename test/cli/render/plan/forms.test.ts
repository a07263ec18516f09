import { describe, expect, test } from 'vitest'
import { markdownOf, verbatim } from '../../../../src/cli/render/markdown.ts'
import { csvOf, ndjsonOf } from '../../../../src/cli/render/plan/rows.ts'
import type { Outcome } from '../../../../src/core/outcome.ts'
import { reportOf } from '../../../../src/core/run/report.ts'
import { change, notice, planOf, syncPlan } from '../../plans.ts'

const plan = planOf(
  syncPlan({
    address: 'https://example.zendesk.com',
    changes: [
      change('create', 'A', { name: [null, '=1+1'], aar: [null, -5] }, { name: '=1+1' }),
      change('update', 'B', { note: ['a "b", c', 'x\ny\u0007\u202E'], hold: [true, false] }),
      change('remove', 'C', {}, { name: ' -2+3|4`5`', reason: 'gone' }),
    ],
    notices: [notice('@all look at #1 [this](http://x) <b>')],
  }),
)

describe('CSV for a spreadsheet', () => {
  const lines = [...csvOf({ plan })].join('').split('\r\n')

  test('has a line for each field of each change, quoted (RFC 4180), in UTF-8 that Excel knows', () => {
    expect(lines).toEqual([
      '\uFEFFsync,instance,op,key,id,name,reason,field,from,to',
      "global,global,create,A,,'=1+1,,name,,'=1+1",
      "global,global,create,A,,'=1+1,,aar,,-5",
      String.raw`global,global,update,B,id-B,,,note,"a ""b"", c",x\ny\u0007\u202E`,
      'global,global,update,B,id-B,,,hold,true,false',
      "global,global,remove,C,id-C,' -2+3|4`5`,gone,,,",
      '',
    ])
  })

  test('has no cell that a spreadsheet would run, and no character that cannot be seen', () => {
    for (const begin of ['=', '+', '-', '@', '\t=', '\r=', ' =', '"=', '\n+']) {
      const hostile = planOf(syncPlan({ changes: [change('update', `${begin}1`, {})] }))
      const [, line = ''] = [...csvOf({ plan: hostile })].join('').split('\r\n')
      expect(line.split(',').slice(3).join(',')).toMatch(/^"?'/)
      expect(line).not.toMatch(/\p{Cc}/u)
    }
  })
})

test('CSV of a run says what is missing of what is done, as the report does (SYN-03)', () => {
  const partly = [{ code: 'people-not-added', message: 'ada@company.example could not be added' }]
  const outcomes: Outcome[] = [{ key: 'A', status: 'done', id: '1', partly }]
  const run = planOf(syncPlan({ changes: [change('create', 'A', {})] }))
  const report = reportOf({ run: 'r', status: 'done', forced: false }, run, new Map([['global', outcomes]]))
  const known = new Map([['global', new Map(outcomes.map((one) => [one.key, one]))]])
  expect([...csvOf({ plan: run, report, outcomes: known })][1]).toMatch(
    /,done,people-not-added,ada@company.example could not be added\r\n$/,
  )
})

test('NDJSON has a line for each change with all that is known of it', () => {
  expect([...ndjsonOf({ plan })].join('')).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u)
  const rows = [...ndjsonOf({ plan })]
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown) // what it prints
  expect(rows).toEqual(
    plan.syncs.flatMap(({ name, instance, resource, changes }) =>
      [...changes].map((one) => ({ sync: name, instance, resource, ...one })),
    ),
  )
})

describe('Markdown', () => {
  test('says what the screen says, and every change where asked', () => {
    const text = markdownOf({ plan }, plan.syncs, false)
    expect(text).toContain('## Plan as of 2026-03-16: 3 changes\n\n- `global` `https://example.zendesk.com`\n')
    expect(text).toContain(
      '| sync | create | update | retire | remove | left | in sync | existing | updated | retired | removed |\n| --- |',
    )
    expect(text).toContain('| `global` | 1 | 1 | 0 | 1 | 0 | 50 | 100 | 1.0 % |  | 1.0 % |')
    expect(text).not.toContain('### Changes')
    const all = markdownOf({ plan }, plan.syncs, true)
    expect(all).toContain("| `global` | `create` | `A` | `=1+1` |  | `aar` | `''` | `-5` |")
    expect(all.split('\n').filter((line) => line.startsWith('| `global` | ')).length).toBe(1 + 5)
  })

  test.each([
    ['@all [x](http://y) <b>', '`@all [x](http://y) <b>`'],
    ['a`b', '`` a`b ``'],
    ['``', '``` `` ```'],
    ['a|b\nc', String.raw`\`a\|b\nc\``.replaceAll('\\`', '`')],
    ['', ''],
  ])('takes data as it is: %j', (text, code) => {
    expect(verbatim(text)).toBe(code)
  })
})
