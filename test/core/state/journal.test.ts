import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Step } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import type { Journal, State } from '../../../src/core/state/state.ts'
import { fakeClock } from 'zds/testing'

let file: string
let state: State
let journal: Journal
const at = new Date('2026-03-16T10:00:00Z')
const plan = assemble([], 'fingerprint', fakeClock())

beforeEach(async () => {
  file = join(mkdtempSync(join(tmpdir(), 'zds-journal-')), '.zds', 'state.db')
  state = localState(dirname(file))
  journal = state.journal
  await journal.begin({ id: 'run-1', plan, forced: true, at })
})
afterEach(async () => {
  await state.close()
  rmSync(dirname(dirname(file)), { recursive: true, force: true })
})

/** What another process sees. */
function seen(sql: string): Record<string, unknown>[] {
  const other = new DatabaseSync(file, { readOnly: true })
  try {
    return other
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    other.close()
  }
}

describe('SAFE-06: the journal', () => {
  it('says which plan was applied, on which date, whether it was forced, and how it ended', async () => {
    const begun = { id: 'run-1', digest: plan.digest, as_of: '2026-03-16', forced: 1, started_at: at.toISOString() }
    const columns = Object.keys(begun).join(', ')
    expect(seen(`SELECT ${columns}, status, ended_at FROM runs`)).toEqual([
      { ...begun, status: 'running', ended_at: null },
    ])
    await journal.end('run-1', 'interrupted', new Date('2026-03-16T10:05:00Z'))
    expect(seen(`SELECT ${columns}, status, ended_at FROM runs`)).toEqual([
      { ...begun, status: 'interrupted', ended_at: '2026-03-16T10:05:00.000Z' },
    ])
  })

  it('has one row for each key of a step, in order, and another process reads them at once', async () => {
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['A', 'B', 'C'] }], at })
    expect(seen('SELECT key, status FROM steps')).toHaveLength(3)
    await journal.record({
      run: 'run-1',
      sync: 'global',
      steps: [
        { status: 'accepted', keys: ['A', 'B'], job: 'j1' },
        { key: 'A', status: 'done', id: '42' },
        { key: 'B', status: 'failed', code: 'name-taken', message: 'Name has already been taken' },
        { key: 'C', status: 'unresolved', code: 'job-lost', message: 'No such job' },
        { key: 'D', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' },
      ],
      at,
    })
    expect(seen('SELECT key, status, target_id, job, code FROM steps ORDER BY rowid')).toEqual([
      { key: 'A', status: 'sending', target_id: null, job: null, code: null },
      { key: 'B', status: 'sending', target_id: null, job: null, code: null },
      { key: 'C', status: 'sending', target_id: null, job: null, code: null },
      { key: 'A', status: 'accepted', target_id: null, job: 'j1', code: null },
      { key: 'B', status: 'accepted', target_id: null, job: 'j1', code: null },
      { key: 'A', status: 'done', target_id: '42', job: null, code: null },
      { key: 'B', status: 'failed', target_id: null, job: null, code: 'name-taken' },
      { key: 'C', status: 'unresolved', target_id: null, job: null, code: 'job-lost' },
      { key: 'D', status: 'stale', target_id: null, job: null, code: 'changed-since-plan' },
    ])
    expect(new Set(seen('SELECT run, sync, at FROM steps').map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ run: 'run-1', sync: 'global', at: at.toISOString() })]),
    )
  })

  it('SAFE-01: remembers how many records a sync desired, for each address that it writes to', async () => {
    const [here, there] = ['https://a.example', 'https://b.example']
    expect(await journal.lastDesired('global', here)).toBeUndefined()
    await journal.count([{ sync: 'global', address: here, desired: 440 }], 'run-1', at)
    await journal.count([{ sync: 'global', address: there, desired: 5 }], 'run-1', at)
    await journal.count([{ sync: 'global', address: here, desired: 450 }], 'run-1', at)
    expect([
      await journal.lastDesired('global', here),
      await journal.lastDesired('global', there),
      await journal.lastDesired('us-gov', here),
    ]).toEqual([450, 5, undefined])
  })

  it('records all of a group of steps or none', async () => {
    const broken = { key: 'B', status: 'done', id: { not: 'text' } } as unknown as Step // what no type allows, to break in the middle
    await expect(
      journal.record({ run: 'run-1', sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }, broken], at }),
    ).rejects.toThrow(/bound/)
    expect(seen('SELECT * FROM steps')).toEqual([])
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }], at })
    expect(seen('SELECT key FROM steps')).toEqual([{ key: 'A' }])
  })

  it('knows no steps of a run that was never begun', async () => {
    await expect(
      journal.record({ run: 'run-2', sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }], at }),
    ).rejects.toThrow(/FOREIGN KEY/)
  })

  it('is opened again where it was left, and shared by processes', async () => {
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['A'] }], at })
    const other = localState(dirname(file))
    const second = other.journal
    await second.begin({ id: 'run-2', plan, forced: false, at })
    await second.record({ run: 'run-2', sync: 'us-gov', steps: [{ status: 'sending', keys: ['B'] }], at })
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }], at })
    await other.close()
    expect(
      seen('SELECT run, key, status FROM steps ORDER BY rowid').map(({ run, key, status }) => [run, key, status]),
    ).toEqual([
      ['run-1', 'A', 'sending'],
      ['run-2', 'B', 'sending'],
      ['run-1', 'A', 'done'],
    ])
  })

  it('OPS-08: lies in a directory that nobody else can enter', async () => {
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
  })
})
