import { Type } from 'typebox'
import { checkOptions, httpPolicy, messageOf, type HttpPolicy, type Observer, type Run, type Setting } from 'zds'
import { poster } from './client.ts'
import { digests, refusals, TOPICS, type Digest, type Topic } from './digest.ts'
import { messagesOf } from './messages.ts'

export type { Topic } from './digest.ts'

export type SlackOptions = {
  readonly token: Setting
  /** Another address than Slack's own. */
  readonly apiUrl?: Setting
  /** Which channel is told what; a topic without a channel is told nowhere. */
  readonly channels: { readonly [T in Topic]?: Setting }
  /** Instances of which Slack gets numbers only (OPS-08). */
  readonly countsOnly?: readonly string[]
  readonly http?: HttpPolicy
}

const opaque = Type.Unknown()
const schema = Type.Object(
  {
    token: opaque,
    apiUrl: Type.Optional(opaque),
    channels: Type.Object(Object.fromEntries(TOPICS.map((topic) => [topic, Type.Optional(opaque)])), { additionalProperties: false }),
    countsOnly: Type.Optional(Type.Array(Type.String())),
    http: Type.Optional(opaque),
  },
  { additionalProperties: false },
)

/** Slack takes about one message a second and channel (slack-api.md). */
const PACE_MS = 1_000

/** Tells Slack of a run, once it is over: one digest a channel. A dead Slack is a warning, never a failed run (SYN-04). */
export function slackNotify(options: SlackOptions): Observer {
  checkOptions('slackNotify', schema, options)
  const { countsOnly = [] } = options
  return {
    kind: 'observer',
    refused: (plan, run) => post(refusals(plan), options, run),
    applied: (plan, outcomes, run) => post(digests(plan, outcomes, countsOnly), options, run),
  }
}

async function post(found: readonly Digest[], options: SlackOptions, run: Run): Promise<void> {
  if (found.length === 0) return
  if (options.token.peek() === undefined) return run.progress(`${options.token.name} is not set, so nothing is posted`)
  const send = await poster({ token: options.token, apiUrl: options.apiUrl, http: options.http ?? httpPolicy() }, run)
  const byChannel = Map.groupBy(found, ({ topic }) => options.channels[topic]?.peek())
  for (const [channel, some] of byChannel) {
    if (channel === undefined) continue
    for (const [index, message] of messagesOf(some).entries()) {
      if (index > 0) await run.clock.sleep(PACE_MS, run.signal)
      try {
        await send(channel, message)
      } catch (error) {
        // The next message is no safer than this one, and each costs a timeout when Slack is down.
        return run.progress(`a message to ${channel} did not go through: ${messageOf(error)}`)
      }
    }
  }
}
