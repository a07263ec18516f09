import { afterEach, describe, expect, it, vi } from 'vitest'
import { ZdsError, type RunEnd, type Observer, type Outcomes, type Plan } from 'zds'
import { startSandbox, type Fault, type Sandbox, type SandboxOptions } from 'zds/sandbox'
import { slackNotify, type SlackOptions } from 'zds/slack-notify'
import { deadUrl, ok, serverOf, silence } from '../../support/server.ts'
import { testRun, type TestRun } from 'zds/testing'
import { change, done, failed, outcomesOf, planOf, setting, syncPlan } from './scene.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
  vi.unstubAllEnvs()
})

const TOKEN = 'xoxb-sandbox'
const HTTP = { timeoutMs: 300, attempts: 3, baseDelayMs: 10 }
const EMPTY = { salesforce: {}, zendesk: {} }

async function sandboxOf(faults: readonly Fault[] = [], more: SandboxOptions = {}): Promise<Sandbox> {
  open = await startSandbox({ world: EMPTY, faults, ...more })
  return open
}

const channel = setting('SLACK_CHANNEL', 'C0SANDBOX')
const everywhere = { 'without-people': channel, failures: channel, limits: channel, summary: channel }

const notifier = (apiUrl: string | undefined, options: Partial<SlackOptions> = {}): Observer =>
  slackNotify({
    token: setting('SLACK_BOT_TOKEN', TOKEN),
    apiUrl: setting('SLACK_API_URL', apiUrl),
    channels: everywhere,
    http: HTTP,
    ...options,
  })

const plan = planOf(syncPlan('global', [change('create', 'A', 'Acme'), change('update', 'B')]))
const outcomes = outcomesOf({ global: [done('A', 0), failed('B')] })
/** So many that it takes several messages. */
const crowd = Array.from({ length: 600 }, (_, n) => `001${String(n).padStart(15, '0')}`)
const crowded = planOf(
  syncPlan(
    'global',
    crowd.map((key) => change('create', key, `Organization ${key}`)),
  ),
)
const crowdedOutcomes = outcomesOf({ global: crowd.map((key) => done(key, 0)) })

/** The end of a run that went well. */
const endedWith = (of: { readonly plan: Plan; readonly outcomes: Outcomes }, more: Partial<RunEnd> = {}): RunEnd => ({
  ...of,
  run: 'run-1',
  status: 'done',
  error: undefined,
  startedAt: '2026-03-16T10:00:00.000Z',
  endedAt: '2026-03-16T10:01:00.000Z',
  resumed: false,
  ...more,
})

const applied = async (observer: Observer, run: TestRun = testRun(), of = { plan, outcomes }) => {
  await observer.ended?.(endedWith(of), run)
  return run
}
const postsTo = (sandbox: Sandbox) => sandbox.requests.filter(({ path }) => path === '/api/chat.postMessage')

describe('posting', () => {
  it('one digest a channel: everything that a run has to tell in one message (SYN-04)', async () => {
    const { slack, env } = await sandboxOf()
    const run = await applied(notifier(env['SLACK_API_URL']))
    expect(slack.messages).toHaveLength(1)
    expect(JSON.stringify(slack.messages)).toMatch(
      /1 created, 0 updated.*Changes that failed.*1 of 2 changes.*\*global\* B name-taken.*Acme \(A\)/,
    )
    expect(slack.messages[0]?.text).toContain('New organizations without people: 1')
    expect(run.told).toEqual([])
  })

  it('a name in countsOnly that no instance has is told with each plan: it was to keep something (OPS-08)', async () => {
    const run = testRun()
    await notifier(undefined, { countsOnly: ['gobal', 'global'] }).planned?.(plan, run)
    expect(run.told).toEqual(['countsOnly names gobal, which is no instance: there are global'])
  })

  it('which topic goes to which channel is configuration; a topic without one is told nowhere', async () => {
    const server = await serverOf(ok({ ok: true, ts: '1', channel: 'C' }))
    const channels = { failures: setting('A', '#alerts'), 'without-people': setting('B', '#support') }
    await applied(notifier(`${server.url}/api/`, { channels }))
    const posted = server.received.map(({ body }) => new URLSearchParams(body))
    expect(new Set(posted.map((form) => form.get('channel')))).toEqual(new Set(['#alerts', '#support']))
    expect(posted).toHaveLength(2)
    const of = (name: string) => posted.find((form) => form.get('channel') === name)?.get('blocks')
    expect(of('#alerts')).toContain('name-taken')
    expect(of('#alerts')).not.toContain('Acme')
    expect(of('#support')).toContain('Acme')
    expect(posted.map((form) => form.get('blocks')).join('')).not.toContain('Sync of')
  })

  it('a link to the job, once a channel; a plan that could not be made is told of in a job only', async () => {
    const { slack, env } = await sandboxOf()
    const channels = { ...everywhere, stopped: channel }
    const failure = { run: 'run-2', error: new ZdsError('AUTH_FAILED', 'of Acme'), at: '2026-03-16T10:00:00.000Z' }
    const told = async (job: string | undefined) => {
      const observer = notifier(env['SLACK_API_URL'], { channels, job: setting('JOB', job) })
      await observer.notPlanned?.(failure, testRun())
      await applied(observer)
    }
    vi.stubEnv('CI_JOB_URL', '').stubEnv('GITHUB_RUN_ID', undefined)
    await told(undefined)
    expect(slack.messages).toHaveLength(1)
    expect(JSON.stringify(slack.messages)).not.toContain('|The job>')
    await told('https://ci.example/jobs/7')
    const [failed, ended] = slack.messages.slice(1).map((message) => JSON.stringify(message))
    expect(failed).toMatch(/A sync could not be planned.*0 changes are done.*run-2: AUTH_FAILED.*`zds plan`/)
    expect(failed).not.toContain('Acme')
    for (const message of [failed, ended]) expect(message?.split('<https://ci.example/jobs/7|The job>')).toHaveLength(2)
  })

  it('several messages of a channel come in order, a second apart by the clock', async () => {
    const { slack, env } = await sandboxOf()
    const run = await applied(notifier(env['SLACK_API_URL']), testRun(), { plan: crowded, outcomes: crowdedOutcomes })
    expect(slack.messages.length).toBeGreaterThan(1)
    expect(run.clock.pauses).toEqual(slack.messages.slice(1).map(() => 1_000))
    const said = JSON.stringify(slack.messages)
    expect(crowd.map((key) => said.indexOf(key))).toEqual(
      crowd.map((key) => said.indexOf(key)).toSorted((a, b) => a - b),
    )
    expect(said).toContain(crowd.at(-1))
  })

  it('a run that was refused is told of, one without changes is not', async () => {
    const { slack, env } = await sandboxOf()
    const excess = {
      id: 'global.update',
      op: 'update',
      count: 9,
      existing: 10,
      limit: 0.3,
      examples: [],
      message: '9 of 10 records would be updated',
    } as const
    await notifier(env['SLACK_API_URL']).refused?.(planOf(syncPlan('global', [], { excesses: [excess] })), testRun())
    expect(JSON.stringify(slack.messages)).toContain('9 of 10 records would be updated')
    await applied(notifier(env['SLACK_API_URL']), testRun(), {
      plan: planOf(syncPlan('global', [])),
      outcomes: new Map(),
    })
    expect(slack.messages).toHaveLength(1)
  })
})

describe('when Slack does not take it', () => {
  it.each([
    ['no answer', { kind: 'latency', ms: 2_000 }],
    ['a lost answer', { kind: 'lost' }],
    ['500', { kind: 'status', status: 500 }],
    ['502 as HTML', { kind: 'html' }],
    ['503 with Retry-After', { kind: 'status', status: 503, retryAfter: 0 }],
    ['HTML with status 200', { kind: 'html', status: 200 }],
  ] as const)('%s: it is posted at most once, and a warning says so', async (_what, effect) => {
    const sandbox = await sandboxOf([{ service: 'slack', times: 0, ...effect }])
    const run = await applied(notifier(sandbox.env['SLACK_API_URL']), testRun(), {
      plan: crowded,
      outcomes: crowdedOutcomes,
    })
    expect(postsTo(sandbox)).toHaveLength(1)
    expect(run.told).toHaveLength(1)
    expect(run.told[0]).toMatch(/^a message to C0SANDBOX did not go through: /)
  })

  it('429 with Retry-After: it waits that long by the clock, and posts', async () => {
    const sandbox = await sandboxOf([{ service: 'slack', kind: 'status', preset: 'rate-limit', retryAfter: 7 }])
    const run = await applied(notifier(sandbox.env['SLACK_API_URL']))
    expect(run.clock.pauses).toEqual([7_000])
    expect(run.told).toEqual([])
    expect(sandbox.slack.messages).toHaveLength(1)
  })

  it('429 without Retry-After is tried again as well, as often as the policy allows', async () => {
    const sandbox = await sandboxOf([{ service: 'slack', kind: 'status', preset: 'rate-limit-no-header', times: 0 }])
    const run = await applied(notifier(sandbox.env['SLACK_API_URL']))
    expect(postsTo(sandbox)).toHaveLength(3)
    expect(run.told).toHaveLength(1)
    expect(run.told[0]).toMatch(/did not go through/)
  })

  it.each([
    ['channel_not_found', /Slack answered channel_not_found: give the id of a channel that the bot was invited to$/],
    ['invalid_auth', /Slack answered invalid_auth: check SLACK_BOT_TOKEN$/],
    ['missing_scope', /Slack answered missing_scope: the bot needs the scope chat:write$/],
    ['msg_too_long', /Slack answered msg_too_long$/],
  ])('ok: false with %s is a warning that says what to do, without the token', async (error, words) => {
    const server = await serverOf(ok({ ok: false, error }))
    const run = await applied(notifier(`${server.url}/api/`))
    expect(server.received).toHaveLength(1)
    expect(run.told).toHaveLength(1)
    expect(run.told[0]).toMatch(words)
    expect(run.told.join()).not.toContain(TOKEN)
  })

  it('a channel that is refused does not keep another from being told; a Slack that is down does', async () => {
    const refused = await serverOf(ok({ ok: false, error: 'not_in_channel' }), ok({ ok: true, ts: '1' }))
    const channels = { failures: setting('A', 'C1'), 'without-people': setting('B', 'C2') }
    await applied(notifier(`${refused.url}/api/`, { channels }))
    expect(refused.received).toHaveLength(2)
    const down = await serverOf(silence)
    const run = await applied(notifier(`${down.url}/api/`, { channels }))
    expect(down.received).toHaveLength(1)
    expect(run.told).toEqual([expect.stringMatching(/^a message to C1, C2 did not go through: /)])
    const later = await serverOf(ok({ ok: true, ts: '1' }), silence)
    const told = [...(await applied(notifier(`${later.url}/api/`, { channels }))).told]
    expect(told).toEqual([expect.stringMatching(/^a message to C2 did not go through: /)])
  })

  it('nobody listens: a warning after the attempts of the policy', async () => {
    const run = await applied(notifier(`${await deadUrl()}/api/`))
    expect(run.told).toHaveLength(1)
    expect(run.told[0]).toMatch(/did not go through.*no connection/)
  })

  it('an abort ends it with the reason of the abort', async () => {
    const down = await serverOf(silence)
    const run = testRun()
    const reason = new Error('enough')
    setTimeout(() => run.abort(reason), 50)
    await expect(applied(notifier(`${down.url}/api/`), run)).rejects.toBe(reason)
  })
})

describe('settings', () => {
  it('without a token nothing is posted, and one line says so', async () => {
    const { slack, env, requests } = await sandboxOf()
    const run = await applied(notifier(env['SLACK_API_URL'], { token: setting('SLACK_BOT_TOKEN', undefined) }))
    expect(run.told).toEqual(['SLACK_BOT_TOKEN is not set, so nothing is posted'])
    expect([slack.messages, requests]).toEqual([[], []])
  })

  it('a channel that is not set is told nothing, and one line says so; without anything to tell, none does', async () => {
    const { requests, env } = await sandboxOf()
    const unset = setting('SLACK_CHANNEL', undefined)
    const observer = notifier(env['SLACK_API_URL'], { channels: { failures: unset, summary: unset } })
    expect((await applied(observer)).told).toEqual(['SLACK_CHANNEL is not set, so its channel is told nothing'])
    expect((await applied(observer, testRun(), { plan: planOf(), outcomes: new Map() })).told).toEqual([])
    expect(requests).toEqual([])
  })

  it('a topic that does not exist is an error of the configuration', () => {
    // What a user without a compiler could write.
    const wrong = { token: setting('T', 'x'), channels: { sumary: channel } } as never
    expect(() => slackNotify(wrong)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error)
  })
})
