import type { WebClient } from '@slack/web-api'
import { baseUrl, conceal, http, notInstalled, type HttpPolicy, type Run, type Setting } from 'zds'
import type { Message } from './messages.ts'

/**
 * Posts messages as one bot. Throws when Slack does not take one; where Slack did not answer, it
 * may have arrived all the same.
 */
export type Poster = (channel: string, message: Message) => Promise<void>

/** Slack's own word for why it said no (`channel_not_found`); undefined where it did not answer. */
export function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'slack_webapi_platform_error') return undefined
  return /(\w+)$/.exec(error.message)?.[1] ?? 'unknown_error'
}

/** What to do about a refusal, where that is known. */
export function adviceFor(refusal: string, token: Setting): string {
  if (/^(not_in_channel|channel_not_found|is_archived)$/.test(refusal))
    return ': give the id of a channel that the bot was invited to'
  if (/^(invalid_auth|not_authed|account_inactive|token_\w+)$/.test(refusal)) return `: check ${token.name}`
  return refusal === 'missing_scope' ? ': the bot needs the scope chat:write' : ''
}

export type BotOptions = { readonly token: Setting; readonly apiUrl?: Setting | undefined; readonly http: HttpPolicy }

/** Posts as one bot. */
export async function poster(options: BotOptions, run: Run): Promise<Poster> {
  const client = await clientOf(options, run)
  return async (channel, { text, blocks }) => {
    await client.chat.postMessage({ channel, text, blocks: [...blocks], unfurl_links: false, unfurl_media: false })
  }
}

/** The name of the bot, and of its workspace. */
export async function botOf(options: BotOptions, run: Run): Promise<string> {
  const { user, team } = await (await clientOf(options, run)).auth.test()
  return `${user ?? 'a bot'} in ${team ?? 'a workspace'}`
}

/**
 * @slack/web-api, whose requests go through core's HTTP layer: a post is sent again only when Slack
 * certainly did not act on it (429, no connection), never after a timeout or a 5xx (SL-03:
 * chat.postMessage can post twice).
 */
async function clientOf(options: BotOptions, run: Run): Promise<WebClient> {
  const { LogLevel, WebClient } = await import('@slack/web-api').catch(notInstalled)
  // A retry is nobody's warning: only how it ends is told.
  const quiet = { clock: run.clock, signal: run.signal, progress: () => undefined }
  const send = http({
    service: 'slack',
    policy: options.http,
    verdict: ({ status }) => (status >= 500 ? 'unavailable' : undefined),
  })
  const apiUrl = options.apiUrl?.peek() === undefined ? undefined : `${baseUrl(options.apiUrl)}/`
  return new WebClient(conceal(options.token.read()), {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    allowAbsoluteUrls: false,
    fetch: async (url, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers as Record<string, string>)) // web-api gives a plain object of strings
      const body = await new Response(init?.body as string | URLSearchParams).text() // a form: web-api encodes it so
      const answer = await send({ method: 'POST', url: String(url), headers, body }, quiet)
      return new Response(answer.text, { status: answer.status, headers: answer.headers })
    },
  })
}
