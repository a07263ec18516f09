import { describe, expect, it } from 'vitest'
import { collect, type Step } from 'zds'
import { merge } from '../../../src/core/apply/merge.ts'
import { told } from '../../plugins/zendesk-target/steps.ts'

const sending = (key: string): Step => ({ status: 'sending', keys: [key] })
const done = (key: string): Step => ({ key, status: 'done', id: key })
const never = new AbortController().signal
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}

describe('merged tasks', () => {
  it('run at most as many at a time as said, and all of them', async () => {
    let running = 0
    let most = 0
    async function* task(key: string): AsyncGenerator<Step, void> {
      running += 1
      most = Math.max(most, running)
      yield sending(key)
      await turns(5)
      yield done(key)
      running -= 1
    }
    const keys = Array.from({ length: 20 }, (_, n) => String(n))
    const steps = await collect(merge(() => keys.values().map(task), 3, never))
    expect(most).toBe(3)
    expect(steps).toHaveLength(40)
  })

  it('that want to send after another has failed are ended, tidy up, and what the others learn is told first', async () => {
    const sent: string[] = []
    const tidied: string[] = []
    const failure = new Error('no access')
    async function* task(key: string): AsyncGenerator<Step, void> {
      try {
        yield sending(key)
        sent.push(key)
        if (key === 'b') throw failure
        await turns(20)
        if (key === 'a') yield done(key)
        yield sending(key)
        sent.push(`${key} again`)
      } finally {
        tidied.push(key)
      }
    }
    const { steps, error } = await told(merge(() => ['a', 'b', 'c', 'd'].values().map(task), 3, never))
    expect(error).toBe(failure)
    expect(steps).toEqual([sending('a'), sending('b'), sending('c'), done('a')])
    expect(sent).toEqual(['a', 'b', 'c'])
    expect(tidied.toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('that wait in order to send are told when it is over', async () => {
    const failure = new Error('no access')
    async function* task(key: string, over: AbortSignal): AsyncGenerator<Step, void> {
      if (key === 'waits')
        await new Promise((_resolve, reject) => over.addEventListener('abort', () => reject(over.reason)))
      yield done(key)
      throw failure
    }
    const { error } = await told(merge((over) => ['waits', 'fails'].values().map((key) => task(key, over)), 2, never))
    expect(error).toBe(failure)
  })

  it('that have finished when the run is aborted are told, then the reason is thrown', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    async function* task(key: string): AsyncGenerator<Step, void> {
      await turns(1)
      yield done(key)
    }
    const steps: Step[] = []
    const all = (async () => {
      for await (const step of merge(() => ['a', 'b', 'c', 'd'].values().map(task), 3, controller.signal)) {
        await turns(20)
        steps.push(step)
        controller.abort(reason)
      }
    })()
    await expect(all).rejects.toBe(reason)
    expect(steps).toEqual([done('a'), done('b'), done('c')])
  })

  it('that are left by their consumer tidy up', async () => {
    const seen: string[] = []
    async function* task(key: string, pause: number): AsyncGenerator<Step, void> {
      try {
        await turns(pause)
        yield sending(key)
        seen.push(`sent ${key}`)
      } finally {
        seen.push(`tidied ${key}`)
      }
    }
    // The first is taken, the second waits to be, and the third comes only when nobody listens.
    const tasks = () => [task('a', 0), task('b', 0), task('c', 10)].values()
    for await (const step of merge(tasks, 3, never)) {
      expect(step).toEqual(sending('a'))
      break
    }
    await turns(40)
    expect(seen.toSorted()).toEqual(['tidied a', 'tidied b', 'tidied c'])
  })
})
