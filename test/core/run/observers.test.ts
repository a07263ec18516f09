import { expect, it } from 'vitest'
import type { Config, Observer } from 'zds'
import { listen, tellObservers } from '../../../src/core/run/observers.ts'
import { engineOf } from '../../support/engine.ts'
import { syncOf } from '../../support/syncs.ts'

const configOf = (observers: { readonly [name: string]: Omit<Observer, 'kind'> }): Config => ({
  sources: {},
  targets: { global: syncOf() },
  hooks: Object.fromEntries(Object.entries(observers).map(([name, one]) => [name, { kind: 'observer', ...one }])),
})

const fails = (): never => {
  throw new Error('no chat')
}

it('one that throws when it is to listen, or to stop listening, is a warning, and the others listen', async () => {
  const warnings: string[] = []
  const heard: string[] = []
  const config = configOf({
    first: { listen: fails },
    second: { listen: async () => fails },
    third: { listen: async () => async () => void heard.push('ended') },
  })
  const end = await listen(config, (message) => void warnings.push(message))
  await end()
  expect(warnings).toEqual(['first: no chat', 'second: no chat'])
  expect(heard).toEqual(['ended'])
})

it('SYN-04: a run that is stopped while one is told is told to those after it all the same', async () => {
  const told: boolean[] = []
  const engine = engineOf(
    configOf({
      first: { planned: async () => engine.abort(new Error('stopped')) },
      second: { planned: async (_plan, { signal }) => void told.push(signal.aborted) },
    }),
  )
  await tellObservers((observer, run) => observer.planned?.({} as never, run), engine)
  expect(told).toEqual([false])
})
