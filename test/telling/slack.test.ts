import { afterEach, describe, expect, test } from 'vitest'
import { startSandbox, type Fault, type Sandbox } from 'zds/sandbox'
import { slackLinesUnder } from '../support/slack.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

async function started(
  name: 'cases' | 'plain',
  options: { faults?: readonly Fault[]; env?: { [name: string]: string } } = {},
) {
  const { world, expected, environment } = sampleWorld(name)
  const sandbox = await startSandbox({ world, faults: options.faults ?? [] })
  const here = project({ ...sandbox.env, ...environment, ...options.env })
  open = { sandbox, here }
  const posted = () => sandbox.slack.messages.map((message) => JSON.stringify(message)).join('\n')
  return { sandbox, here, expected, posted, apply: () => here.zds('apply', '--yes', '--as-of', expected.asOf) }
}

describe('Slack, after an apply', () => {
  test('hears of it once, in one message; an apply with nothing to do posts nothing (SYN-04)', async () => {
    const { sandbox, apply, expected } = await started('plain')
    expect(await apply()).toMatchObject({ code: 0 })
    expect(sandbox.slack.messages).toHaveLength(1)
    expect(slackLinesUnder(sandbox.slack.messages, `Sync of ${expected.asOf}`)).toEqual([
      '*global*: 7 created, 26 updated, 3 retired',
      '*us-gov*: 0 created, 1 updated, 1 retired',
      '*partners*: 1 created, 1 updated, 0 retired',
      '*us-gov-users*: 4 created, 3 updated, 0 retired',
    ])
    const { length } = sandbox.requests.filter(({ service }) => service === 'slack')
    expect(await apply()).toMatchObject({ code: 0 })
    expect(sandbox.requests.filter(({ service }) => service === 'slack')).toHaveLength(length)
  })

  test('hears of a refused apply: the limits, in numbers, and of no record (SAFE-01, OPS-08)', async () => {
    const { sandbox, apply, posted } = await started('cases')
    expect(await apply()).toMatchObject({ code: 3 })
    expect(sandbox.slack.messages).toHaveLength(1)
    const lines = slackLinesUnder(sandbox.slack.messages, 'A sync was refused: it goes beyond its limits')
    expect(lines[0]).toMatch(/^\*global\*: \d+ to create, \d+ to update, \d+ to retire$/)
    expect(lines.find((line) => /^\*us-gov-users\*.* of /.test(line))).toMatch(/\d+ of \d+ /)
    expect(lines.at(-1)).toMatch(/^To go on: `zds apply --approve [\da-f]{12} --as-of [\d-]{10}`$/)
    expect(posted()).not.toMatch(/001PL|@|Case \d/)
    expect(sandbox.requests.filter(({ service, method }) => service.length > 5 && method === 'PUT')).toEqual([])
  })

  test('hears of failures of Global by record, of those of US Government by number (OPS-08)', async () => {
    const taken = {
      error: 'RecordInvalid',
      description: 'Invalid',
      details: { email: [{ description: 'Email: taken', error: 'DuplicateValue' }] },
    }
    const { apply, sandbox, posted } = await started('plain', {
      faults: [
        {
          service: 'us_gov',
          method: 'POST',
          path: '/users',
          kind: 'status',
          status: 422,
          responseBody: taken,
          times: 0,
        },
        {
          service: 'global',
          method: 'PUT',
          kind: 'rows',
          rows: { indexes: [0] },
          error: 'OrganizationUpdateFailed',
          details: 'Busy',
        },
      ],
    })
    expect(await apply()).toMatchObject({ code: 4 })
    const lines = slackLinesUnder(sandbox.slack.messages, 'Changes that failed')
    expect(lines).toContain('• *us-gov-users*: 4 × email-taken')
    // The first job of the instance: customers and partners go side by side.
    const record = /^• \*(?:global|partners)\* 001PL\w+ organization-update-failed: .*Busy/
    expect(lines.filter((line) => record.test(line))).toHaveLength(1)
    expect(posted()).not.toContain('agency.example')
  })
})

const LINK = '<https://ci.example/jobs/7|The job>'

describe('Slack, told by a CI job', () => {
  const env = { CI_JOB_URL: 'https://ci.example/jobs/7', ZDS_HTTP_ATTEMPTS: '1' }

  test('a refusal has a command that passes exactly this plan where it is copied', async () => {
    const { sandbox, apply, here, expected } = await started('cases', { env })
    expect(await apply()).toMatchObject({ code: 3 })
    const lines = slackLinesUnder(sandbox.slack.messages, 'A sync was refused: it goes beyond its limits')
    expect(lines.at(-1)).toBe(LINK)
    const command = /^To go on: `zds (.+)`$/.exec(lines.at(-2) ?? '')?.[1] ?? ''
    expect((await here.zds(...command.split(' '), '--yes')).code).not.toBe(3)
    expect(slackLinesUnder(sandbox.slack.messages, `Sync of ${expected.asOf}`)).not.toEqual([])
  })

  test('a run that stops, is gone on with by the command that is told, and is over (SYN-04)', async () => {
    const broken: Fault = { service: 'us_gov', path: '/organizations/show_many?ids=', kind: 'status', status: 500 }
    const { sandbox, apply, here, expected } = await started('plain', { env, faults: [broken] })
    expect((await apply()).code).toBe(1)
    const [counts, line, onward, link] = slackLinesUnder(sandbox.slack.messages, 'A sync stopped before it was done')
    expect(counts).toMatch(/^\d+ of 47 changes are done$/)
    expect(line).toMatch(/^• run \S+ failed: HTTP_UNAVAILABLE$/)
    expect([onward, link]).toEqual(['To go on: `zds apply --resume`', LINK])
    expect(await here.zds('apply', '--resume')).toMatchObject({ code: 0 })
    const over = slackLinesUnder(sandbox.slack.messages, 'A sync that had stopped is over')
    expect(over[0]).toMatch(/^\d+ of 47 changes are done since it went on$/)
    expect((await here.zds('plan', '--as-of', expected.asOf, '--detailed-exitcode')).code).toBe(0)
  })

  test('a plan that could not be made: the code, and no word of a record', async () => {
    const down: Fault = {
      service: 'us_gov',
      method: 'GET',
      path: '/organizations',
      kind: 'status',
      status: 503,
      times: 0,
    }
    const { sandbox, apply } = await started('plain', { env, faults: [down] })
    expect((await apply()).code).toBe(1)
    expect(slackLinesUnder(sandbox.slack.messages, 'A sync could not be planned')).toEqual([
      '0 changes are done',
      expect.stringMatching(/^• run \S+: HTTP_UNAVAILABLE$/),
      'To go on: `zds plan`',
      LINK,
    ])
  })
})

describe('a Slack that is not there or says no fails no apply', () => {
  test.each([
    [
      'does not know the token',
      [],
      { SLACK_BOT_TOKEN: 'xoxb-secret-of-somebody' },
      'invalid_auth: check SLACK_BOT_TOKEN',
    ],
    ['does not know the channel', [], { SLACK_CHANNEL: '#nowhere' }, 'channel_not_found'],
    ['answers 500', [{ service: 'slack', kind: 'status', status: 500, times: 0 }], {}, 'did not go through'],
    ['loses the answer', [{ service: 'slack', kind: 'lost', times: 0 }], {}, 'did not go through'],
    ['is told no token', [], { SLACK_BOT_TOKEN: '' }, 'SLACK_BOT_TOKEN is not set, so nothing is posted'],
  ] as const)('it %s', async (_what, faults, env, warning) => {
    const { apply, sandbox } = await started('plain', { faults, env })
    const { code, stdout, stderr } = await apply()
    expect(code).toBe(0)
    expect(stderr).toContain('Warning: slack: ')
    expect(stderr).toContain(warning)
    expect(stdout + stderr).not.toMatch(/xoxb-/)
    expect(sandbox.requests.filter(({ service }) => service === 'slack').length).toBeLessThanOrEqual(1)
  })
})
