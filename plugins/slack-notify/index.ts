import {
  checkOptions,
  httpPolicy,
  jobUrl,
  messageOf,
  settingSchema,
  shape,
  well,
  type HttpPolicy,
  type Observer,
  type Plan,
  type Run,
  type Setting,
  type Sight,
} from 'zds'
import { adviceFor, botOf, poster, refusalIn } from './client.ts'
import { digestsOfEnd, digestsOfFailure, refusals, TOPICS, type Digest, type Topic } from './digest.ts'
import { messagesOf } from './messages.ts'

export type { Topic } from './digest.ts'

export type SlackOptions = {
  readonly token: Setting
  /** Another address than Slack's own. */
  readonly apiUrl?: Setting
  /** Which channel is told what; a topic without a channel is told nowhere. */
  readonly channels: { readonly [T in Topic]?: Setting }
  /** Instances of which Slack gets numbers only, beside those that are `confined` (OPS-08). */
  readonly countsOnly?: readonly string[]
  /** A link to the job that this is. Default: what GitLab, GitHub, Jenkins or Buildkite say. */
  readonly job?: Setting
  readonly http?: HttpPolicy
}

const schema = shape<SlackOptions>({
  token: settingSchema,
  'apiUrl?': settingSchema,
  channels: shape(Object.fromEntries(TOPICS.map((topic) => [`${topic}?`, settingSchema]))),
  'countsOnly?': { type: 'array', items: { type: 'string' } },
  'job?': settingSchema,
  'http?': {},
})

/** Slack takes about one message a second and channel (SL-01). */
const PACE_MS = 1_000

/**
 * Tells Slack of a run, once it is over: one digest a channel. A dead Slack is a warning, never a
 * failed run (SYN-04).
 */
export function slackNotify(options: SlackOptions): Observer {
  checkOptions('slackNotify', schema, options)
  const { countsOnly = [] } = options
  return {
    kind: 'observer',
    diagnose: (run) => diagnose(options, run),
    planned: async (plan, run) => {
      for (const warning of strangers(plan, countsOnly)) run.progress(warning)
    },
    refused: (plan, run) => post(refusals(plan, run), options, run),
    // Somebody who sits at a terminal sees it.
    notPlanned: async (failure, run) => {
      if (jobOf(options) !== undefined) await post(digestsOfFailure(failure), options, run)
    },
    ended: (end, run) => post(digestsOfEnd(end, countsOnly), options, run),
  }
}

/** A name with a slip would let out what it was to keep. */
function strangers({ syncs }: Plan, countsOnly: readonly string[]): string[] {
  const known = syncs.map(({ instance }) => instance)
  const strange = countsOnly.filter((name) => !known.includes(name))
  return strange.map(
    (name) => `countsOnly names ${name}, which is no instance: there are ${[...new Set(known)].join(', ')}`,
  )
}

const jobOf = ({ job }: SlackOptions): string | undefined => job?.peek() ?? jobUrl()

/** Whether the bot is one. A dead chat stops no sync, so it is a warning at most. */
async function* diagnose(options: SlackOptions, run: Run): AsyncGenerator<Sight, void, void> {
  const { token, apiUrl, http = httpPolicy() } = options
  if (token.peek() === undefined) return yield well('slack', `${token.name} is not set, so nothing is posted`)
  try {
    yield well('slack', `posts as ${await botOf({ token, apiUrl, http }, run)}`)
  } catch (error) {
    run.signal.throwIfAborted()
    const refusal = refusalIn(error)
    const message = refusal === undefined ? messageOf(error) : `refuses the bot: ${refusal}`
    const hint = `Check ${token.name}: until then no run is told of.`
    yield { level: 'warning', code: 'SLACK_REFUSES', where: 'slack', message, hint }
  }
}

async function post(found: readonly Digest[], options: SlackOptions, run: Run): Promise<void> {
  const byChannel = channels(found, options, run)
  if (byChannel.size === 0) return
  if (options.token.peek() === undefined) return run.progress(`${options.token.name} is not set, so nothing is posted`)
  const send = await poster({ token: options.token, apiUrl: options.apiUrl, http: options.http ?? httpPolicy() }, run)
  const left = [...byChannel.keys()]
  for (const [channel, digests] of byChannel) {
    for (const [index, message] of messagesOf(digests, jobOf(options)).entries()) {
      if (index > 0) await run.clock.sleep(PACE_MS, run.signal)
      try {
        await send(channel, message)
      } catch (error) {
        run.signal.throwIfAborted()
        const refusal = refusalIn(error)
        const why =
          refusal === undefined ? messageOf(error) : `Slack answered ${refusal}${adviceFor(refusal, options.token)}`
        // What is left for this channel is no safer. Where Slack is down, each further channel
        // would cost a timeout.
        const untold = refusal === undefined ? left : [channel]
        run.progress(`a message to ${untold.join(', ')} did not go through: ${why}`)
        if (refusal === undefined) return
        break
      }
    }
    left.shift()
  }
}

/**
 * What each channel is told. Topics without a channel are told nowhere; one whose channel is not
 * set is said to be.
 */
function channels(found: readonly Digest[], options: SlackOptions, run: Run): ReadonlyMap<string, readonly Digest[]> {
  const told = new Map<string, Digest[]>()
  const unset = new Set<string>()
  for (const digest of found) {
    const setting = options.channels[digest.topic]
    const channel = setting?.peek()
    if (channel !== undefined) told.set(channel, [...(told.get(channel) ?? []), digest])
    else if (setting !== undefined) unset.add(setting.name)
  }
  for (const name of unset) run.progress(`${name} is not set, so its channel is told nothing`)
  return told
}
