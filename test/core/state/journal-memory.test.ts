import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from 'zds'
import { assemble } from '../../../src/core/run/engine.ts'
import { sqliteJournal, type Journal } from '../../../src/core/state/journal.ts'
import { compared, wanted } from '../../support/syncs.ts'
import { fakeClock } from '../../support/time.ts'

let file: string
let journal: Journal
const at = new Date('2026-03-16T10:00:00Z')
const later = new Date('2026-03-16T11:00:00Z')
const plan = assemble(
  [await compared({ desired: [wanted('A', { name: 'Acme "& Söhne"' })] })],
  'fingerprint',
  fakeClock(),
)

beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'zds-journal-')), '.zds', 'state.db')
  journal = sqliteJournal(file)
  journal.begin({ id: 'run-1', plan, forced: false, at })
})
afterEach(() => {
  journal.close()
  rmSync(dirname(dirname(file)), { recursive: true, force: true })
})

/** What a journal that another process opens says. */
function elsewhere<T>(ask: (other: Journal) => T): T {
  const other = sqliteJournal(file)
  try {
    return ask(other)
  } finally {
    other.close()
  }
}

describe('the runs of a journal', () => {
  it('are listed, the newest first, each with its plan, its state, and who let it pass its limits', () => {
    journal.begin({
      id: 'run-2',
      plan: { ...plan, digest: 'd2' },
      forced: true,
      at: later,
      approval: { by: 'ada', because: 'a merger' },
    })
    journal.begin({ id: 'run-3', plan, forced: false, at: later, approval: { by: 'bob' } })
    journal.end('run-1', 'failed', later)
    const { digest } = plan
    const startedAt = later.toISOString()
    const running = { status: 'running', endedAt: undefined }
    expect(elsewhere((other) => other.runs())).toStrictEqual([
      { id: 'run-3', digest, forced: false, ...running, startedAt, approval: { by: 'bob', because: undefined } },
      { id: 'run-2', digest: 'd2', forced: true, ...running, startedAt, approval: { by: 'ada', because: 'a merger' } },
      {
        id: 'run-1',
        digest,
        forced: false,
        status: 'failed',
        startedAt: at.toISOString(),
        endedAt: startedAt,
        approval: undefined,
      },
    ])
  })

  it('give back the plan that they carry out as it was made', () => {
    expect(elsewhere((other) => other.plan('run-1'))).toEqual(plan)
    expect(journal.plan('run-2')).toBeUndefined()
  })

  it('SAFE-06: one that stopped is running again when somebody goes on with it, and no other is', () => {
    journal.begin({ id: 'run-2', plan, forced: false, at: later })
    for (const run of ['run-1', 'run-2']) journal.end(run, 'interrupted', later)
    journal.resume('run-1')
    expect(journal.runs().map(({ id, status, endedAt }) => [id, status, endedAt])).toEqual([
      ['run-2', 'interrupted', later.toISOString()],
      ['run-1', 'running', undefined],
    ])
  })

  it('SYN-04: are told of once, whichever process asks first', () => {
    journal.begin({ id: 'run-2', plan, forced: false, at: later })
    expect(journal.claimTelling('run-1', at)).toBe(true)
    expect([journal.claimTelling('run-1', later), elsewhere((other) => other.claimTelling('run-1', later))]).toEqual([
      false,
      false,
    ])
    expect(elsewhere((other) => other.claimTelling('run-2', later))).toBe(true)
    expect(journal.claimTelling('run-2', later)).toBe(false)
  })

  it('a run that was never begun is not told of', () => {
    expect(journal.claimTelling('run-9', at)).toBe(false)
  })
})

describe('SAFE-06: how far each change has come', () => {
  const failed: Outcome = { key: 'D', status: 'failed', code: 'name-taken', message: 'Name has already been taken' }
  const stale: Outcome = { key: 'E', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' }
  const unresolved: Outcome = { key: 'F', status: 'unresolved', code: 'job-lost', message: 'No such job' }
  const facts = { users: [{ email: 'ada@example.com', added: true }], note: null }

  it('is its last step, with all that was told of it', () => {
    journal.record('run-1', 'global', [{ status: 'sending', keys: ['A', 'B', 'C', 'D', 'G'] }], at)
    journal.record('run-1', 'global', [{ status: 'accepted', keys: ['B', 'C'], job: 'j1' }], at)
    const done: Outcome = { key: 'C', status: 'done', id: '42' }
    const withFacts: Outcome = { key: 'G', status: 'done', id: '43', facts }
    journal.record('run-1', 'global', [done, failed, stale, unresolved, withFacts], later)
    expect(elsewhere((other) => other.known('run-1', 'global'))).toStrictEqual(
      new Map([
        ['A', { kind: 'sending' }],
        ['B', { kind: 'accepted', job: 'j1' }],
        ['C', { kind: 'outcome', outcome: done }],
        ['D', { kind: 'outcome', outcome: failed }],
        ['E', { kind: 'outcome', outcome: stale }],
        ['F', { kind: 'outcome', outcome: unresolved }],
        ['G', { kind: 'outcome', outcome: withFacts }],
      ]),
    )
  })

  it('is told in the order in which the changes were sent last: it is the order of the rows of a job', () => {
    journal.record('run-1', 'global', [{ status: 'sending', keys: ['A', 'B', 'C'] }], at)
    journal.record('run-1', 'global', [{ status: 'sending', keys: ['C', 'A'] }], later)
    expect([...journal.known('run-1', 'global').keys()]).toEqual(['B', 'C', 'A'])
  })

  it('is known of this run and this sync alone', () => {
    journal.begin({ id: 'run-2', plan, forced: false, at: later })
    journal.record('run-1', 'global', [{ status: 'sending', keys: ['A'] }], at)
    journal.record('run-1', 'us-gov', [{ status: 'sending', keys: ['B'] }], at)
    journal.record('run-2', 'global', [{ status: 'sending', keys: ['C'] }], at)
    expect([...journal.known('run-1', 'global').keys()]).toEqual(['A'])
    expect(journal.known('run-2', 'us-gov')).toEqual(new Map())
  })
})

describe('a journal that was closed', () => {
  it('is one file again, which can be moved away, and takes no more', () => {
    journal.record('run-1', 'global', [{ status: 'sending', keys: ['A'] }], at)
    const other = sqliteJournal(file)
    other.close()
    expect(readdirSync(dirname(file))).not.toEqual(['state.db'])
    journal.close()
    expect(readdirSync(dirname(file))).toEqual(['state.db'])
    expect(() => journal.runs()).toThrow(/not open|finalized/)
    journal = sqliteJournal(file)
    expect([...journal.known('run-1', 'global').keys()]).toEqual(['A'])
  })
})
