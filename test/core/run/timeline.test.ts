import { expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import type { Stage } from '../../../src/core/config/stages.ts'
import { UNWATCHED, type Watch } from '../../../src/core/run/schedule.ts'
import { lapsOf, leaveLaps, watchTimes } from '../../../src/core/run/timeline.ts'
import { engineOf } from '../../support/engine.ts'

const stage = (id: string): Stage =>
  ({ id, kind: 'gather', name: id, needs: [], source: { name: id } }) as unknown as Stage // only its id is looked at

test('a run tells what took how long, what was waited for, and passes everything on', () => {
  let now = 1_000
  const heard: string[] = []
  const clock = { now: () => new Date(now) } as Clock // nothing else is asked of it
  const inner: Watch<string> = {
    scheduled: () => heard.push('scheduled'),
    started: ({ id }) => heard.push(`started ${id}`),
    rows: ({ id }, count) => heard.push(`${id} ${count} rows`),
    progress: ({ id }, message, wait) => heard.push(`${id} ${message} ${wait?.ms ?? ''}`.trim()),
    ended: ({ id }, { kind }) => heard.push(`${id} ${kind}`),
    warn: (message) => heard.push(message),
  }
  const { watch, laps } = watchTimes(inner, clock)
  const [read, left] = [stage('gather:a'), stage('compare:a')]
  watch.scheduled([read, left])
  now += 100
  watch.started(read)
  watch.rows(read, 10)
  watch.progress(read, 'half')
  now += 50
  watch.progress(read, 'rate limit', { service: 'global', ms: 2_000, because: 'limit' })
  now += 2_000
  watch.ended(read, { kind: 'done', result: 'x', ms: 2_050 })
  watch.ended(left, { kind: 'left' })
  watch.warn('careful')
  expect(laps).toEqual([
    {
      stage: 'gather:a',
      from: 100,
      to: 2_150,
      end: 'done',
      rows: 10,
      waits: [{ from: 150, ms: 2_000, what: 'rate limit' }],
    },
  ])
  expect(heard).toEqual([
    'scheduled',
    'started gather:a',
    'gather:a 10 rows',
    'gather:a half',
    'gather:a rate limit 2000',
    'gather:a done',
    'compare:a left',
    'careful',
  ])
})

test('what was left, and what ended without having begun, took no time', () => {
  const clock = { now: () => new Date(5_000) } as Clock // nothing else is asked of it
  const { watch, laps } = watchTimes(UNWATCHED, clock)
  watch.started(stage('gather:a'))
  watch.ended(stage('gather:a'), { kind: 'left' })
  watch.ended(stage('gather:b'), { kind: 'done', result: 'x', ms: 0 })
  expect(laps).toEqual([])
})

test('a run tells what changes waited for, but for what was told while a service was waited for', () => {
  const clock = { now: () => new Date(5_000) } as Clock // nothing else is asked of it
  const nothing = (): void => undefined
  const inner = {
    scheduled: nothing,
    started: nothing,
    rows: nothing,
    progress: nothing,
    ended: nothing,
    warn: nothing,
  }
  const timing = watchTimes<string>(inner, clock)
  const apply = stage('apply:a')
  timing.watch.started(apply)
  const [since, until] = [new Date(6_000).toISOString(), new Date(8_000).toISOString()]
  const wait = { awaited: 'global', count: 2, examples: [['K1', 'K2']], since, until } as const
  timing.waited('apply:a', [
    { ...wait, because: 'name' },
    { ...wait, because: 'service' },
  ])
  timing.waited('apply:unknown', [{ ...wait, because: 'ref' }])
  timing.watch.ended(apply, { kind: 'failed', error: new Error('no access'), ms: 1 })
  expect(timing.laps).toMatchObject([
    {
      end: 'failed',
      // Their keys are of no use to who asks what took how long.
      waits: [
        { from: 1_000, ms: 2_000, what: '2 changes waited for global: what nobody else may have, and is set free' },
      ],
    },
  ])
})

test('what took how long is left beside what a run has read, by its part', async () => {
  const { artifacts } = engineOf({ sources: {}, targets: {} })
  const lap = { stage: 'apply:a', from: 0, to: 5, end: 'done', rows: 0, waits: [] } as const
  await leaveLaps('apply', [lap], artifacts)
  expect(await lapsOf('apply', artifacts)).toEqual([lap])
  expect(await lapsOf('plan', artifacts)).toEqual([])
  const broken = new Error('the disk is gone')
  const read = (): never => {
    throw broken
  }
  await expect(lapsOf('apply', { ...artifacts, read })).rejects.toBe(broken)
})

test('of ten thousand waits a thousand are remembered', () => {
  const clock = { now: () => new Date(0) } as Clock // nothing else is asked of it
  const { watch, laps } = watchTimes(UNWATCHED, clock)
  const [one, early] = [stage('gather:a'), stage('gather:b')]
  watch.progress(early, 'before it began', { service: 'global', ms: 1, because: 'limit' })
  watch.rows(early, 3)
  watch.started(one)
  for (let n = 0; n < 1_001; n += 1) watch.progress(one, `wait ${n}`, { service: 'global', ms: 1, because: 'limit' })
  watch.ended(one, { kind: 'stopped' })
  watch.ended(early, { kind: 'left' })
  expect(laps.map(({ stage: id, end, waits }) => [id, end, waits.length])).toEqual([['gather:a', 'stopped', 1_000]])
})
