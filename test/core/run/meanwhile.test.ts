import { describe, expect, it } from 'vitest'
import { stages } from '../../../src/core/config/stages.ts'
import { meanwhile, toldOnce } from '../../../src/core/run/meanwhile.ts'
import type { Watch } from '../../../src/core/run/schedule.ts'
import { sourceOf } from '../../support/syncs.ts'

function notes() {
  const told: string[] = []
  const nothing = (): void => undefined
  const watch: Watch<never> = {
    scheduled: nothing,
    started: nothing,
    progress: nothing,
    rows: nothing,
    ended: nothing,
    warn: (message) => void told.push(message),
  }
  return { told, watch }
}
const going = new AbortController().signal

describe('reading while it is checked whether a run can start (SAFE-07)', () => {
  it('is told of once it is known that it can, in the order in which it happened', async () => {
    const { told, watch } = notes()
    const ready = Promise.withResolvers<void>()
    await meanwhile(ready.promise, going, async () => {
      const held = toldOnce(ready.promise, watch)
      held.warn('one')
      held.warn('two')
      expect(told).toEqual([])
      ready.resolve()
      await ready.promise
      held.warn('three')
    })
    expect(told).toEqual(['one', 'two', 'three'])
  })

  it('is stopped where it cannot, and nobody hears of it', async () => {
    const { told, watch } = notes()
    const ready = Promise.withResolvers<void>()
    const reading = meanwhile(ready.promise, going, async (signal) => {
      const held = toldOnce(ready.promise, watch)
      held.warn('never told')
      ready.reject(new Error('not ready'))
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    })
    await expect(reading).rejects.toThrow('not ready')
    expect(told).toEqual([])
  })

  it('is stopped by whoever stops the run', async () => {
    const stop = new AbortController()
    const reading = meanwhile(
      Promise.resolve(),
      stop.signal,
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    stop.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  it('is told of whole: what is to be done, begun, under way and ended', async () => {
    const heard: unknown[][] = []
    const hear =
      (what: string) =>
      (...given: unknown[]) =>
        void heard.push([what, ...given])
    const kinds = ['scheduled', 'started', 'progress', 'rows', 'ended', 'warn'] as const
    const watch = Object.fromEntries(kinds.map((kind) => [kind, hear(kind)])) as Watch<never> // each of its members
    const [stage] = stages({ sources: { a: sourceOf('a') }, targets: {} })
    if (stage === undefined) throw new Error('A source is a stage')
    const wait = { service: 'global', ms: 5, because: 'limit' } as const
    const held = toldOnce(Promise.resolve(), watch)
    held.scheduled([stage])
    held.started(stage)
    held.progress(stage, 'page 1', wait)
    held.rows(stage, 3)
    held.ended(stage, { kind: 'left' })
    expect(heard).toEqual([])
    await Promise.resolve()
    expect(heard).toEqual([
      ['scheduled', [stage]],
      ['started', stage],
      ['progress', stage, 'page 1', wait],
      ['rows', stage, 3],
      ['ended', stage, { kind: 'left' }],
    ])
  })

  it('that fails first waits for what the check says', async () => {
    const ready = Promise.withResolvers<void>()
    const reading = meanwhile(ready.promise, going, async () => {
      throw new Error('a column that does not exist')
    })
    ready.reject(new Error('everything that is wrong'))
    await expect(reading).rejects.toThrow('everything that is wrong')
    const failed = meanwhile(Promise.resolve(), going, async () => {
      throw new Error('down')
    })
    await expect(failed).rejects.toThrow('down')
  })
})
