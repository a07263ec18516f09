import { ZdsError } from '../errors.ts'
import { REASONS, type SyncPlan, type Words } from '../plan/plan.ts'
import type { Sync } from '../types.ts'

/**
 * The plan with what each reason in it means, so that it can be shown without its configuration.
 * Throws CONFIG_INVALID for a reason that nobody explains.
 */
export function withWords(plan: SyncPlan, { desired, target, rules }: Sync): SyncPlan {
  const known: Words = { ...desired.words, ...target.words, ...rules.words, ...REASONS }
  const held = plan.skipped.flatMap(({ change }) => change ?? [])
  const used = new Set<string>()
  for (const some of [plan.skipped, plan.changes, held])
    for (const { reason } of some) if (reason !== undefined) used.add(reason)
  const words = [...used].toSorted().map((word) => [word, known[word] ?? unexplained(word, plan.name)] as const)
  return { ...plan, words: Object.fromEntries(words) }
}

function unexplained(word: string, sync: string): never {
  throw new ZdsError('CONFIG_INVALID', `${sync}: nobody says what the reason ${JSON.stringify(word)} means`, {
    hint: 'Add it to the words of whoever gives it: the processor, the target, or the rules.',
  })
}
