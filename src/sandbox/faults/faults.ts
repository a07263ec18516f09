import type { RequestLog } from '../types.ts'
import type { Fault, FaultKind, Fired } from './types.ts'

/** What a fault is matched against. */
export type Attempt = {
  readonly log: RequestLog
  readonly target: string
  readonly text: string
  readonly isZendesk: boolean
}

/** The faults in force, in the order they were added. */
export type Faults = {
  add(fault: Fault): void
  clear(): void
  readonly fired: readonly Fired[]
  /**
   * Counts this request for every fault of these kinds that matches it, and gives those whose turn
   * it is.
   */
  take<K extends FaultKind>(
    kinds: readonly K[],
    attempt: Attempt,
    also?: (fault: Fault) => boolean,
  ): Extract<Fault, { kind: K }>[]
}

/** Keeps faults and counts for each how many requests it matched. */
export function createFaults(initial: readonly Fault[], check: (fault: Fault) => void): Faults {
  let active: { fault: Fault; seen: number; pattern: RegExp | undefined }[] = []
  const fired: Fired[] = []

  const add = (fault: Fault): void => {
    check(fault)
    active.push({ fault, seen: 0, pattern: fault.pattern === undefined ? undefined : new RegExp(fault.pattern) })
  }
  for (const fault of initial) add(fault)

  return {
    add,
    clear: () => {
      active = []
    },
    fired,
    take: (kinds, attempt, also) => {
      const due = []
      for (const entry of active) {
        if (
          !isOneOf(entry.fault, kinds) ||
          !matches(entry.fault, entry.pattern, attempt) ||
          also?.(entry.fault) === false
        )
          continue
        entry.seen += 1
        if (!isDue(entry.fault, entry.seen)) continue
        fired.push({ fault: entry.fault, request: attempt.log })
        due.push(entry.fault)
      }
      return due
    },
  }
}

function isOneOf<K extends FaultKind>(fault: Fault, kinds: readonly K[]): fault is Extract<Fault, { kind: K }> {
  return kinds.some((kind) => kind === fault.kind)
}

function isDue(fault: Fault, seen: number): boolean {
  const at = fault.at ?? 1
  const times = fault.times ?? 1
  return seen >= at && (times === 0 || seen < at + times)
}

function matches(fault: Fault, pattern: RegExp | undefined, attempt: Attempt): boolean {
  const { log } = attempt
  if (fault.service !== log.service && !(fault.service === 'zendesk' && attempt.isZendesk)) return false
  if (fault.method !== undefined && fault.method.toUpperCase() !== log.method) return false
  if (fault.path !== undefined && !attempt.target.includes(fault.path)) return false
  if (pattern !== undefined && !pattern.test(attempt.target)) return false
  return fault.body === undefined || attempt.text.includes(fault.body)
}
