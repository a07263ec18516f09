import assert from 'node:assert/strict'
import type { Outcome } from '../core/outcome.ts'
import type { State } from '../core/state/state.ts'
import { at, begin, done, later, law, PLAN, sending, type StateLaw } from './state-world.ts'

/** What a journal keeps and tells. */
export const journalLaws: readonly StateLaw[] = [
  law(
    'SAFE-16: lists the runs, the last begun first, whatever clocks say, with who let them pass',
    async (here, there) => {
      await begin(here, 'run-1', later)
      const approval = { by: 'ada', because: 'a merger, "überraschend"' }
      await there.journal.begin({ id: 'run-2', plan: { ...PLAN, digest: 'd2' }, forced: true, at, approval })
      await here.journal.begin({ id: 'run-3', plan: PLAN, forced: false, at, approval: { by: 'bob' } })
      await there.journal.end('run-1', 'failed', later)
      const common = { digest: PLAN.digest, asOf: PLAN.asOf, changes: 1, forced: false }
      const running = { status: 'running', startedAt: at.toISOString(), endedAt: undefined }
      const ended = { status: 'failed', startedAt: later.toISOString(), endedAt: later.toISOString() }
      const all = await here.journal.runs()
      assert.deepEqual(all, [
        { ...common, id: 'run-3', ...running, approval: { by: 'bob', because: undefined } },
        { ...common, id: 'run-2', ...running, digest: 'd2', forced: true, approval },
        { ...common, id: 'run-1', ...ended, approval: undefined },
      ])
      assert.deepEqual(await there.journal.runs(1), all.slice(0, 1))
      assert.deepEqual(await there.journal.run('run-1'), all[2])
      assert.equal(await there.journal.run('run-9'), undefined)
    },
  ),

  law('takes no second run of the same name', async (here, there) => {
    await begin(here, 'run-1')
    await assert.rejects(begin(there, 'run-1'))
  }),

  law('gives back the plan of a run as it was made', async (here, there) => {
    await begin(here, 'run-1')
    assert.deepEqual(await there.journal.plan('run-1'), PLAN)
    assert.equal(await there.journal.plan('run-2'), undefined)
  }),

  law('SAFE-06: goes on with a run that had stopped, and with no other', async (here, there) => {
    for (const run of ['run-1', 'run-2']) await begin(here, run)
    for (const run of ['run-1', 'run-2']) await here.journal.end(run, 'interrupted', later)
    await there.journal.resume('run-1')
    const states = (await here.journal.runs()).map(({ id, status, endedAt }) => [id, status, endedAt])
    assert.deepEqual(states, [
      ['run-2', 'interrupted', later.toISOString()],
      ['run-1', 'running', undefined],
    ])
  }),

  law('SYN-04: lets one of many tell of a run, once', async (here, there) => {
    await begin(here, 'run-1')
    const claims = [here, there, here, there].map(({ journal }) => journal.claimTelling('run-1', at))
    assert.equal((await Promise.all(claims)).filter(Boolean).length, 1)
    assert.equal(await here.journal.claimTelling('run-9', at), false)
  }),

  law(
    'SAFE-06: tells another process how far each change has come: its last step, whatever is in it',
    async (here, there) => {
      await begin(here, 'run-1')
      const record = (...steps: Parameters<State['journal']['record']>[0]['steps']) =>
        here.journal.record({ run: 'run-1', sync: 'global', steps, at })
      await record(sending('A', 'B', 'C', 'D', 'E', 'F', 'Ü "\' \\ \n {}'))
      await record({ status: 'accepted', keys: ['B', 'C'], job: 'j1' })
      const outcomes: Outcome[] = [
        {
          key: 'C',
          status: 'done',
          id: '42',
          partly: [{ code: 'x', message: 'ü' }],
          facts: { users: [{ email: 'ada@example.com' }], note: null },
        },
        { key: 'D', status: 'failed', code: 'name-taken', message: 'Said \u0000 and \ud800, "ja"\n' },
        { key: 'G', status: 'failed', code: 'name-taken', message: 'All else was written', id: '43' },
        { key: 'E', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' },
        { key: 'F', status: 'unresolved', code: 'unresolved', message: 'No such job' },
        done('Ü "\' \\ \n {}', '😀'),
      ]
      await record(...outcomes)
      const known = await there.journal.known('run-1', 'global')
      assert.deepEqual(known.get('A'), { kind: 'sending' })
      assert.deepEqual(known.get('B'), { kind: 'accepted', job: 'j1' })
      // What no UTF-8 can hold may be replaced in a message.
      const same = (outcome: Outcome | undefined) => JSON.stringify(outcome)?.replaceAll(/\\u0000|\\ud800|�/g, '?')
      for (const outcome of outcomes) {
        const found = known.get(outcome.key)
        assert.equal(same(found?.kind === 'outcome' ? found.outcome : undefined), same(outcome))
      }
      assert.equal(await there.journal.done('run-1'), 2)
    },
  ),

  law(
    'tells the changes in the order in which they were sent last: it is the order of the rows of a job',
    async (here, there) => {
      await begin(here, 'run-1')
      for (const keys of [
        ['A', 'B', 'C'],
        ['C', 'A'],
      ])
        await here.journal.record({ run: 'run-1', sync: 'global', steps: [sending(...keys)], at })
      assert.deepEqual([...(await there.journal.known('run-1', 'global')).keys()], ['B', 'C', 'A'])
    },
  ),

  law('knows the steps of one run and one sync alone', async (here, there) => {
    for (const run of ['run-1', 'run-2']) await begin(here, run)
    const record = (run: string, sync: string, key: string) =>
      here.journal.record({ run, sync, steps: [done(key)], at })
    await record('run-1', 'global', 'A')
    await record('run-1', 'us-gov', 'B')
    await record('run-2', 'global', 'C')
    assert.deepEqual([...(await there.journal.known('run-1', 'global')).keys()], ['A'])
    assert.equal((await there.journal.known('run-2', 'us-gov')).size, 0)
    assert.deepEqual([await there.journal.done('run-1'), await there.journal.done('run-2')], [2, 1])
  }),

  law('records all of a group of steps or none, and nothing of a run that was never begun', async (here, there) => {
    const steps = Array.from({ length: 300 }, (_, n) => done(`K${n}`))
    await assert.rejects(here.journal.record({ run: 'run-1', sync: 'global', steps, at }))
    assert.equal((await there.journal.known('run-1', 'global')).size, 0)
  }),

  law('SAFE-01: remembers how many records a sync desired, for each address', async (here, there) => {
    const count = (address: string, desired: number) =>
      here.journal.count(
        [
          { sync: 'global', address, desired },
          { sync: 'other', address, desired: 1 },
        ],
        'run-1',
        at,
      )
    await count('https://a.example', 440)
    await count('https://b.example', 5)
    await count('https://a.example', 450)
    const last = (sync: string, address: string) => there.journal.lastDesired(sync, address)
    assert.equal(await last('global', 'https://a.example'), 450)
    assert.equal(await last('global', 'https://b.example'), 5)
    assert.equal(await last('us-gov', 'https://a.example'), undefined)
  }),

  law('remembers plans, refusals and failures, the last first, from a moment on', async (here, there) => {
    const planned = {
      run: 'run-1',
      kind: 'planned',
      at: at.toISOString(),
      asOf: '2026-03-16',
      digest: 'd',
      changes: 7,
    } as const
    const refused = {
      ...planned,
      kind: 'refused',
      at: later.toISOString(),
      code: 'LIMIT_EXCEEDED',
      message: 'ü "ja"\n',
    } as const
    const failed = { ...refused, run: 'run-2', kind: 'failed', digest: undefined, changes: undefined } as const
    await here.journal.note({ ...planned, code: undefined, message: undefined })
    await there.journal.note(refused)
    await here.journal.note(failed)
    const all = [failed, refused, { ...planned, code: undefined, message: undefined }]
    assert.deepEqual(await there.journal.noted(at), all)
    assert.deepEqual(await here.journal.noted(later), all.slice(0, 2))
    // They are no runs: nobody goes on with them.
    assert.deepEqual(await here.journal.runs(), [])
    await there.prune(later)
    assert.deepEqual(await here.journal.noted(at), all.slice(0, 2))
  }),

  law('remembers what changes of a run waited for, as long as the run', async (here, there) => {
    await begin(here, 'run-1')
    await begin(here, 'run-2', later)
    const times = { since: at.toISOString(), until: later.toISOString() }
    const tied = { run: 'run-1', sync: 'users', because: 'ref', awaited: 'global', count: 2 } as const
    const waits = [
      { ...tied, examples: [['ü"\0\uD800', 'A'] as const, ['c', 'B'] as const], ...times },
      { ...tied, because: 'service', awaited: 'us-gov', count: 7, examples: [], ...times } as const,
    ]
    await here.journal.noteWaits(waits)
    await there.journal.noteWaits([{ ...tied, run: 'run-2', examples: [], ...times }])
    assert.deepEqual(await there.journal.waits('run-1'), waits)
    await there.prune(later)
    assert.deepEqual(await here.journal.waits('run-1'), [])
    assert.equal((await here.journal.waits('run-2')).length, 1)
  }),
]
