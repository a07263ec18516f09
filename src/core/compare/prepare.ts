import { ZdsError } from '../errors.ts'
import { packed, type Many } from '../many.ts'
import { count, OPS, REASONS, type Change, type Skip, type SyncPlan, type Words } from '../plan/plan.ts'
import type { Preparation, Sync, Target } from '../types.ts'

/** What a target is asked about: changes, and keys that are desired and get no record by them. */
export type ToPrepare = { readonly changes: Many<Change>; readonly held: readonly string[] }

/** Asks a target to complete changes; undefined where it has nothing to say. */
export type AskTarget = (planned: ToPrepare) => Promise<Preparation | undefined>

/**
 * The target has the last word on a plan: it knows what it can do, what cannot be, and what becomes
 * of that which comes along with a record.
 */
export async function prepare(compared: SyncPlan, sync: Sync, ask: AskTarget): Promise<SyncPlan> {
  const { target } = sync
  const plan = possiblePlan(compared, target)
  const prepared = plan.changes.length === 0 ? undefined : await ask({ changes: plan.changes, held: heldIn(plan) })
  const whole = prepared === undefined ? plan : completedPlan(plan, prepared, target)
  const comes = whole.changes.values().some(({ along }) => along !== undefined)
  const told = (): Many<Change> => packed(whole.changes.values().map((change) => describe(change, plan.name, target)))
  return withWords(comes ? { ...whole, changes: told() } : whole, sync)
}

/** What is desired, or left for a reason, and is no record of the target. */
const heldIn = ({ skipped }: SyncPlan): string[] => skipped.flatMap(({ key, id }) => (id === undefined ? [key] : []))

/** The plan without what its target cannot do, which it lists. */
export function possiblePlan(plan: SyncPlan, { ops }: Target): SyncPlan {
  const can = ({ op }: Change): boolean => ops.includes(op)
  if (OPS.every((op) => ops.includes(op) || count(plan, op) === 0)) return plan
  const impossible = plan.changes
    .values()
    .filter((change) => !can(change))
    .map(({ key, id, name }): Skip => ({
      key,
      reason: 'not-possible',
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
    }))
  return { ...plan, skipped: [...plan.skipped, ...impossible], changes: packed(plan.changes.values().filter(can)) }
}

/**
 * The plan as its target has completed it. Throws TARGET_INVALID where a change came back as
 * another one, twice, as a skip too, or as neither, or a notice is of none: what was compared is what
 * is planned.
 */
export function completedPlan(
  plan: SyncPlan,
  { changes, skipped, notices = [] }: Preparation,
  { instance, resource }: Target,
): SyncPlan {
  const planned = new Map(plan.changes.values().map(({ key, op, id }) => [key, { key, op, id }]))
  const noticed = notices.filter(({ key }) => !planned.has(key)).map(({ key }) => `notice ${key}`)
  const others = changes.values().filter(({ key, op, id }) => {
    const before = planned.get(key)
    return before?.op !== op || before.id !== id || !planned.delete(key)
  })
  const strange = [...others]
  const completed = new Set(changes.values().map(({ key }) => key))
  const left = skipped.filter(({ key }) => completed.has(key)).map(({ key }) => `skip ${key}`)
  for (const { key } of skipped) planned.delete(key)
  const wrong = [...[...strange, ...planned.values()].map(({ op, key }) => `${op} ${key}`), ...left, ...noticed]
  if (wrong.length === 0)
    return { ...plan, changes, skipped: [...plan.skipped, ...skipped], notices: [...plan.notices, ...notices] }
  const message = `The target of ${instance} ${resource} has changed or dropped what was planned`
  throw new ZdsError('TARGET_INVALID', `${message}: ${wrong.slice(0, 5).join(', ')}`, {
    hint: 'This is a defect of its plugin: prepare may complete a change, or skip it with a reason.',
  })
}

/** The change with words for what comes along, so that a plan can be shown without its target. */
function describe(change: Change, sync: string, target: Target): Change {
  if (change.along === undefined) return change
  if (target.describe !== undefined) return { ...change, remarks: target.describe(change) }
  throw new ZdsError(
    'CONFIG_INVALID',
    `${sync}: something comes along with ${change.key}, and ${target.name} takes nothing`,
    {
      hint: 'Leave it out where the record is made, or write to a target that knows what to do with it.',
    },
  )
}

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
