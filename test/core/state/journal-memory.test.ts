import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packed, type Outcome } from 'zds'
import { assemble, digestOf } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import type { Journal, State } from '../../../src/core/state/state.ts'
import { create, planOf } from '../../support/applying.ts'
import { compared, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

let file: string
let state: State
let journal: Journal
const at = new Date('2026-03-16T10:00:00Z')
const later = new Date('2026-03-16T11:00:00Z')
const plan = assemble(
  [await compared({ desired: [wanted('A', { name: 'Acme "& Söhne"' })] })],
  'fingerprint',
  fakeClock(),
)

beforeEach(async () => {
  file = join(mkdtempSync(join(tmpdir(), 'zds-journal-')), '.zds', 'state.db')
  state = localState(dirname(file))
  journal = state.journal
  await journal.begin({ id: 'run-1', plan, forced: false, at })
})
afterEach(async () => {
  await state.close()
  rmSync(dirname(dirname(file)), { recursive: true, force: true })
})

/** What a journal that another process opens says. */
async function elsewhere<T>(ask: (other: Journal) => Promise<T>): Promise<T> {
  const other = localState(dirname(file))
  try {
    return await ask(other.journal)
  } finally {
    await other.close()
  }
}

describe('the runs of a journal', () => {
  it('SAFE-16: are listed, the last begun first, each with its plan, its state, and who let it pass its limits', async () => {
    await journal.begin({
      id: 'run-2',
      plan: { ...plan, digest: 'd2' },
      forced: true,
      at: later,
      approval: { by: 'ada', because: 'a merger' },
    })
    await journal.begin({ id: 'run-3', plan, forced: false, at: later, approval: { by: 'bob' } })
    await journal.end('run-1', 'failed', later)
    const { digest } = plan
    const asOf = { asOf: plan.asOf, changes: 1 }
    const startedAt = later.toISOString()
    const running = { status: 'running', endedAt: undefined }
    expect(await elsewhere((other) => other.runs())).toStrictEqual([
      {
        id: 'run-3',
        digest,
        ...asOf,
        forced: false,
        ...running,
        startedAt,
        approval: { by: 'bob', because: undefined },
      },
      {
        id: 'run-2',
        digest: 'd2',
        ...asOf,
        forced: true,
        ...running,
        startedAt,
        approval: { by: 'ada', because: 'a merger' },
      },
      {
        id: 'run-1',
        digest,
        ...asOf,
        forced: false,
        status: 'failed',
        startedAt: at.toISOString(),
        endedAt: startedAt,
        approval: undefined,
      },
    ])
  })

  it('give back the plan that they carry out as it was made', async () => {
    expect(await elsewhere((other) => other.plan('run-1'))).toEqual(plan)
    expect(await journal.plan('run-2')).toBeUndefined()
  })

  it('give back a plan of many changes as well, and forget it with its run', async () => {
    const changes = Array.from({ length: 2500 }, (_, index) => create(`K${index}`))
    const large = assemble([{ ...planOf(), changes: packed(changes) }], 'fingerprint', fakeClock())
    await journal.begin({ id: 'run-2', plan: large, forced: false, at })
    const kept = await elsewhere((other) => other.plan('run-2'))
    expect([...(kept?.syncs[0]?.changes ?? [])]).toEqual(changes)
    expect(kept && digestOf(kept)).toBe(large.digest)
    await journal.begin({ id: 'run-3', plan, forced: false, at: later })
    await state.prune(later)
    expect(await journal.plan('run-2')).toBeUndefined()
    expect(await journal.plan('run-3')).toEqual(plan)
  })

  it('SAFE-06: one that stopped is running again when somebody goes on with it, and no other is', async () => {
    await journal.begin({ id: 'run-2', plan, forced: false, at: later })
    for (const run of ['run-1', 'run-2']) await journal.end(run, 'interrupted', later)
    await journal.resume('run-1')
    expect((await journal.runs()).map(({ id, status, endedAt }) => [id, status, endedAt])).toEqual([
      ['run-2', 'interrupted', later.toISOString()],
      ['run-1', 'running', undefined],
    ])
  })

  it('SYN-04: are told of once, whichever process asks first', async () => {
    await journal.begin({ id: 'run-2', plan, forced: false, at: later })
    expect(await journal.claimTelling('run-1', at)).toBe(true)
    expect([
      await journal.claimTelling('run-1', later),
      await elsewhere((other) => other.claimTelling('run-1', later)),
    ]).toEqual([false, false])
    expect(await elsewhere((other) => other.claimTelling('run-2', later))).toBe(true)
    expect(await journal.claimTelling('run-2', later)).toBe(false)
  })

  it('a run that was never begun is not told of', async () => {
    expect(await journal.claimTelling('run-9', at)).toBe(false)
  })
})

describe('SAFE-06: how far each change has come', () => {
  const failed: Outcome = { key: 'D', status: 'failed', code: 'name-taken', message: 'Name has already been taken' }
  const stale: Outcome = { key: 'E', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' }
  const unresolved: Outcome = { key: 'F', status: 'unresolved', code: 'job-lost', message: 'No such job' }
  const facts = { users: [{ email: 'ada@example.com', added: true }], note: null }

  it('is its last step, with all that was told of it', async () => {
    await journal.record({
      run: 'run-1',
      sync: 'global',
      steps: [{ status: 'sending', keys: ['A', 'B', 'C', 'D', 'G'] }],
      at,
    })
    await journal.record({
      run: 'run-1',
      sync: 'global',
      steps: [{ status: 'accepted', keys: ['B', 'C'], job: 'j1' }],
      at,
    })
    const done: Outcome = { key: 'C', status: 'done', id: '42' }
    const withFacts: Outcome = {
      key: 'G',
      status: 'done',
      id: '43',
      partly: [{ code: 'people-not-added', message: 'ada is missing' }],
      facts,
    }
    await journal.record({
      run: 'run-1',
      sync: 'global',
      steps: [done, failed, stale, unresolved, withFacts],
      at: later,
    })
    expect(await elsewhere((other) => other.known('run-1', 'global'))).toStrictEqual(
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

  it('is told in the order in which the changes were sent last: it is the order of the rows of a job', async () => {
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['A', 'B', 'C'] }], at })
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['C', 'A'] }], at: later })
    expect([...(await journal.known('run-1', 'global')).keys()]).toEqual(['B', 'C', 'A'])
  })

  it('is known of this run and this sync alone', async () => {
    await journal.begin({ id: 'run-2', plan, forced: false, at: later })
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['A'] }], at })
    await journal.record({ run: 'run-1', sync: 'us-gov', steps: [{ status: 'sending', keys: ['B'] }], at })
    await journal.record({ run: 'run-2', sync: 'global', steps: [{ status: 'sending', keys: ['C'] }], at })
    expect([...(await journal.known('run-1', 'global')).keys()]).toEqual(['A'])
    expect(await journal.known('run-2', 'us-gov')).toEqual(new Map())
  })
})

describe('a journal that was closed', () => {
  it('is one file again, which can be moved away, and takes no more', async () => {
    await journal.record({ run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['A'] }], at })
    const other = localState(dirname(file))
    await other.close()
    expect(readdirSync(dirname(file))).not.toEqual(['state.db'])
    await state.close()
    expect(readdirSync(dirname(file))).toEqual(['state.db'])
    await expect(journal.runs()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' })
    state = localState(dirname(file))
    journal = state.journal
    expect([...(await journal.known('run-1', 'global')).keys()]).toEqual(['A'])
  })
})
