import type { JsonObject } from './json.ts'
import type { Change, Plan, Remark } from './plan/plan.ts'

/**
 * What became of one change. One that is done may be so `partly`: the record is as meant, and of
 * what should come along with it something is missing.
 */
export type Outcome =
  | {
      readonly key: string
      readonly status: 'done'
      readonly id: string
      readonly partly?: readonly Remark[]
      readonly facts?: JsonObject
    }
  | {
      readonly key: string
      readonly status: 'failed' | 'stale' | 'unresolved'
      readonly code: string
      readonly message: string
      /** The record, where some of the change was written all the same: an undo sets that back. */
      readonly id?: string
    }

/**
 * What a target tells while it works: that it is about to send, that a job took the keys over, and
 * what became of each.
 */
export type Step =
  | Outcome
  | { readonly status: 'sending'; readonly keys: readonly string[] }
  | { readonly status: 'accepted'; readonly keys: readonly string[]; readonly job: string }

/**
 * A change that was sent, and the job that took it over, if the answer came. Those of one job are
 * in the order in which they were sent.
 */
export type SentChange = { readonly change: Change; readonly job?: string }

/** What became of each change, by sync. */
export type Outcomes = ReadonlyMap<string, readonly Outcome[]>

/** How far a change has come: the last of its steps. */
export type Known =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'sending' }
  | { readonly kind: 'accepted'; readonly job: string }

/**
 * `running`: going on, or killed. `interrupted` and `failed`: stopped before every change was
 * attempted. `abandoned`: nobody goes on with it.
 */
export type RunStatus = 'running' | 'done' | 'failed' | 'interrupted' | 'abandoned'

/** The id under which a change was carried out, or undefined where it was not. */
export function doneUnder(known: Known | undefined): string | undefined {
  return known?.kind === 'outcome' && known.outcome.status === 'done' ? known.outcome.id : undefined
}

/** What became of the changes that are over. */
export const settledIn = (known: ReadonlyMap<string, Known>): Outcome[] =>
  [...known.values()].flatMap((one) => (one.kind === 'outcome' ? [one.outcome] : []))

/** The id of the record that a change wrote to, be it not as meant; undefined where it wrote nothing. */
export const writtenUnder = (known: Known | undefined): string | undefined =>
  known?.kind === 'outcome' ? known.outcome.id : undefined

/** Why a change was not done, or what is missing of what should have come along with it. */
export function troubleOf(outcome: Outcome): Remark | undefined {
  if (outcome.status !== 'done') return { code: outcome.code, message: outcome.message }
  const { partly = [] } = outcome
  if (partly.length === 0) return undefined
  const codes = new Set(partly.map(({ code }) => code))
  return { code: [...codes].join(', '), message: partly.map(({ message }) => message).join('; ') }
}

/** How a run ended, for observers; `error` is why it ended before its end. */
export type RunEnd = {
  readonly run: string
  readonly status: RunStatus
  readonly error: unknown
  readonly plan: Plan
  /** What became of each change that was attempted in this run, by sync. */
  readonly outcomes: Outcomes
  /** ISO moments, of this attempt. */
  readonly startedAt: string
  readonly endedAt: string
  /** True for the rest of a run that had stopped. */
  readonly resumed: boolean
}
