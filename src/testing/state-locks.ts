import assert from 'node:assert/strict'
import { systemClock } from '../core/clock.ts'
import type { Hold, State } from '../core/state/state.ts'
import { at, begin, done, fails, law, PLAN, sending, type StateLaw } from './state-world.ts'

const clock = systemClock()
const waiting = { waitMs: 0, clock, signal: new AbortController().signal }
const global = { address: 'https://global.example', instance: 'global' }
const gov = { address: 'https://us-gov.example', instance: 'us-gov' }

/** All that a run can write, each as a call. */
const writes = ({ journal }: State, hold: Hold): { readonly [name: string]: () => Promise<unknown> } => {
  const under = journal.under(hold)
  return {
    begin: () => under.begin({ id: 'run-9', plan: PLAN, forced: false, at }),
    sending: () => under.record({ run: 'run-1', sync: 'global', steps: [sending('A')], at }),
    outcome: () => under.record({ run: 'run-1', sync: 'global', steps: [done('A')], at }),
    end: () => under.end('run-1', 'done', at),
    resume: () => under.resume('run-1'),
    count: () => under.count([{ sync: 'global', address: '', desired: 1 }], 'run-1', at),
    claimTelling: () => under.claimTelling('run-1', at),
  }
}

/** Nothing of what a run writes whose locks are gone is taken. */
async function fencedOut(here: State, there: State, hold: Hold): Promise<void> {
  const before = await there.journal.runs()
  for (const [name, write] of Object.entries(writes(here, hold))) {
    await assert.rejects(write(), { code: 'LOCK_LOST' }, name)
  }
  assert.deepEqual(await there.journal.runs(), before)
  assert.equal((await there.journal.known('run-1', 'global')).size, 0)
  assert.equal(await there.journal.lastDesired('global', ''), undefined)
  assert.equal(await there.journal.claimTelling('run-1', at), true)
}

/** One at a time, and whose locks are gone writes nothing. */
export const lockLaws: readonly StateLaw[] = [
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

  law(
    'OPS-08: forgets no run that is under way, whatever its age: what it has sent is known by it',
    async (here, there) => {
      await begin(here, 'run-1')
      const hold = await here.locks.take([global], 'run-1', waiting)
      await begin(here, 'run-2')
      assert.equal((await there.prune(clock.now())).runs, 0)
      await here.journal.under(hold).record({ run: 'run-1', sync: 'global', steps: [sending('A')], at })
      await hold.giveBack()
      assert.equal((await there.prune(clock.now())).runs, 1)
      assert.deepEqual(
        (await there.journal.runs()).map(({ id }) => id),
        ['run-2'],
      )
    },
  ),

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
    async (here, there) => {
      await begin(here, 'run-1')
      const first = await here.locks.take([global], 'run-1', waiting)
      const second = await here.locks.take([global], 'run-1', waiting)
      await fencedOut(here, there, first)
      await first.giveBack()
      await here.journal.under(second).end('run-1', 'done', at)
      await second.giveBack()
    },
  ),

  law('lets a run write as long as it has all of its locks', async (here) => {
    await begin(here, 'run-1')
    const hold = await here.locks.take([global, gov], 'run-1', waiting)
    for (const [name, write] of Object.entries(writes(here, hold))) await assert.doesNotReject(write(), name)
    assert.equal((await here.journal.run('run-1'))?.status, 'running')
    await hold.giveBack()
  }),

  law(
    'SAFE-16: takes away the lock that was looked at, and none that somebody has taken since',
    async (here, there) => {
      const first = await here.locks.take([global], 'run-1', waiting)
      const seen = (await there.locks.held(clock.now()))[0]
      assert.deepEqual([seen?.address, seen?.fence], [global.address, first.fence])
      await first.giveBack()
      const second = await here.locks.take([global], 'run-1', waiting)
      assert.equal(await there.locks.release({ address: global.address, fence: first.fence }), false)
      assert.deepEqual(
        (await there.locks.held(clock.now())).map(({ fence }) => fence),
        [second.fence],
      )
      await second.giveBack()
    },
  ),

  law('SAFE-16: takes nothing from a run one of whose locks was taken away', async (here, there) => {
    await begin(here, 'run-1')
    const hold = await here.locks.take([global, gov], 'run-1', waiting)
    const lock = { address: gov.address, fence: hold.fence }
    assert.equal(await there.locks.release(lock), true)
    assert.equal(await there.locks.release(lock), false)
    await assert.rejects(here.journal.under(hold).end('run-1', 'done', at), {
      message: /run run-1 on us-gov/,
      hint: /zds apply/,
    })
    await fencedOut(here, there, hold)
    await hold.giveBack()
  }),

  law(
    'SAFE-16: takes nothing from a run whose lock ran out and went to another, which may write',
    async (here, there, world) => {
      await begin(here, 'run-1')
      const first = await here.locks.take([global], 'run-1', waiting)
      await world.elapse()
      assert.deepEqual(
        (await there.locks.held(clock.now())).map(({ alive }) => alive),
        [false],
      )
      const second = await there.locks.take([global], 'run-1', waiting)
      await fencedOut(here, there, first)
      await first.giveBack()
      assert.deepEqual(
        (await here.locks.held(clock.now())).map(({ alive }) => alive),
        [true],
      )
      await there.journal.under(second).record({ run: 'run-1', sync: 'global', steps: [sending('A')], at })
      await second.giveBack()
    },
  ),

  law('takes nothing from a run that has given its locks back', async (here, there) => {
    await begin(here, 'run-1')
    const hold = await here.locks.take([global], 'run-1', waiting)
    await hold.giveBack()
    await fencedOut(here, there, hold)
  }),
]
