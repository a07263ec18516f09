import {
  checkOptions,
  http,
  httpPolicy,
  jobUrl,
  messageOf,
  settingSchema,
  shape,
  url,
  type HttpPolicy,
  type Observer,
  type Run,
  type Setting,
} from 'zds'
import { EVENTS, eventOfEnd, eventOfFailure, eventOfPlan, type Event, type EventType } from './events.ts'
import { signatureHeaders } from './signature.ts'

export type { Event, EventType } from './events.ts'

export type WebhookOptions = {
  /**
   * Where events are posted to: an https address, http on this machine only. Declare it with `secret()`
   * where its path is one.
   */
  readonly url: Setting
  /** What events are signed with: text, or `whsec_` and base64 (Standard Webhooks). */
  readonly secret: Setting
  /** What is told. Default: all but `planned`. */
  readonly events?: readonly EventType[]
  /** A link to the job that this is. Default: what GitLab, GitHub, Jenkins or Buildkite say. */
  readonly job?: Setting
  readonly http?: HttpPolicy
}

const schema = shape<WebhookOptions>({
  url: settingSchema,
  secret: settingSchema,
  'events?': { type: 'array', items: { enum: EVENTS } },
  'job?': settingSchema,
  'http?': {},
})

/**
 * Posts an event for each plan that waits for somebody or could not be made, and each end of a run:
 * numbers, never a record, so that it may go anywhere (OPS-08). A receiver that is down is a
 * warning, never a failed run.
 */
export function webhookNotify(options: WebhookOptions): Observer {
  checkOptions('webhookNotify', schema, options)
  const { events = EVENTS.filter((type) => type !== 'planned') } = options
  const tell = async (event: Event, run: Run): Promise<void> => {
    if (events.includes(event.type)) await post(event, options, run)
  }
  const job = (): string | undefined => options.job?.peek() ?? jobUrl()
  return {
    kind: 'observer',
    planned: (plan, run) => tell(eventOfPlan('planned', plan, run, job()), run),
    refused: (plan, run) => tell(eventOfPlan('waiting', plan, run, job()), run),
    // Somebody who sits at a terminal sees it.
    notPlanned: async (failure, run) => {
      const url = job()
      if (url !== undefined) await tell(eventOfFailure(failure, run.clock.now(), url), run)
    },
    ended: (ended, run) => tell(eventOfEnd(ended, run.clock.now(), job()), run),
  }
}

async function post(
  event: Event,
  { url: address, secret, http: policy = httpPolicy() }: WebhookOptions,
  run: Run,
): Promise<void> {
  const key = secret.peek()
  if (address.peek() === undefined || key === undefined) {
    const missing = [address, secret].filter((setting) => setting.peek() === undefined).map(({ name }) => name)
    return run.progress(`${missing.join(' and ')} not set, so no event is posted`)
  }
  const body = JSON.stringify(event)
  const send = http({ service: 'webhook', policy })
  try {
    // Its id lets a receiver know an event that comes twice, so a lost answer is asked for again.
    await send(
      {
        method: 'POST',
        url: url(address).read(),
        headers: signatureHeaders(event, body, key),
        body,
        repeatable: true,
        accept: 'text',
      },
      { ...run, progress: () => undefined },
    )
  } catch (error) {
    run.signal.throwIfAborted()
    run.progress(`the event ${event.type} did not go through: ${messageOf(error)}`)
  }
}
