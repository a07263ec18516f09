import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import {
  CHANNELS,
  countsOf,
  follow,
  followWaits,
  http,
  limiter,
  type RequestMessage,
  type StageMessage,
  type WaitMessage,
} from 'zds'
import { requestChannel, routeOf, statusOf, tellWait } from '../../src/core/channels.ts'
import { stages } from '../../src/core/config/stages.ts'
import { schedule } from '../../src/core/run/schedule.ts'
import { testRun } from 'zds/testing'
import { ok, serverOf } from '../support/server.ts'
import { sourceOf, syncOf, targetOf } from '../support/syncs.ts'

const ends: (() => void)[] = []
afterEach(() => ends.splice(0).forEach((end) => end()))
const POLICY = { timeoutMs: 1_000, attempts: 3, baseDelayMs: 10 }
const UNWATCHED = {
  scheduled: () => undefined,
  started: () => undefined,
  progress: () => undefined,
  rows: () => undefined,
  ended: () => undefined,
  warn: () => undefined,
}

describe('what is told of requests', () => {
  it('service, method, a route without ids and query, and the status: no host, no address of anybody (OPS-08)', async () => {
    const server = await serverOf({ status: 503 }, ok({}))
    const told: RequestMessage[] = []
    const waits: WaitMessage[] = []
    ends.push(
      follow(
        'request',
        () => undefined,
        (message) => void told.push(message),
      ),
      followWaits((message) => void waits.push(message)),
    )
    const send = http({ service: 'desk', policy: POLICY })
    await send({ method: 'GET', url: `${server.url}/api/v2/users/77?query=ada@agency.example` }, testRun())
    const each = { service: 'desk', method: 'GET', route: '/api/v2/users/#' }
    expect(told).toMatchObject([
      { ...each, error: { status: 503 } },
      { ...each, result: { status: 200 } },
    ])
    expect(Object.keys(told[1] ?? {}).toSorted()).toEqual(['method', 'result', 'route', 'service'])
    expect(waits).toEqual([{ service: 'desk', ms: expect.any(Number), because: 'retry', status: 503 }])
  })

  it('in the asynchronous context of whoever asked, also where another request let it through', async () => {
    const server = await serverOf(...Array.from({ length: 6 }, () => ok({})))
    const asker = new AsyncLocalStorage<string>()
    const told: [string, string | undefined][] = []
    ends.push(
      follow(
        'request',
        ({ route }) => void told.push([route, asker.getStore()]),
        () => undefined,
      ),
    )
    const send = http({ service: 'desk', policy: POLICY, limiter: limiter({ service: 'desk', concurrency: 1 }) })
    const run = testRun()
    const ask = (name: string) => asker.run(name, () => send({ method: 'GET', url: `${server.url}/${name}` }, run))
    await Promise.all(['a', 'b', 'a', 'c', 'b', 'a'].map(ask))
    expect(told).toEqual(['a', 'b', 'a', 'c', 'b', 'a'].map((name) => [`/${name}`, name]))
  })

  it('a wait for the limit of a service, and how long', async () => {
    const waits: WaitMessage[] = []
    ends.push(followWaits((message) => void waits.push(message)))
    const run = testRun()
    const paced = limiter({ service: 'desk' })
    paced.pause(run.clock.now().getTime() + 7_000)
    await paced.enter(async () => undefined, run)
    expect(waits).toEqual([{ service: 'desk', ms: 7_000, because: 'limit' }])
  })

  it.each<[Pick<RequestMessage, 'result' | 'error'>, number]>([
    [{ result: { status: 201 } }, 201],
    [{ error: { status: 503 } }, 503],
    [{ error: new Error('no answer') }, 0],
    [{ error: { status: 'odd' } }, 0],
    [{ error: 'odd' }, 0],
    [{ error: null }, 0],
    [{}, 0],
  ])('the status of %j is %i', (end, status) => {
    expect(statusOf({ service: 'desk', method: 'GET', route: '/', ...end })).toBe(status)
  })

  it.each([
    ['/services/data/v60.0/sobjects/Account/001PL0000000005YAA', '/services/data/v60.0/sobjects/Account/#'],
    ['/services/oauth2/token', '/services/oauth2/token'],
    ['/services/data/v60.0/query/01gPL-2000', '/services/data/v60.0/query/#'],
    ['/api/v2/organizations/123.json', '/api/v2/organizations/#'],
    ['/api/v2/organizations/create_many.json', '/api/v2/organizations/create_many.json'],
    ['/api/chat.postMessage', '/api/chat.postMessage'],
    ['/hook/mYsEcReTpAtHtHaTnObOdYsHaLlSeE', '/hook/#'],
    ['/u/ada%40agency.example', '/u/#'],
  ])('the route of %s is %s', (path, route) => {
    expect(routeOf(`https://acme.example${path}?a=b`)).toBe(route)
  })
})

describe('what is told of stages', () => {
  const accounts = sourceOf('accounts')
  const contacts = sourceOf('contacts')
  const desk = targetOf({ name: 'desk' })
  const agency = { ...targetOf({ name: 'agency' }), confined: true }
  const all = stages({
    sources: { accounts, contacts },
    targets: {
      desk: syncOf({}, { desired: sourceOf('desk-people', [], { needs: [accounts] }), target: desk }),
      agency: syncOf({}, { desired: sourceOf('agency-people', [], { needs: [accounts, contacts] }), target: agency }),
    },
  })

  it('OPS-08: confined is what only instances read that keep their records to themselves', () => {
    expect(
      all
        .filter(({ confined }) => confined)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['apply:agency', 'compare:agency', 'gather:agency', 'gather:agency-people', 'gather:contacts'])
  })

  it('each from its start to its end, with what it came to, and with the error that ended it', async () => {
    const told: (StageMessage & { readonly at: string })[] = []
    const note = (at: string) => (message: StageMessage) => void told.push({ ...message, at })
    ends.push(follow('stage', note('start'), note('end')))
    const lost = new Error('lost')
    const work = async ({ id }: { readonly id: string }) => {
      if (id === 'gather:contacts') throw lost
      return { kind: 'rows', rows: 3 }
    }
    const some = all.filter(({ id }) => /^gather:(accounts|contacts)$/.test(id))
    const signal = new AbortController().signal
    await expect(schedule(some, work, { signal, watch: UNWATCHED })).rejects.toBe(lost)
    expect(told).toEqual([
      { stage: 'gather:accounts', confined: false, at: 'start' },
      { stage: 'gather:contacts', confined: true, at: 'start' },
      { stage: 'gather:accounts', confined: false, at: 'end', result: { kind: 'rows', rows: 3 } },
      { stage: 'gather:contacts', confined: true, at: 'end', error: lost },
    ])
  })

  it('in numbers: rows, operations, changes', () => {
    expect(countsOf({ kind: 'rows', rows: 3, complete: true })).toEqual({ rows: 3 })
    expect(
      countsOf({ kind: 'plan', plan: { changes: [{ op: 'create' }, { op: 'update' }, { op: 'create' }] } }),
    ).toEqual({
      create: 2,
      update: 1,
    })
    expect(countsOf({ kind: 'changes', done: 2, planned: 3 })).toEqual({ done: 2, planned: 3 })
    for (const nothing of [undefined, null, 'done']) expect(countsOf(nothing)).toEqual({})
  })

  it('nobody is told anything any more once he has ended it', () => {
    const heard: unknown[] = []
    const listener = (message: unknown): void => void heard.push(message)
    subscribe(CHANNELS.wait, listener)
    unsubscribe(CHANNELS.wait, listener)
    follow('request', listener, listener)()
    followWaits(listener)()
    requestChannel.tracePromise(async () => 1, { service: 'desk', method: 'GET', route: '/' }).catch(listener)
    tellWait({ service: 'desk', ms: 1, because: 'retry' })
    expect(heard).toEqual([])
  })
})
