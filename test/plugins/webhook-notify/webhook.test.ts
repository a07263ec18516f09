import { createHmac } from 'node:crypto'
import { describe, expect, it, test, vi } from 'vitest'
import { ZdsError, type RunEnd, type Observer } from 'zds'
import { observerLaws, settingOf, testLaws, testRun } from 'zds/testing'
import { webhookNotify, type Event, type WebhookOptions } from 'zds/webhook-notify'
import { cut, deadUrl, ok, serverOf, type TestServer } from '../../support/server.ts'
import { change, done, failed, outcomesOf, planOf, setting, syncPlan } from '../slack-notify/scene.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const HTTP = { timeoutMs: 300, attempts: 3, baseDelayMs: 10 }

const notifier = (url: string | undefined, more: Partial<WebhookOptions> = {}): Observer =>
  webhookNotify({
    url: setting('ZDS_WEBHOOK_URL', url),
    secret: setting('ZDS_WEBHOOK_SECRET', SECRET),
    job: setting('JOB', 'https://ci.example/jobs/7'),
    http: HTTP,
    ...more,
  })

const excess = {
  id: 'global.update',
  op: 'update',
  count: 9,
  existing: 10,
  limit: 0.3,
  message: 'too many',
  examples: ['KEY-B'],
} as const
const plan = planOf(
  syncPlan('global', [change('create', 'KEY-A', 'Acme'), change('update', 'KEY-B', 'Bolt')], { excesses: [excess] }),
)
const ended = (more: Partial<RunEnd> = {}): RunEnd => ({
  run: 'run-1',
  status: 'done',
  error: undefined,
  plan,
  outcomes: outcomesOf({ global: [done('KEY-A'), failed('KEY-B', 'name-taken', 'Bolt is taken')] }),
  startedAt: '2026-03-16T10:00:00.000Z',
  endedAt: '2026-03-16T10:01:00.000Z',
  resumed: false,
  ...more,
})

const eventsAt = (server: TestServer): Event[] => server.received.map(({ body }) => JSON.parse(body) as Event) // what the plugin posts

describe('what is posted', () => {
  it('OPS-08: numbers of a plan that waits, with the command that approves it, and no record', async () => {
    const server = await serverOf(ok())
    await notifier(server.url).refused?.(plan, testRun())
    expect(eventsAt(server)).toMatchObject([
      {
        type: 'waiting',
        data: {
          plan: {
            digest: 'd',
            syncs: [{ name: 'global', operations: { create: 1, update: 1 }, excesses: [{ id: 'global.update' }] }],
          },
          job: 'https://ci.example/jobs/7',
          next: 'zds apply --approve d',
        },
      },
    ])
    await notifier(server.url).ended?.(ended(), testRun())
    expect(server.received.map(({ body }) => body).join()).not.toMatch(/KEY-|Acme|Bolt/)
  })

  it('the end of a run: done, recovered, or stopped with the code and the command that goes on', async () => {
    const server = await serverOf(ok())
    const observer = notifier(server.url)
    await observer.ended?.(ended(), testRun())
    await observer.ended?.(ended({ resumed: true, endedAt: '2026-03-16T11:00:00.000Z' }), testRun())
    const error = new ZdsError('LOCK_LOST', 'the lock of Acme is lost')
    await observer.ended?.(ended({ status: 'failed', error }), testRun())
    expect(eventsAt(server).map(({ type }) => type)).toEqual(['done', 'recovered', 'stopped'])
    expect(eventsAt(server)[0]?.data.outcomes).toEqual([{ sync: 'global', done: 1, failed: 1 }])
    expect(eventsAt(server)[2]?.data).toMatchObject({ run: 'run-1', error: 'LOCK_LOST', next: 'zds apply --resume' })
  })

  it('that a plan could not be made, in a job, by code; and how to plan again what failed', async () => {
    const server = await serverOf(ok())
    const failure = { run: 'run-2', error: new ZdsError('AUTH_FAILED', 'of Acme'), at: '2026-03-16T10:00:00.000Z' }
    await notifier(server.url).notPlanned?.(failure, testRun())
    await notifier(server.url).ended?.(ended(), testRun())
    const job = 'https://ci.example/jobs/7'
    expect(eventsAt(server)[0]).toMatchObject({
      type: 'not-planned',
      data: { run: 'run-2', error: 'AUTH_FAILED', job, next: 'zds plan' },
    })
    expect(eventsAt(server)[1]).toMatchObject({ type: 'done', data: { job, next: 'zds plan --failed-from run-1' } })
    vi.stubEnv('CI_JOB_URL', '').stubEnv('GITHUB_RUN_ID', undefined)
    await notifier(server.url, { job: setting('JOB', undefined) }).notPlanned?.(failure, testRun())
    vi.unstubAllEnvs()
    expect(server.received).toHaveLength(2)
  })

  it('plans only where they are asked for', async () => {
    const server = await serverOf(ok())
    await notifier(server.url).planned?.(plan, testRun())
    expect(server.received).toEqual([])
    await notifier(server.url, { events: ['planned'] }).planned?.(plan, testRun())
    await notifier(server.url, { events: ['planned'] }).ended?.(ended(), testRun())
    expect(eventsAt(server).map(({ type }) => type)).toEqual(['planned'])
  })
})

describe('how it is posted', () => {
  it('signed as Standard Webhooks are', async () => {
    const server = await serverOf(ok())
    await notifier(server.url).ended?.(ended(), testRun())
    const [posted] = server.received
    if (posted === undefined) throw new Error('nothing was posted')
    const { headers, body } = posted
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update(
      [headers['webhook-id'], headers['webhook-timestamp'], body].join('.'),
    )
    expect(headers['webhook-signature']).toBe(`v1,${signature.digest('base64')}`)
    expect(headers['content-type']).toBe('application/json')
  })

  it('again after a lost answer or a 503, under the same id', async () => {
    const server = await serverOf(cut, { status: 503 }, ok())
    const run = testRun()
    await notifier(server.url).ended?.(ended(), run)
    expect(server.received).toHaveLength(3)
    expect(new Set(server.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(run.told).toEqual([])
  })

  it('a receiver that is down, or refuses, is a warning without the address', async () => {
    const run = testRun()
    await notifier(await deadUrl()).ended?.(ended(), run)
    const server = await serverOf({ status: 400, body: 'no' })
    await notifier(server.url).ended?.(ended(), run)
    expect(run.told).toHaveLength(2)
    expect(run.told.every((line) => line.startsWith('the event done did not go through: '))).toBe(true)
    expect(run.told.join()).not.toContain('127.0.0.1')
  })

  it.each(['hooks.example/s3cret-path', 'http://hooks.example/s3cret-path'])(
    'not to what is no address, or in plain text to another machine (%s): its variable is told, not its value',
    async (address) => {
      const run = testRun()
      await notifier(address).ended?.(ended(), run)
      expect(run.told).toEqual(['the event done did not go through: ZDS_WEBHOOK_URL is not a usable address'])
    },
  )

  it('not without an address or a secret, which is said', async () => {
    const run = testRun()
    await notifier(undefined).ended?.(ended(), run)
    expect(run.told).toEqual(['ZDS_WEBHOOK_URL not set, so no event is posted'])
  })
})

const laws = observerLaws(async () => {
  const server = await serverOf(ok())
  return { observer: notifier(server.url), run: testRun, close: async () => undefined }
})
testLaws(test, 'webhook', laws)

it('an option that is none is refused', () => {
  expect(() =>
    webhookNotify({ url: settingOf('U', 'x'), secret: settingOf('S', 'x'), events: ['nothing' as 'done'] }),
  ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
