import { expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import type { Stage } from '../../../src/core/config/stages.ts'
import type { Watch } from '../../../src/core/run/schedule.ts'
import { watchTimes } from '../../../src/core/run/timeline.ts'

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
