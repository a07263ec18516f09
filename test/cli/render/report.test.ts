import { describe, expect, test } from 'vitest'
import type { Outcome, Outcomes } from '../../../src/core/outcome.ts'
import { exitCodeOfReport } from '../../../src/cli/exit-codes.ts'
import { reportDocument, reportLines } from '../../../src/cli/render/report.ts'
import { reportOf as made, type Report } from '../../../src/core/run/report.ts'
import { change, look, many, planOf, syncPlan } from '../plans.ts'

const plan = planOf(
  syncPlan({ changes: many(20, (index) => change('update', `K${index}`, { seats: [0, 1] })) }),
  syncPlan({ name: 'us-gov', changes: [] }),
)
const done = (index: number): Outcome => ({ key: `K${index}`, status: 'done', id: String(index) })
const failed = (index: number, status: 'failed' | 'stale' | 'unresolved' = 'failed'): Outcome => ({
  key: `K${index}`,
  status,
  code: 'row-refused',
  message: 'Name: is too long',
})

/** The report of a run that is over. */
const reportOf = (run: string, of: typeof plan, outcomes: Outcomes, forced: boolean): Report =>
  made({ run, status: 'done', forced }, of, outcomes)

describe('a report', () => {
  test('counts what became of each change of each sync', () => {
    const outcomes = new Map([
      ['global', [...many(14, done), failed(14), failed(15, 'unresolved'), failed(16, 'stale')]],
    ])
    const report = reportOf('run-1', plan, outcomes, true)
    expect(report).toMatchObject({ version: 1, run: 'run-1', digest: plan.digest, forced: true })
    expect(report.syncs).toMatchObject([
      { name: 'global', planned: 20, done: 14, failed: 2, stale: 1, notAttempted: 3 },
      { name: 'us-gov', planned: 0, done: 0, failed: 0, stale: 0, notAttempted: 0, failures: [] },
    ])
    expect(report.syncs[0]?.failures).toEqual([
      { key: 'K14', status: 'failed', code: 'row-refused', message: 'Name: is too long' },
      { key: 'K15', status: 'unresolved', code: 'row-refused', message: 'Name: is too long' },
      { key: 'K16', status: 'stale', code: 'row-refused', message: 'Name: is too long' },
    ])
    expect(reportLines(report, look())).toEqual([
      'global: 14 of 20 changes done, 2 failed, 1 stale, 3 without an outcome',
      '  ✖ K14  row-refused: Name: is too long',
      '  ✖ K15  row-refused: Name: is too long',
      '  ✖ K16  row-refused: Name: is too long',
      '  by code: 3 × row-refused',
      'us-gov: 0 of 0 changes done',
    ])
  })

  test('SYN-03: what is done in part is told beside what is done: it is of them', () => {
    const partly: Outcome = {
      key: 'K1',
      status: 'done',
      id: '1',
      partly: [{ code: 'people-not-added', message: 'Ada' }],
    }
    const report = reportOf('r', plan, new Map([['global', [done(0), partly, failed(2)]]]), false)
    expect(reportLines(report, look())[0]).toBe(
      'global: 2 of 20 changes done, 1 of them in part, 1 failed, 17 without an outcome',
    )
  })

  test('calls the record of a failure by its name; numbers alone do not', () => {
    const named = planOf(syncPlan({ changes: [change('update', 'K0', { seats: [0, 1] }, { name: 'Acme\u202E' })] }))
    const report = reportOf('r', named, new Map([['global', [failed(0)]]]), false)
    expect(report.syncs[0]?.failures).toMatchObject([{ key: 'K0', name: 'Acme\u202E' }])
    expect(reportLines(report, look())[1]).toBe(String.raw`  ✖ K0  row-refused: Name: is too long (Acme\u202E)`)
    expect(JSON.stringify(reportDocument(report, true))).not.toContain('Acme')
  })

  test('of a sync that never began, every change is without an outcome', () => {
    expect(reportOf('r', plan, new Map(), false).syncs[0]).toMatchObject({ done: 0, notAttempted: 20 })
  })

  test('what was sent and is not settled is not counted as never attempted', () => {
    const outcomes = new Map([['global', many(14, done)]])
    const head = { run: 'r', status: 'interrupted', forced: false } as const
    const report = made(head, plan, outcomes, new Map([['global', 4]]))
    expect(report.syncs[0]).toMatchObject({ done: 14, notAttempted: 2, unknown: 4 })
    expect(reportLines(report, look())[0]).toBe(
      'global: 14 of 20 changes done, 2 without an outcome, 4 sent, with an outcome yet to be found',
    )
    const settled = report.syncs.map((sync) => ({ ...sync, notAttempted: 0 }))
    expect(exitCodeOfReport({ ...report, syncs: settled })).toBe(4)
  })

  test('ten failures are shown, all with --all', () => {
    const report = reportOf('r', plan, new Map([['global', many(20, (index) => failed(index))]]), false)
    expect(reportLines(report, look())).toHaveLength(14)
    expect(reportLines(report, look()).slice(11, 13)).toEqual([
      '  … and 10 more (--json lists all)',
      '  by code: 20 × row-refused',
    ])
    expect(reportLines(report, look({ all: true }))).toHaveLength(23)
  })

  test('failures are counted by code, the most frequent first, what should have come along among them', () => {
    const missing = (email: string) => ({ code: 'people-not-added', message: `${email} could not be added to it` })
    const lonely: Outcome = { key: 'K3', status: 'done', id: '3', partly: [missing('ada@x'), missing('bob@x')] }
    const taken: Outcome = { key: 'K0', status: 'failed', code: 'name-taken', message: 'taken' }
    const outcomes: Outcome[] = [lonely, taken, failed(1), failed(2)]
    const report = reportOf('r', plan, new Map([['global', outcomes]]), false)
    expect(Object.entries(report.syncs[0]?.codes ?? {})).toEqual([
      ['people-not-added', 2],
      ['row-refused', 2],
      ['name-taken', 1],
    ])
    expect(report.syncs[0]).toMatchObject({ done: 1, partly: 1, failed: 3 })
    expect(reportLines(report, look())).toContain('  by code: 2 × people-not-added, 2 × row-refused, 1 × name-taken')
    expect(reportLines(report, look())).toContain('  ✖ K3  people-not-added: bob@x could not be added to it')
  })

  test('one failure is not summed up', () => {
    const report = reportOf('r', plan, new Map([['global', [failed(1)]]]), false)
    expect(reportLines(report, look())).toHaveLength(3)
  })

  test('OPS-08: without records it is numbers only', () => {
    const report = reportOf('r', plan, new Map([['global', [failed(1)]]]), false)
    expect((reportDocument(report, true) as Report).syncs[0]).toEqual({
      name: 'global',
      planned: 20,
      done: 0,
      failed: 1,
      stale: 0,
      notAttempted: 19,
      unknown: 0,
      partly: 0,
      heldBack: 0,
      codes: { 'row-refused': 1 },
    })
    expect(reportLines(report, look(), true)).toEqual([
      'global: 0 of 20 changes done, 1 failed, 19 without an outcome',
      '  by code: 1 × row-refused',
      'us-gov: 0 of 0 changes done',
    ])
  })

  test('texts of a service cannot reach the terminal as commands', () => {
    const evil: Outcome = { key: '\u001B[2J', status: 'failed', code: '\u009B', message: '\r\nall is well' }
    const lines = reportLines(reportOf('r', plan, new Map([['global', [evil]]]), false), look())
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([])
  })
})
