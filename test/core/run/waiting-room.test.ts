import { describe, expect, it } from 'vitest'
import type { Change, Sync } from 'zds'
import type { Created } from '../../../src/core/apply/bind.ts'
import { ref } from '../../../src/core/refs.ts'
import { atOnce, waitingRoom } from '../../../src/core/run/waiting.ts'
import { fakeClock } from 'zds/testing'
import { orderWaits, watchServices } from '../../../src/core/run/noted-waits.ts'
import { UNWATCHED_STAGE } from '../../../src/core/run/schedule.ts'
import type { StageOf } from '../../../src/core/run/shared.ts'
import { create, planOf } from '../../support/applying.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'

const CREATED: Created = () => undefined

const stageOf = (name: string, sync: Sync, ...needs: string[]): StageOf<'apply'> => ({
  id: `apply:${name}`,
  kind: 'apply',
  name,
  sync,
  needs,
})

const part = (stage: StageOf<'apply'>, ...changes: Change[]) => ({
  stage,
  plan: { ...planOf(...changes), name: stage.name },
})

const referring = (key: string, ...to: (readonly [sync: string, key: string])[]): Change => ({
  op: 'create',
  key,
  fields: Object.fromEntries(to.map(([sync, other], at) => [`parent_${at}`, { from: null, to: ref(sync, other) }])),
})

const target = (name: string) => targetOf({ name })
const first = syncOf({}, { target: target('first') })
const second = { ...syncOf({ after: [first] }, { target: target('second') }), onlyTied: true }
const third = { ...syncOf({ after: [second] }, { target: target('third') }), onlyTied: true }

/** Whether a promise has settled once all that is due has happened. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false
  void promise.then(() => (over = true))
  await new Promise(setImmediate)
  return over
}

/** Stages that never end by themselves. */
const never = (): Promise<boolean> => new Promise(() => undefined)

it('SYN-12: what is tied waits for nothing else that goes before, and a sync that does not say so for all of it', async () => {
  const plain = syncOf({ after: [first] }, { target: target('plain') })
  const room = waitingRoom([
    part(stageOf('first', first), create('A')),
    part(stageOf('other', first), create('B')),
    part(stageOf('second', second, 'apply:first', 'apply:other'), referring('C', ['first', 'A'])),
    part(stageOf('plain', plain, 'apply:first'), referring('D', ['first', 'A'])),
  ])
  expect(room.of('plain', never, async () => CREATED)).toBeUndefined()
  const over = room.of('second', never, async () => CREATED)?.over() ?? Promise.resolve()
  expect(await isOver(over)).toBe(false)
  room.told('first', 'A')
  expect(await isOver(over)).toBe(true)
})

it('a sync waits for those before it that have something to do, and is told what it waits for', () => {
  const planned = new Map(
    [
      part(stageOf('first', first), create('A')),
      part(stageOf('idle', first)),
      part(stageOf('other', first), create('B')),
    ]
      .concat(part(stageOf('second', second), create('C'), create('D')))
      .map(({ plan }) => [plan.name, plan]),
  )
  const at = new Date('2026-03-16T10:00:00Z')
  const waits = orderWaits(stageOf('second', second, 'apply:first', 'apply:idle', 'apply:gone'), planned, at, at)
  const when = { since: at.toISOString(), until: at.toISOString() }
  expect(waits).toEqual([{ because: 'order', awaited: 'first', count: 2, examples: [], ...when }])
  expect(orderWaits(stageOf('third', third, 'apply:first'), planned, at, at)).toMatchObject([{ count: 0 }])
  const told: unknown[] = []
  const services = watchServices({ ...UNWATCHED_STAGE, progress: (...all) => void told.push(all) }, fakeClock())
  const wait = { service: 'global', ms: 5, because: 'limit' } as const
  services.watch.progress('page 1')
  services.watch.progress('waits', wait)
  expect(told).toEqual([
    ['page 1', undefined],
    ['waits', wait],
  ])
  expect(services.waits()).toMatchObject([{ because: 'service', awaited: 'global', count: 1 }])
})

describe('who waits for changes of other syncs (SYN-12)', () => {
  const room = () =>
    waitingRoom([
      part(stageOf('first', first), create('A'), create('B'), create('C')),
      part(
        stageOf('second', second, 'apply:first'),
        create('V'),
        create('P'),
        referring('U', ['first', 'A'], ['first', 'B']),
      ),
      part(stageOf('third', third, 'gather:third', 'apply:second'), referring('X', ['second', 'V'], ['first', 'C'])),
    ])

  it('waits until all of them have ended, not for others, nor for those of the same key elsewhere', async () => {
    const here = room()
    const waiting = here.of('second', never, async () => CREATED)
    expect([...(waiting?.keys ?? [])]).toEqual(['U'])
    const over = waiting?.over() ?? Promise.resolve()
    here.told('first', 'C')
    here.told('second', 'A')
    here.told('third', 'B')
    expect(await isOver(over)).toBe(false)
    here.told('first', 'A')
    expect(await isOver(over)).toBe(false)
    here.told('first', 'A')
    expect(await isOver(over)).toBe(false)
    here.told('first', 'B')
    expect(await over).toBe(CREATED)
  })

  it('waits for several syncs, those before the one before too', async () => {
    const here = room()
    const over = here.of('third', never, async () => CREATED)?.over() ?? Promise.resolve()
    here.told('second', 'V')
    expect(await isOver(over)).toBe(false)
    here.told('first', 'C')
    expect(await over).toBe(CREATED)
  })

  it.each([
    ['apply:first', undefined],
    ['apply:second', undefined],
    ['apply:neither', CREATED],
  ])('where %s fails, what waits for it is left', async (failed, then) => {
    const over = room()
      .of(
        'third',
        async (id) => id !== failed,
        async () => CREATED,
      )
      ?.over()
    expect(await over).toBe(then)
  })

  it('is nobody where nothing is tied, where a sync waits as a whole, and in a sync that is not there', () => {
    const tied = waitingRoom([
      part(stageOf('first', first), referring('A', ['first', 'B'])),
      part(stageOf('second', second, 'apply:first'), create('A'), referring('U', ['first', 'Z'])),
    ])
    for (const name of ['first', 'second', 'other']) expect(tied.of(name, never, async () => CREATED)).toBeUndefined()
  })

  it('begins without waiting for applies, and for nothing less', () => {
    expect(atOnce(stageOf('third', third, 'gather:third', 'apply:second')).needs).toEqual(['gather:third'])
    expect(atOnce(stageOf('first', first, 'gather:first', 'apply:other')).needs).toEqual([
      'gather:first',
      'apply:other',
    ])
  })
})
