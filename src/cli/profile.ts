import { follow, followWaits } from '../core/channels.ts'

/** What a service was asked for: times in milliseconds. */
export type ServiceUse = {
  readonly service: string
  readonly requests: number
  /** As long as at least one request was open. */
  readonly openMs: number
  /** All answers together, however many were waited for at a time. */
  readonly answersMs: number
  /** All waits together, of requests that stood in line side by side. */
  readonly limitMs: number
  readonly retryMs: number
}

/** Where the time went, in milliseconds. */
export type Profile = {
  readonly ms: number
  /** What this process computed. */
  readonly cpuMs: number
  readonly services: readonly ServiceUse[]
  /** The longest first. */
  readonly stages: readonly { readonly stage: string; readonly ms: number }[]
}

type Tally = {
  requests: number
  openMs: number
  answersMs: number
  limitMs: number
  retryMs: number
  since: number
  open: number
}

/** Listens to what the engine tells of itself; what is returned ends that, and says where the time went. */
export function startProfile(now: () => number = () => performance.now()): () => Profile {
  const began = now()
  const cpu = process.cpuUsage()
  const tallies = new Map<string, Tally>()
  const stages: { stage: string; ms: number }[] = []
  const starts = new WeakMap<object, number>()
  const msOf = (message: object): number => now() - (starts.get(message) ?? now())
  const start = (message: object): void => void starts.set(message, now())
  const tallyOf = (service: string): Tally => {
    const none = { requests: 0, openMs: 0, answersMs: 0, limitMs: 0, retryMs: 0, since: 0, open: 0 }
    const tally = tallies.get(service) ?? none
    tallies.set(service, tally)
    return tally
  }
  const endings = [
    follow('stage', start, (message) => void stages.push({ stage: message.stage, ms: msOf(message) })),
    follow(
      'request',
      (message) => {
        const tally = tallyOf(message.service)
        start(message)
        if (tally.open === 0) tally.since = now()
        tally.open += 1
      },
      (message) => {
        const tally = tallyOf(message.service)
        tally.requests += 1
        tally.answersMs += msOf(message)
        tally.open -= 1
        if (tally.open === 0) tally.openMs += now() - tally.since
      },
    ),
    followWaits(({ service, ms, because }) => void (tallyOf(service)[`${because}Ms`] += ms)),
  ]
  return () => {
    for (const end of endings) end()
    const { user, system } = process.cpuUsage(cpu)
    return {
      ms: now() - began,
      cpuMs: (user + system) / 1000,
      services: [...tallies].map(([service, { requests, openMs, answersMs, limitMs, retryMs }]) => {
        return { service, requests, openMs, answersMs, limitMs, retryMs }
      }),
      stages: stages.toSorted((a, b) => b.ms - a.ms),
    }
  }
}
