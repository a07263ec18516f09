import { expect, test } from 'vitest'
import { junitOf } from '../../../src/cli/render/junit.ts'
import { csvOf } from '../../../src/cli/render/plan/rows.ts'
import type { Outcome } from '../../../src/core/outcome.ts'
import { reportOf } from '../../../src/core/run/report.ts'
import { change, planOf, syncPlan } from '../plans.ts'

test('a plan has a case for its limits and one for what was read', () => {
  const excess = {
    id: 'global.update',
    op: 'update',
    count: 1,
    existing: 1,
    limit: 0,
    message: 'too "many"',
    examples: [],
  } as const
  const sync = syncPlan({ excesses: [excess], complete: { desired: true, existing: false } })
  const text = junitOf({ plan: planOf(sync) }, [sync])
  expect(text).toContain('<testsuite name="global" tests="2" failures="2">')
  expect(text).toContain('name="within its limits"><failure message="too &#34;many&#34;"/></testcase>')
  expect(text).toContain('name="read completely"><failure ')
})

test('a run has a case for each change, failed where it was not done, and only of syncs that are named', () => {
  const sync = syncPlan({
    changes: [
      change('update', 'A', { x: [1, 2] }),
      change('update', 'B', { x: [1, 2] }),
      change('update', 'C', { x: [1, 2] }),
      change('update', 'D', { x: [1, 2] }),
    ],
  })
  const outcomes: Outcome[] = [
    { key: 'A', status: 'done', id: '1' },
    { key: 'B', status: 'failed', code: 'RecordInvalid', message: 'bad\u0000' },
  ]
  const plan = planOf(sync)
  const report = reportOf({ run: 'r1', status: 'done', forced: false }, plan, new Map([['global', outcomes]]))
  const known = new Map([['global', new Map(outcomes.map((one) => [one.key, one]))]])
  const subject = { plan, report, outcomes: known, unsettled: new Map([['global', new Set(['D'])]]) }
  const text = junitOf(subject, [sync])
  expect(text).toContain('<testsuite name="global" tests="6" failures="3">')
  expect(text).toContain('name="update A"/>')
  expect(text).toContain('name="update B"><failure message="RecordInvalid: bad "/>')
  expect(text).toContain('name="update C"><failure message="not attempted"/>')
  expect(text).toContain('name="update D"><failure message="unknown"/>')
  expect([...csvOf(subject)].slice(3)).toEqual([
    expect.stringMatching(/,not attempted,,\r\n$/),
    expect.stringMatching(/,unknown,,\r\n$/),
  ])
  expect(junitOf(subject, [])).not.toContain('update A')
})
