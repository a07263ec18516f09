import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { send, smallWorld, type Answer } from './client.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld, slack: { limitPerChannel: true } })
})
afterEach(() => sandbox.close())

const call = (method: string, form: Record<string, string>, token = sandbox.env['SLACK_BOT_TOKEN']): Promise<Answer> =>
  send(`${sandbox.env['SLACK_API_URL']}${method}`, 'POST', new URLSearchParams(form), {
    authorization: `Bearer ${token}`,
  })
const post = (form: Record<string, string>): Promise<Answer> =>
  call('chat.postMessage', { channel: sandbox.env['SLACK_CHANNEL'] ?? '', ...form })
const section = (text: string): object => ({ type: 'section', text: { type: 'mrkdwn', text } })

test('a message with blocks is kept', async () => {
  const blocks = [section('Hello')]
  const answer = await post({ text: 'hi', blocks: JSON.stringify(blocks) })
  expect(answer.body).toMatchObject({ ok: true, channel: 'C0SANDBOX', ts: expect.stringMatching(/^\d+\.\d{6}$/) })
  expect(sandbox.slack.messages).toMatchObject([{ channel: 'C0SANDBOX', text: 'hi', blocks }])
})

test.each([
  [{ channel: 'nowhere', text: 'x' }, 'channel_not_found'],
  [{ text: '' }, 'no_text'],
  [{ blocks: 'not json' }, 'invalid_blocks_format'],
  [{ blocks: JSON.stringify(Array.from({ length: 51 }, () => section('x'))) }, 'invalid_blocks'],
  [{ blocks: JSON.stringify([section('x'.repeat(3001))]) }, 'invalid_blocks'],
  [{ blocks: JSON.stringify([{ type: 'section' }]) }, 'invalid_blocks'],
])('%o is refused with status 200', async (form, error) => {
  expect(await post(form)).toMatchObject({ status: 200, body: { ok: false, error } })
  expect(sandbox.slack.messages).toEqual([])
})

test('the token is checked, and can expire once', async () => {
  expect((await call('auth.test', {}, 'xoxb-other')).body).toMatchObject({ ok: false, error: 'invalid_auth' })
  expect((await send(`${sandbox.env['SLACK_API_URL']}auth.test`, 'POST')).body).toMatchObject({
    ok: false,
    error: 'not_authed',
  })
  sandbox.faults.add({ service: 'slack', kind: 'expired' })
  expect((await call('auth.test', {})).body).toMatchObject({ ok: false, error: 'token_expired' })
  expect((await call('auth.test', {})).body).toMatchObject({ ok: true, team: 'Sandbox' })
})

test('one message a second for a channel, when that is asked for', async () => {
  expect((await post({ text: 'one' })).status).toBe(200)
  const second = await post({ text: 'two' })
  expect(second).toMatchObject({ status: 429, body: { ok: false, error: 'ratelimited' } })
  expect(second.headers.get('retry-after')).toBe('1')
})

test('channels and unknown methods', async () => {
  expect((await call('conversations.list', {})).body).toMatchObject({ ok: true, channels: [{ id: 'C0SANDBOX' }] })
  expect((await call('chat.fly', {})).body).toMatchObject({ ok: false, error: 'unknown_method' })
})
