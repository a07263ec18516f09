import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { sandboxCommand, type SandboxCommandOptions } from '../../src/sandbox/command.ts'
import { startSandbox } from 'zds/sandbox'
import { send, smallWorld, zendeskClient } from './client.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Runs the command, gives its lines to `look` once it waits, then stops it. */
async function run(
  options: SandboxCommandOptions,
  look: (lines: string[]) => Promise<void> = async () => {},
): Promise<string[]> {
  const stop = new AbortController()
  const lines: string[] = []
  const started = Promise.withResolvers<void>()
  const out = (line: string): void => {
    lines.push(line)
    if (line.startsWith('Press Ctrl+C')) started.resolve()
  }
  const ended = sandboxCommand(options, { out, signal: stop.signal })
  await Promise.race([ended, started.promise])
  try {
    await look(lines)
  } finally {
    stop.abort()
    await ended
  }
  return lines
}

test('serves a world file with faults, and writes the environment for its owner only', async () => {
  const writeEnv = file('.env', '# Written by zds sandbox; another time.\nOLD=1\n')
  const faults = file('faults.json', [{ service: 'global', path: '/oauth/tokens', kind: 'status', status: 503 }])
  const lines = await run({ world: file('world.json', smallWorld), faults, writeEnv }, async () => {
    expect(statSync(writeEnv).mode & 0o777).toBe(0o600)
    const env = Object.fromEntries(
      readFileSync(writeEnv, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    )
    expect((await send(`${env['ZENDESK_GLOBAL_URL']}/oauth/tokens`, 'POST', {})).status).toBe(503)
    expect((await send(`${env['ZENDESK_GLOBAL_URL']}/oauth/tokens`, 'POST', {})).status).toBe(400)
  })
  expect(lines.join('\n')).toMatch(/Salesforce {2}http:\/\/127\.0\.0\.1:\d+ {2}3 accounts/)
  expect(lines.join('\n')).toContain('global: 3 organizations, 3 users')
  expect(lines.join('\n')).toContain(`npx zds plan --env ${writeEnv} --as-of 2026-03-16`)
})

test('a file of variables that has blanks in its name is named so that a shell takes it as one', async () => {
  const writeEnv = file("of mine, don't.env", '')
  const lines = await run({ accounts: 5, writeEnv })
  expect(lines.join('\n')).toContain(`npx zds plan --env '${writeEnv.replace("'", String.raw`'\''`)}'`)
})

test('generates accounts and prints the environment', async () => {
  const lines = await run({ accounts: 20, seed: 2, asOf: '2026-03-16' })
  expect(lines.join('\n')).toContain('20 accounts')
  expect(lines).toContainEqual(expect.stringContaining('ZENDESK_US_GOV_URL=http://127.0.0.1:'))
})

test('the data of the start is written as a world, which another sandbox serves; nothing else is replaced', async () => {
  const writeWorld = join(folder, 'written.json')
  await run({ accounts: 8, asOf: '2026-03-16', instance: ['emea'], column: ['Account.Industry'], writeWorld })
  const lines = await run({ world: writeWorld, field: ['emea.tier:text'], writeWorld })
  expect(lines.join('\n')).toContain('8 accounts')
  expect(lines.join('\n')).toContain('emea: 0 organizations')
  expect(readFileSync(writeWorld, 'utf8')).toContain('"key":"tier"')
  const other = file('mine.json', smallWorld)
  await expect(run({ accounts: 8, writeWorld: other })).rejects.toThrow('give --write-world another name')
  expect(JSON.parse(readFileSync(other, 'utf8'))).toEqual(smallWorld)
})

test('shows the messages that Slack has got', async () => {
  const writeEnv = file('slack.env', '')
  const lines = await run({ accounts: 5, writeEnv }, async () => {
    const { SLACK_API_URL: url = '', SLACK_BOT_TOKEN: token = '' } = parseEnv(readFileSync(writeEnv, 'utf8'))
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'first\nsecond' } }]
    const body = { channel: 'zds', text: 'Two lines', blocks }
    expect((await send(`${url}chat.postMessage`, 'POST', body, { Authorization: `Bearer ${token}` })).status).toBe(200)
  })
  expect(lines.join('\n')).toContain('Slack C0SANDBOX: Two lines\n  first\n  second\n')
})

describe('says what is wrong', () => {
  test.each<[SandboxCommandOptions, string]>([
    [{ accounts: -1 }, '--accounts must be a whole number from 0 to 1000000, not -1'],
    [{ asOf: '2026-02-30' }, '--as-of must be a date such as 2026-03-16'],
    [{ accounts: 3, world: 'w.json' }, '--world brings its own data'],
    [{ world: join(folder, 'none.json') }, 'Cannot read the world file'],
    [{ world: file('broken.json', '{') }, 'broken.json is not JSON'],
    [{ world: file('w1.json', {}) }, 'w1.json: salesforce must be an object'],
    [
      { world: file('w2.json', { salesforce: { Account: [{ Name: 'x' }] }, zendesk: {} }) },
      "w2.json: salesforce.Account[0] must be a row with an 'Id'",
    ],
    [
      { world: file('w3.json', { salesforce: {}, zendesk: { global: {} } }) },
      'w3.json: zendesk.global.organizations must be a list',
    ],
    [{ world: file('w4.json', { salesforce: {}, zendesk: { 'US Gov': {} } }) }, 'is no instance name'],
    [
      {
        world: file('w5.json', {
          salesforce: {},
          zendesk: {
            a: { organizations: [], users: [], organization_fields: [{ key: 'k', type: 'number' }], user_fields: [] },
          },
        }),
      },
      'w5.json: zendesk.a.organization_fields[0].type must be one of text, textarea, integer',
    ],
    [{ accounts: 1, faults: file('f1.json', {}) }, 'f1.json: the content must be a list of faults'],
    [
      {
        accounts: 1,
        faults: file('f2.json', [
          { service: 'global', kind: 'cut' },
          { service: 'x', kind: 'cut' },
        ]),
      },
      'f2.json: [1].service must be one of salesforce, slack, zendesk, global, us_gov',
    ],
  ])('%o', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message)
  })
})

test('fixed ports are taken in a row, and a snapshot starts the same sandbox again', async () => {
  const sandbox = await startSandbox({ world: smallWorld, port: 18_211 })
  const client = await zendeskClient(sandbox)
  await client('PUT', '/api/v2/organizations/11', { organization: { notes: 'kept' } })
  expect([sandbox.salesforce.url, sandbox.zendesk['global']?.url, sandbox.slack.url]).toEqual(
    [18_211, 18_212, 18_213].map((port) => `http://127.0.0.1:${port}`),
  )
  const again = await startSandbox({ world: sandbox.snapshot() })
  expect(again.zendesk['global']?.organizations[0]).toMatchObject({ id: 11, notes: 'kept' })
  expect(again.salesforce.tables).toEqual(sandbox.salesforce.tables)
  await Promise.all([sandbox.close(), again.close()])
})

test('a world may have any instances: each has its own port, data, and variables', async () => {
  const empty = { organizations: [], users: [], organization_fields: [], user_fields: [] }
  const sandbox = await startSandbox({
    world: {
      salesforce: {},
      zendesk: { emea: { ...empty, organizations: [{ name: 'One' }] }, asia_2: empty },
      allianceAccountId: 'A',
      protectedIds: ['B', 'C'],
    },
  })
  expect(Object.keys(sandbox.env).filter((name) => name.startsWith('ZENDESK'))).toHaveLength(6)
  expect(sandbox.env).toMatchObject({
    ZENDESK_ASIA_2_CLIENT_ID: 'sandbox-asia_2',
    PARTNER_ALLIANCE_ACCOUNT_ID: 'A',
    PROTECTED_ACCOUNT_IDS: 'B,C',
  })
  const [emea, asia] = [await zendeskClient(sandbox, 'emea'), await zendeskClient(sandbox, 'asia_2')]
  expect((await emea('GET', '/api/v2/organizations')).body).toMatchObject({ count: 1 })
  expect((await asia('GET', '/api/v2/organizations?page[size]=5')).body).toMatchObject({
    organizations: [],
    meta: { has_more: false },
  })
  await sandbox.close()
})
