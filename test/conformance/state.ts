import assert from 'node:assert/strict'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collect, systemClock, type Hold, type Json, type Outcome, type Plan, type State } from 'zds'

/** A state that is empty, of a project of its own. */
export type StateCase = {
  /** Opens it as another process would. Whoever opens one closes it. */
  open(): Promise<State>
  /** A plan with one change. */
  readonly plan: Plan
  /** Lets all leases of locks run out, as if their holders were dead, on another machine. */
  elapse(): Promise<void>
}

/** One thing that must hold of every state, whatever runs the check. */
type Law = { readonly name: string; check(world: StateCase): Promise<void> }

const at = new Date('2026-03-16T10:00:00Z')
const later = new Date('2026-03-16T11:00:00Z')
const clock = systemClock()
const waiting = { waitMs: 0, clock, signal: new AbortController().signal }
const global = { address: 'https://global.example', instance: 'global' }
const gov = { address: 'https://us-gov.example', instance: 'us-gov' }
const sending = (...keys: readonly string[]) => ({ status: 'sending', keys }) as const
const done = (key: string, id = '1'): Outcome => ({ key, status: 'done', id })

/** A law for two processes that share a state. */
function law(name: string, check: (here: State, there: State, world: StateCase) => Promise<void>): Law {
  return {
    name,
    check: async (world) => {
      const [here, there] = [await world.open(), await world.open()]
      try {
        await check(here, there, world)
      } finally {
        await Promise.all([here.close(), there.close()])
      }
    },
  }
}

const begin = ({ journal }: Pick<State, 'journal'>, { plan }: StateCase, id: string, moment = at): Promise<void> =>
  journal.begin({ id, plan, forced: false, at: moment })

const fails = (work: Promise<unknown>, code: string): Promise<void> => assert.rejects(work, { code })

const journalLaws: readonly Law[] = [
  law(
    'SAFE-16: lists the runs, the last begun first, whatever clocks say, with who let them pass',
    async (here, there, world) => {
      const { plan } = world
      await begin(here, world, 'run-1', later)
      const approval = { by: 'ada', because: 'a merger, "überraschend"' }
      await there.journal.begin({ id: 'run-2', plan: { ...plan, digest: 'd2' }, forced: true, at, approval })
      await here.journal.begin({ id: 'run-3', plan, forced: false, at, approval: { by: 'bob' } })
      await there.journal.end('run-1', 'failed', later)
      const common = { digest: plan.digest, asOf: plan.asOf, changes: 1, forced: false }
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

  law('takes no second run of the same name', async (here, there, world) => {
    await begin(here, world, 'run-1')
    await assert.rejects(begin(there, world, 'run-1'))
  }),

  law('gives back the plan of a run as it was made', async (here, there, world) => {
    await begin(here, world, 'run-1')
    assert.deepEqual(await there.journal.plan('run-1'), world.plan)
    assert.equal(await there.journal.plan('run-2'), undefined)
  }),

  law('SAFE-06: goes on with a run that had stopped, and with no other', async (here, there, world) => {
    for (const run of ['run-1', 'run-2']) await begin(here, world, run)
    for (const run of ['run-1', 'run-2']) await here.journal.end(run, 'interrupted', later)
    await there.journal.resume('run-1')
    const states = (await here.journal.runs()).map(({ id, status, endedAt }) => [id, status, endedAt])
    assert.deepEqual(states, [
      ['run-2', 'interrupted', later.toISOString()],
      ['run-1', 'running', undefined],
    ])
  }),

  law('SYN-04: lets one of many tell of a run, once', async (here, there, world) => {
    await begin(here, world, 'run-1')
    const claims = [here, there, here, there].map(({ journal }) => journal.claimTelling('run-1', at))
    assert.equal((await Promise.all(claims)).filter(Boolean).length, 1)
    assert.equal(await here.journal.claimTelling('run-9', at), false)
  }),

  law(
    'SAFE-06: tells another process how far each change has come: its last step, whatever is in it',
    async (here, there, world) => {
      await begin(here, world, 'run-1')
      const record = (...steps: Parameters<State['journal']['record']>[0]['steps']) =>
        here.journal.record({ run: 'run-1', sync: 'global', steps, at })
      await record(sending('A', 'B', 'C', 'D', 'E', 'F', 'Ü "\' \\ \n {}'))
      await record({ status: 'accepted', keys: ['B', 'C'], job: 'j1' })
      const outcomes: Outcome[] = [
        { key: 'C', status: 'done', id: '42', facts: { users: [{ email: 'ada@example.com' }], note: null } },
        { key: 'D', status: 'failed', code: 'name-taken', message: 'Said \u0000 and \ud800, "ja"\n' },
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
    async (here, there, world) => {
      await begin(here, world, 'run-1')
      for (const keys of [
        ['A', 'B', 'C'],
        ['C', 'A'],
      ])
        await here.journal.record({ run: 'run-1', sync: 'global', steps: [sending(...keys)], at })
      assert.deepEqual([...(await there.journal.known('run-1', 'global')).keys()], ['B', 'C', 'A'])
    },
  ),

  law('knows the steps of one run and one sync alone', async (here, there, world) => {
    for (const run of ['run-1', 'run-2']) await begin(here, world, run)
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
]

/** All that a run can write, each as a call. */
const writes = (
  { journal }: State,
  hold: Hold,
  { plan }: StateCase,
): { readonly [name: string]: () => Promise<unknown> } => {
  const under = journal.under(hold)
  return {
    begin: () => under.begin({ id: 'run-9', plan, forced: false, at }),
    sending: () => under.record({ run: 'run-1', sync: 'global', steps: [sending('A')], at }),
    outcome: () => under.record({ run: 'run-1', sync: 'global', steps: [done('A')], at }),
    end: () => under.end('run-1', 'done', at),
    resume: () => under.resume('run-1'),
    count: () => under.count([{ sync: 'global', address: '', desired: 1 }], 'run-1', at),
    claimTelling: () => under.claimTelling('run-1', at),
  }
}

/** Nothing of what a run writes whose locks are gone is taken. */
async function fencedOut(here: State, there: State, hold: Hold, world: StateCase): Promise<void> {
  const before = await there.journal.runs()
  for (const [name, write] of Object.entries(writes(here, hold, world))) {
    await assert.rejects(write(), { code: 'LOCK_LOST' }, name)
  }
  assert.deepEqual(await there.journal.runs(), before)
  assert.equal((await there.journal.known('run-1', 'global')).size, 0)
  assert.equal(await there.journal.lastDesired('global', ''), undefined)
  assert.equal(await there.journal.claimTelling('run-1', at), true)
}

const lockLaws: readonly Law[] = [
  law('SAFE-16: gives an address to one run at a time, and says who has it', async (here, there) => {
    const hold = await here.locks.take([global, gov], 'run-1', waiting)
    assert.deepEqual(hold.places, [global, gov])
    await assert.rejects(there.locks.take([gov], 'run-2', waiting), {
      code: 'LOCKED',
      message: /^us-gov is being written to by run run-1 \(.+ on .+, process \d+/,
      hint: /--lock-timeout.*zds unlock us-gov/,
    })
    const held = await there.locks.held(clock.now())
    assert.deepEqual(
      held.map(({ instance, address, run, process: id, alive }) => [instance, address, run, id, alive]),
      [
        ['global', global.address, 'run-1', process.pid, true],
        ['us-gov', gov.address, 'run-1', process.pid, true],
      ],
    )
    for (const { since, until } of held) {
      const lease = Date.parse(until) - Date.parse(since)
      assert.ok(lease > 0 && lease <= 40_000, `a lease of ${lease} ms`)
    }
    hold.assert()
    await hold.giveBack()
    assert.deepEqual(await there.locks.held(clock.now()), [])
  }),

  law('takes all places or none, and lets runs at other addresses be', async (here, there) => {
    const first = await here.locks.take([gov], 'run-1', waiting)
    await fails(there.locks.take([global, gov], 'run-2', waiting), 'LOCKED')
    const second = await there.locks.take([global], 'run-3', waiting)
    assert.deepEqual(
      (await here.locks.held(clock.now())).map(({ run }) => run),
      ['run-3', 'run-1'],
    )
    await Promise.all([first.giveBack(), second.giveBack()])
  }),

  law('gives an address to exactly one of many that ask at once', async (here, there) => {
    const asked = [1, 2, 3, 4, 5, 6].map((n) =>
      (n % 2 === 0 ? here : there).locks.take(n % 3 === 0 ? [gov, global] : [global, gov], `run-${n}`, waiting),
    )
    const holds = (await Promise.allSettled(asked)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    assert.equal(holds.length, 1)
    assert.deepEqual(new Set((await here.locks.held(clock.now())).map(({ run }) => run)), new Set([holds[0]?.run]))
    await holds[0]?.giveBack()
  }),

  law('waits for as long as it is told', async (here, there) => {
    const first = await here.locks.take([global], 'run-1', waiting)
    const second = there.locks.take([global], 'run-2', { ...waiting, waitMs: 20_000 })
    await clock.sleep(100, waiting.signal)
    await first.giveBack()
    await (await second).giveBack()
  }),

  law('stops waiting when it is told to', async (here, there) => {
    const first = await here.locks.take([global], 'run-1', waiting)
    const reason = new Error('enough')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 50)
    await assert.rejects(there.locks.take([global], 'run-2', { clock, waitMs: 20_000, signal: stop.signal }), reason)
    await first.giveBack()
  }),

  law(
    'lets a process take again what it holds in the name of the same run; the first hold is over',
    async (here, there, world) => {
      await begin(here, world, 'run-1')
      const first = await here.locks.take([global], 'run-1', waiting)
      const second = await here.locks.take([global], 'run-1', waiting)
      await fencedOut(here, there, first, world)
      await first.giveBack()
      await here.journal.under(second).end('run-1', 'done', at)
      await second.giveBack()
    },
  ),

  law('lets a run write as long as it has all of its locks', async (here, _, world) => {
    await begin(here, world, 'run-1')
    const hold = await here.locks.take([global, gov], 'run-1', waiting)
    for (const [name, write] of Object.entries(writes(here, hold, world))) await assert.doesNotReject(write(), name)
    assert.equal((await here.journal.run('run-1'))?.status, 'running')
    await hold.giveBack()
  }),

  law('SAFE-16: takes nothing from a run one of whose locks was taken away', async (here, there, world) => {
    await begin(here, world, 'run-1')
    const hold = await here.locks.take([global, gov], 'run-1', waiting)
    assert.equal(await there.locks.release(gov.address), true)
    assert.equal(await there.locks.release(gov.address), false)
    await assert.rejects(here.journal.under(hold).end('run-1', 'done', at), {
      message: /run run-1 on us-gov/,
      hint: /zds apply/,
    })
    await fencedOut(here, there, hold, world)
    await hold.giveBack()
  }),

  law(
    'SAFE-16: takes nothing from a run whose lock ran out and went to another, which may write',
    async (here, there, world) => {
      await begin(here, world, 'run-1')
      const first = await here.locks.take([global], 'run-1', waiting)
      await world.elapse()
      assert.deepEqual(
        (await there.locks.held(clock.now())).map(({ alive }) => alive),
        [false],
      )
      const second = await there.locks.take([global], 'run-1', waiting)
      await fencedOut(here, there, first, world)
      await first.giveBack()
      assert.deepEqual(
        (await here.locks.held(clock.now())).map(({ alive }) => alive),
        [true],
      )
      await there.journal.under(second).record({ run: 'run-1', sync: 'global', steps: [sending('A')], at })
      await second.giveBack()
    },
  ),

  law('takes nothing from a run that has given its locks back', async (here, there, world) => {
    await begin(here, world, 'run-1')
    const hold = await here.locks.take([global], 'run-1', waiting)
    await hold.giveBack()
    await fencedOut(here, there, hold, world)
  }),
]

const artifactLaws: readonly Law[] = [
  law('keeps the rows of a stage as they were, and what is known of them, for every process', async (here, there) => {
    const rows: Json[] = [null, 1, 'a\u2028b\r\n\u0000"', { ключ: ['€', {}] }, [], '', '\ud83d\ude00'.repeat(10)]
    assert.deepEqual(await here.artifacts('run-1').write('gather:us-gov:x', rows), { rows: 7, complete: true })
    assert.deepEqual(await collect(there.artifacts('run-1').read('gather:us-gov:x')), rows)
    await here.artifacts('run-1').write('gather:y', [], (count) => ({ rows: count, complete: false }))
    assert.deepEqual(await there.artifacts('run-1').summary('gather:y'), { rows: 0, complete: false })
    assert.deepEqual(await collect(there.artifacts('run-1').read('gather:y')), [])
  }),

  law('keeps many rows, and large ones, in order', async (here, there) => {
    const rows = Array.from({ length: 20_000 }, (_, n) => ({
      n,
      text: n % 5_000 === 0 ? '€'.repeat(500_000) : `row ${n}`,
    }))
    await here.artifacts('run-1').write('gather:x', rows)
    let n = 0
    for await (const row of there.artifacts('run-1').read('gather:x')) assert.deepEqual(row, rows[n++])
    assert.equal(n, rows.length)
  }),

  law('can be left after the first row', async (here) => {
    await here.artifacts('run-1').write('gather:x', [1, 2, 3])
    for await (const _ of here.artifacts('run-1').read('gather:x')) break
    assert.deepEqual(await collect(here.artifacts('run-1').read('gather:x')), [1, 2, 3])
  }),

  law('has none that was not written, or only in another run', async (here, there) => {
    await here.artifacts('run-1').write('gather:x', [1])
    for (const [run, name] of [
      ['run-1', 'gather:y'],
      ['run-2', 'gather:x'],
    ] as const) {
      await fails(collect(there.artifacts(run).read(name)), 'ARTIFACT_MISSING')
      await fails(there.artifacts(run).summary(name), 'ARTIFACT_MISSING')
    }
  }),

  law('has nothing of what broke off or was refused, and what was there before stays whole', async (here, there) => {
    const [mine, theirs] = [here.artifacts('run-1'), there.artifacts('run-1')]
    const cause = new Error('cut off')
    const broken = async function* (): AsyncGenerator<Json> {
      yield 'new'
      throw cause
    }
    await assert.rejects(mine.write('gather:x', broken()), cause)
    await fails(theirs.summary('gather:x'), 'ARTIFACT_MISSING')
    await mine.write('gather:x', ['old'])
    await assert.rejects(mine.write('gather:x', broken()), cause)
    const refused = mine.write('gather:x', ['new', 'newer'], () => {
      throw cause
    })
    await assert.rejects(refused, cause)
    assert.deepEqual(await collect(theirs.read('gather:x')), ['old'])
    assert.deepEqual(await theirs.summary('gather:x'), { rows: 1, complete: true })
  }),

  law('shows an artifact once it is whole, in the place of an earlier one', async (here, there) => {
    const [mine, theirs] = [here.artifacts('run-1'), there.artifacts('run-1')]
    const watched = async function* (): AsyncGenerator<Json> {
      yield 1
      await fails(collect(theirs.read('gather:x')), 'ARTIFACT_MISSING')
      yield 2
    }
    await mine.write('gather:x', watched())
    await theirs.write('gather:x', [3])
    assert.deepEqual(await collect(mine.read('gather:x')), [3])
    assert.deepEqual(await mine.summary('gather:x'), { rows: 1, complete: true })
  }),
]

/** As names of runs are: their moment first. */
const nameOf = (moment: Date): string => `${moment.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-abc`

const otherLaws: readonly Law[] = [
  law('remembers values of a plugin by name, for other processes', async (here, there) => {
    const [mine, theirs] = [here.memory('source'), there.memory('source')]
    assert.equal(await mine.read('cursor'), undefined)
    for (const value of [null, { at: 'ü\u0000', n: [1] }]) {
      await mine.write('cursor', value)
      assert.deepEqual(await theirs.read('cursor'), value)
    }
    assert.equal(await theirs.read('other'), undefined)
    assert.equal(await there.memory('target').read('cursor'), undefined)
  }),

  law('has a directory of this machine for sorting, which nobody else can enter', async ({ scratch }) => {
    assert.ok((await stat(scratch)).isDirectory())
    if (process.platform !== 'win32') assert.equal((await stat(scratch)).mode & 0o077, 0)
  }),

  law(
    'OPS-08: forgets runs that are older, with plans, steps and artifacts; the newest stays whatever its age',
    async (here, there, world) => {
      const [old, kept, newest] = ['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', '2026-01-02T00:00:00Z'].map(
        (one) => new Date(one),
      ) as [Date, Date, Date] // three of three
      for (const moment of [old, kept, newest]) {
        const run = nameOf(moment)
        await begin(here, world, run, moment)
        await here.journal.record({ run, sync: 'global', steps: [done('A')], at: moment })
      }
      // Plans that were not applied have artifacts, and are in no journal.
      const planned = [new Date('2026-01-03T00:00:00Z'), new Date('2026-03-02T00:00:00Z')]
      for (const moment of [old, kept, newest, ...planned]) await here.artifacts(nameOf(moment)).write('gather:x', [1])
      await here.journal.count([{ sync: 'global', address: '', desired: 7 }], nameOf(old), old)

      const before = new Date('2026-02-01T00:00:00Z')
      assert.equal((await there.kept()).runs, 3)
      assert.deepEqual(await there.prune(before), { runs: 1, artifacts: 2 })
      assert.deepEqual(await there.prune(before), { runs: 0, artifacts: 0 })
      assert.deepEqual(
        (await here.journal.runs()).map(({ id }) => id),
        [nameOf(newest), nameOf(kept)],
      )
      assert.equal(await here.journal.plan(nameOf(old)), undefined)
      assert.equal((await here.journal.known(nameOf(old), 'global')).size, 0)
      assert.equal((await here.journal.known(nameOf(kept), 'global')).size, 1)
      for (const moment of [kept, newest, planned[1] ?? at]) await here.artifacts(nameOf(moment)).summary('gather:x')
      for (const moment of [old, planned[0] ?? at])
        await fails(here.artifacts(nameOf(moment)).summary('gather:x'), 'ARTIFACT_MISSING')
      assert.equal(await here.journal.lastDesired('global', ''), 7)
    },
  ),

  law('says how much it keeps, and since when', async (here, there, world) => {
    const { runs, since, bytes } = await here.kept()
    assert.deepEqual([runs, since], [0, undefined])
    await begin(here, world, 'run-1', at)
    await begin(here, world, 'run-2', later)
    await here.artifacts('run-1').write(
      'gather:x',
      Array.from({ length: 1000 }, (_, n) => ({ n, random: Math.random() })),
    )
    const full = await there.kept()
    assert.deepEqual([full.runs, full.since], [2, at.toISOString()])
    assert.ok(full.bytes > bytes + 4_000, `${full.bytes} after ${bytes}`)
  }),

  law('clears away what killed runs left in the directory, once it is old', async ({ scratch, ...state }) => {
    const left = ['sort-Ab1', 'undo-20260101T000000-abc.json', 'sort-new']
    await mkdir(join(scratch, 'sort-Ab1'))
    await writeFile(join(scratch, 'sort-Ab1', '0.ndjson'), '{}')
    await writeFile(join(scratch, left[1] ?? ''), '{}')
    await mkdir(join(scratch, 'sort-new'))
    for (const name of left.slice(0, 2)) await utimes(join(scratch, name), at, at)
    await state.prune(later)
    const names = await readdir(scratch)
    assert.deepEqual(
      left.filter((name) => names.includes(name)),
      ['sort-new'],
    )
  }),
]

/** The laws of core's `State`. */
export const stateLaws: readonly Law[] = [...journalLaws, ...lockLaws, ...artifactLaws, ...otherLaws]
