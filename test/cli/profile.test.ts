import { expect, test } from 'vitest'
import { requestChannel, stageChannel, tellWait } from '../../src/core/channels.ts'
import { startProfile } from '../../src/cli/profile.ts'

test('time that requests share counts once, what each of them took counts for each', async () => {
  let now = 0
  const ended = startProfile(() => now)
  const pending = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const ask = (work: Promise<void>) =>
    requestChannel.tracePromise(() => work, { service: 'global', method: 'GET', route: '/' })
  const first = stageChannel.tracePromise(() => ask(pending[0].promise), { stage: 'gather:x', confined: false })
  now = 10
  const second = ask(pending[1].promise)
  tellWait({ service: 'global', ms: 500, because: 'limit' })
  tellWait({ service: 'global', ms: 70, because: 'retry', status: 503 })
  now = 30
  pending[0].resolve()
  await first
  now = 50
  pending[1].resolve()
  await second
  now = 80
  const { ms, services, stages } = ended()
  expect(ms).toBe(80)
  expect(services).toEqual([{ service: 'global', requests: 2, openMs: 50, answersMs: 70, limitMs: 500, retryMs: 70 }])
  expect(stages).toEqual([{ stage: 'gather:x', ms: 30 }])
  await ask(Promise.resolve())
  expect(ended().services[0]?.requests).toBe(2)
})
