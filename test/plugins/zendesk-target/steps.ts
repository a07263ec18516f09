import { expect } from 'vitest'
import { collect, type Change, type Outcome, type Step, type Target } from 'zds'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun, type TestRun } from './run.ts'

export const outcomesOf = (steps: readonly Step[]): Outcome[] =>
  steps.filter((step) => step.status !== 'sending' && step.status !== 'accepted')

export const statuses = (outcomes: ReadonlyMap<string, Outcome>) => [
  ...new Set([...outcomes.values()].map(({ status }) => status)),
]

export const codesOf = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome) => (outcome.status === 'done' ? [] : [outcome.code]))

/** The outcomes of these changes by key; exactly one of each. */
export async function applied(
  target: Target,
  changes: readonly Change[],
  run: TestRun = testRun(),
): Promise<Map<string, Outcome>> {
  const outcomes = outcomesOf(await collect(stepsOf(target, changes, run.run)))
  expect(outcomes.map(({ key }) => key).toSorted()).toEqual(changes.map(({ key }) => key).toSorted())
  return new Map(outcomes.map((outcome) => [outcome.key, outcome]))
}

/** Everything that was told before the end, and how it ended. */
export async function told(steps: AsyncIterable<Step>): Promise<{ readonly steps: Step[]; readonly error: unknown }> {
  const taken: Step[] = []
  try {
    for await (const step of steps) taken.push(step)
  } catch (error) {
    return { steps: taken, error }
  }
  return { steps: taken, error: undefined }
}
