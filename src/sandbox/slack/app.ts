import { Hono, type Context } from 'hono'
import { isObject, textOf } from '../json.ts'
import type { Env, Service } from '../server/exchange.ts'
import type { Clock, Json } from '../types.ts'

export type SlackOptions = {
  /** Refuses more than one message a second for a channel (default false). */
  readonly limitPerChannel?: boolean
  /** Is handed each message when it has come. */
  readonly told?: (message: SlackMessage) => void
}

/** A message that was posted. */
export type SlackMessage = {
  readonly channel: string
  readonly ts: string
  readonly text: string
  readonly blocks: readonly Json[]
}

export type SlackState = {
  readonly token: string
  readonly channels: readonly { id: string; name: string }[]
  readonly messages: SlackMessage[]
}

const [maxBlocks, maxSectionText, maxText] = [50, 3000, 40_000]

/** The Slack Web API as far as a notifier needs it; errors come as `ok: false` with status 200. */
export function createSlack(url: string, state: SlackState, options: SlackOptions, clock: Clock): Service {
  const app = new Hono<Env>()
  const lastPost = new Map<string, number>()
  const revoked = { now: false }
  let count = 0

  const refuse = (c: Context<Env>, error: string): Response => c.json({ ok: false, error })
  const field = (c: Context<Env>, name: string): Json | undefined => {
    const { body, query } = c.env.exchange
    return (isObject(body) ? body[name] : undefined) ?? query.get(name) ?? undefined
  }

  app.use('/api/*', async (c, next) => {
    const token = c.env.exchange.bearer ?? field(c, 'token')
    if (token === undefined) return refuse(c, 'not_authed')
    if (token !== state.token) return refuse(c, 'invalid_auth')
    if (!revoked.now) return next()
    revoked.now = false
    return refuse(c, 'token_expired')
  })

  app.post('/api/chat.postMessage', (c) => {
    const wanted = textOf(field(c, 'channel'))
    const channel = state.channels.find(({ id, name }) => wanted === id || wanted.replace(/^#/, '') === name)
    if (channel === undefined) return refuse(c, 'channel_not_found')
    const text = textOf(field(c, 'text'))
    const blocks = readBlocks(field(c, 'blocks'))
    if (blocks === undefined) return refuse(c, 'invalid_blocks_format')
    if (text === '' && blocks.length === 0) return refuse(c, 'no_text')
    if (!blocks.every(isValidBlock) || blocks.length > maxBlocks) return refuse(c, 'invalid_blocks')
    const now = clock.now().getTime()
    if (options.limitPerChannel === true && now - (lastPost.get(channel.id) ?? 0) < 1000) {
      c.header('Retry-After', '1')
      return c.json({ ok: false, error: 'ratelimited' }, 429)
    }
    lastPost.set(channel.id, now)
    count += 1
    const message = {
      channel: channel.id,
      ts: `${Math.floor(now / 1000)}.${String(count).padStart(6, '0')}`,
      text: text.slice(0, maxText),
      blocks,
    }
    state.messages.push(message)
    options.told?.(message)
    return c.json({
      ok: true,
      channel: channel.id,
      ts: message.ts,
      message: { type: 'message', user: 'U0SANDBOX', ts: message.ts, text: message.text, blocks },
    })
  })
  app.all('/api/auth.test', (c) =>
    c.json({
      ok: true,
      url: `${url}/`,
      team: 'Sandbox',
      user: 'zds',
      team_id: 'T0SANDBOX',
      user_id: 'U0SANDBOX',
      bot_id: 'B0SANDBOX',
    }),
  )
  app.all('/api/conversations.list', (c) => {
    const channels = state.channels.map((channel) => ({
      ...channel,
      is_channel: true,
      is_archived: false,
      is_member: true,
    }))
    return c.json({ ok: true, channels, response_metadata: { next_cursor: '' } })
  })

  app.notFound((c) => refuse(c, 'unknown_method'))
  app.onError((error, c) => c.json({ ok: false, error: 'internal_error', sandbox: error.stack ?? error.message }, 500))
  return {
    name: 'slack',
    kind: 'slack',
    maxBodyBytes: 1_000_000,
    fetch: (request, env) => app.fetch(request, env),
    // A bot token is not minted again, so a Slack token is expired for one request.
    revoke: () => {
      revoked.now = true
    },
  }
}

/** The blocks, which a form carries as a JSON string; undefined when they are no list. */
function readBlocks(value: Json | undefined): Json[] | undefined {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  try {
    const parsed: unknown = JSON.parse(textOf(value))
    return Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isValidBlock(block: Json): boolean {
  if (!isObject(block) || typeof block['type'] !== 'string') return false
  if (block['type'] !== 'section') return true
  const texts = [block['text'], ...(Array.isArray(block['fields']) ? block['fields'] : [])].filter(
    (text) => text !== undefined,
  )
  if (texts.length === 0) return false
  return texts.every(
    (text) =>
      isObject(text) &&
      typeof text['text'] === 'string' &&
      text['text'] !== '' &&
      text['text'].length <= maxSectionText,
  )
}
