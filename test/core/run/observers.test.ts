import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Config, Observer } from 'zds'
import { listen, tellObservers } from '../../../src/core/run/observers.ts'
import { engineOf } from '../../support/engine.ts'

const config = (hooks: { readonly [name: string]: Omit<Observer, 'kind'> }): Config => ({
  sources: {},
  targets: {},
  hooks: Object.fromEntries(Object.entries(hooks).map(([name, one]) => [name, { kind: 'observer', ...one }])),
})

const fails = (): never => {
  throw new Error('no chat')
}

describe('observers that listen', () => {
  it('do so until they are told to end; one that cannot begin or end is a warning', async () => {
    const heard: string[] = []
    const end = await listen(
      config({
        log: {
          listen: async (warn) => {
            warn('is slow')
            return async () => void heard.push('log has ended')
          },
        },
        deaf: { listen: () => Promise.reject(new Error('no such file')) },
        stuck: { listen: async () => () => Promise.reject(new Error('still open')) },
        silent: {},
      }),
      (message) => void heard.push(message),
    )
    expect(heard.splice(0)).toEqual(['log: is slow', 'deaf: no such file'])
    await end()
    expect(heard.toSorted()).toEqual(['log has ended', 'stuck: still open'])
  })

  it('one that throws when it is to listen, or to stop listening, is a warning, and the others listen', async () => {
    const warnings: string[] = []
    const heard: string[] = []
    const ears = config({
      first: { listen: fails },
      second: { listen: async () => fails },
      third: { listen: async () => async () => void heard.push('ended') },
    })
    const end = await listen(ears, (message) => void warnings.push(message))
    await end()
    expect(warnings).toEqual(['first: no chat', 'second: no chat'])
    expect(heard).toEqual(['ended'])
  })
})

describe('SYN-04: observers that are told', () => {
  it('are told one after the other, whatever becomes of one of them, and say what they have to', async () => {
    const told: string[] = []
    const engine = engineOf(
      config({
        broken: { ended: () => Promise.reject(new Error('down')) },
        silent: {},
        chat: {
          ended: async (_end, run) => {
            told.push('chat')
            run.progress('posted late')
          },
        },
      }),
    )
    const end = { run: 'run-1' } as Parameters<NonNullable<Observer['ended']>>[0] // nothing else is told here
    const warnings = await tellObservers((observer, run) => observer.ended?.(end, run), engine)
    expect([warnings, told]).toEqual([['broken: down', 'chat: posted late'], ['chat']])
  })

  it('are told of a run that was stopped too: its signal is not theirs', async () => {
    const seen: boolean[] = []
    const engine = engineOf(config({ chat: {} }))
    engine.abort(new Error('enough'))
    await tellObservers(async (_observer, run) => void seen.push(run.signal.aborted), engine)
    const going = engineOf(config({ chat: {} }))
    await tellObservers(async (_observer, { signal }) => {
      seen.push(signal.aborted)
      going.abort(new Error('enough'))
      seen.push(signal.aborted)
    }, going)
    expect(seen).toEqual([false, false, true])
  })

  it('one that hangs holds the end of a run for three minutes, is told of, and those after it are told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const told: string[] = []
    const hears: AbortSignal[] = []
    const engine = engineOf(
      config({
        deaf: { planned: () => new Promise(() => undefined) },
        slow: {
          planned: (_plan, { signal }) => new Promise((_, reject) => (signal.onabort = () => reject(signal.reason))),
        },
        chat: { planned: async (_plan, { signal }) => void told.push(`${signal.aborted}`) },
      }),
    )
    const warnings = tellObservers((observer, run) => {
      hears.push(run.signal)
      return observer.planned?.({} as never, run) // nothing is told here
    }, engine)
    await vi.advanceTimersByTimeAsync(179_999)
    expect(hears).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(180_001)
    const late = 'was not done after 180 s, and is waited for no longer'
    expect(await warnings).toEqual([`deaf: ${late}`, `slow: ${late}`])
    expect(told).toEqual(['false'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('SYN-04, GEN-11: one that its service asks to wait for a minute, and once more, is waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const told: string[] = []
    const pause = () => new Promise<void>((resolve) => void setTimeout(resolve, 60_000))
    const chat: Partial<Observer> = {
      planned: async (_plan, { signal }) => {
        for (const _ of ['first', 'second']) await pause()
        signal.throwIfAborted()
        told.push('posted')
      },
    }
    const engine = engineOf(config({ chat }))
    const warnings = tellObservers((observer, run) => observer.planned?.({} as never, run), engine) // as above
    await vi.advanceTimersByTimeAsync(130_000)
    expect([await warnings, told]).toEqual([[], ['posted']])
  })

  it('of a run that was stopped all are waited for no longer than five seconds together', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const hangs = { planned: () => new Promise<void>(() => undefined) }
    const engine = engineOf(config({ first: hangs, second: hangs }))
    engine.abort(new Error('enough'))
    const warnings = tellObservers((observer, run) => observer.planned?.({} as never, run), engine) // as above
    await vi.advanceTimersByTimeAsync(5_000)
    const late = 'was not done after 5 s, and is waited for no longer'
    expect(await warnings).toEqual([`first: ${late}`, `second: ${late}`])
  })

  it('a run that is stopped while one is told is told to those after it all the same', async () => {
    const told: boolean[] = []
    const engine = engineOf(
      config({
        first: { planned: async () => engine.abort(new Error('stopped')) },
        second: { planned: async (_plan, { signal }) => void told.push(signal.aborted) },
      }),
    )
    await tellObservers((observer, run) => observer.planned?.({} as never, run), engine)
    expect(told).toEqual([false])
  })
})
