import { syncsOf } from '../config/stages.ts'
import { messageOf, ZdsError, type Issue } from '../errors.ts'
import { misfit, same, type FieldType } from '../field-types.ts'
import { canonical, type Json } from '../json.ts'
import { assertAuthentic } from '../plan/mac.ts'
import type { Change, Op, Plan, SyncPlan } from '../plan/plan.ts'
import { planIn } from '../plan/schema.ts'
import type { Sync, Target } from '../types.ts'
import type { Shared } from './shared.ts'

/**
 * Refuses a plan that may not be what this configuration has made: one that was changed
 * (PLAN_INVALID), that nobody with the key made (PLAN_NOT_AUTHENTIC), of a sync that there is not
 * (PLAN_STALE), and one that does what its syncs never would (PLAN_INVALID): everything at once.
 */
export function assertOurs(plan: Plan, { config }: Pick<Shared, 'config'>, called = 'The plan'): void {
  const { syncs } = assertWhole(plan, called)
  const known = syncsOf(config)
  const strange = syncs.filter(({ name }) => !known.has(name))
  const issues = [
    ...strange.map(({ name }) => issue(name, 'is no sync of the configuration', 'PLAN_STALE')),
    ...twice(syncs.map(({ name }) => name)).map((name) => issue(name, 'is in the plan twice')),
    ...syncs.flatMap((part) => syncIssues(part, known.get(part.name))),
  ]
  if (issues.length === 0) return
  const code = issues.every((one) => one.code === 'PLAN_STALE') ? 'PLAN_STALE' : 'PLAN_INVALID'
  throw new ZdsError(code, `${called} is none that this configuration makes, so nothing was changed`, {
    issues,
    hint: 'Make a new one: zds plan --out FILE',
  })
}

/**
 * The plan, where it is one, and as it was made (PLAN_INVALID), by who has the key where there is
 * one (PLAN_NOT_AUTHENTIC).
 */
export function assertWhole(plan: Plan, called: string): Plan {
  assertAuthentic(planIn(plan, called), called)
  return plan
}

function syncIssues(part: SyncPlan, sync: Sync | undefined): Issue[] {
  if (sync === undefined) return []
  const { name, changes, skipped } = part
  const held = skipped.flatMap(({ change }) => change ?? [])
  const all = (): IteratorObject<Change> => [changes, held].values().flatMap((some) => some.values())
  return [
    ...strangePlace(part, sync.target).map((message) => issue(name, message)),
    ...twice(all().map(({ key }) => key)).map((key) => issue(`${name} ${key}`, 'is changed twice')),
    ...twice(all().flatMap(({ id }) => (id === undefined ? [] : [id]))).map((id) =>
      issue(`${name} ${id}`, 'is the id of two changes'),
    ),
    ...all().flatMap((change) => strangeIn(change, sync).map((message) => issue(`${name} ${change.key}`, message))),
  ]
}

/** Where a sync writes, as locks, observers and people know it. */
function strangePlace({ instance, resource, confined, ...more }: SyncPlan, target: Target): string[] {
  const { address = target.address() } = more
  const pairs = [
    ['instance', instance, target.instance],
    ['resource', resource, target.resource],
    ['address', address, target.address()],
    ['confined', confined === true, target.confined === true],
  ] as const
  return pairs.flatMap(([what, told, meant]) => (told === meant ? [] : [`${what}: is ${meant}, not ${told}`]))
}

/** What of a change its sync would never plan. */
function strangeIn(change: Change, sync: Sync): string[] {
  const { op, id, fields } = change
  const { target } = sync
  const unlike = target.misfit?.(change)
  const written = writes(op, sync)
  return [
    ...(isDone(change, sync) ? [] : [`${op}: is nothing that this sync does`]),
    ...((id === undefined) === (op === 'create')
      ? []
      : [`id: ${op === 'create' ? 'is there before its record' : 'is missing'}`]),
    ...(unlike === undefined ? [] : [unlike]),
    ...Object.entries(fields).flatMap(([field, { to }]) => strangeField(field, to, op, written) ?? []),
    ...strangeCompany(change, sync),
  ]
}

/** Whether a sync does this at all. */
const isDone = ({ op }: Change, { target, rules: { retire } }: Sync): boolean =>
  target.ops.includes(op) &&
  (op === 'retire' ? retire !== undefined && retire !== 'remove' : op !== 'remove' || retire === 'remove')

function strangeField(field: string, to: Json, op: Op, written: WritableFields): string | undefined {
  const known = written.get(field)
  if (known === undefined) return `${field}: is no field that a ${op} of this sync writes`
  const { type, always } = known
  const problem = misfit(type, to)
  if (problem !== undefined) return `${field}: ${problem}`
  return always === undefined || same(type, to, always) ? undefined : `${field}: is not what a ${op} writes`
}

type WritableFields = ReadonlyMap<string, { readonly type: FieldType; readonly always?: Json }>

/** The fields that an operation writes, with the value of those that always get the same. */
function writes(op: Op, { target: { types }, desired, rules: { retire } }: Sync): WritableFields {
  const look = retire === undefined || retire === 'remove' ? {} : retire
  const managed = retire === 'remove' ? types : { ...(desired.types ?? types), ...look }
  const names = op === 'retire' ? look : managed
  return new Map(
    Object.keys(names).flatMap((field) => {
      const { [field]: type } = types
      const always = op === 'remove' ? null : op === 'retire' ? look[field] : undefined
      return type === undefined ? [] : [[field, { type, ...(always !== undefined && { always }) }] as const]
    }),
  )
}

/** What comes along does so with a new record, as its target takes it, and is what is shown of it. */
function strangeCompany(change: Change, { target }: Sync): string[] {
  const { op, along, remarks = [] } = change
  if (along === undefined) return remarks.length === 0 ? [] : ['remarks: speak of what does not come along']
  if (op !== 'create' || target.describe === undefined) return ['along: nothing may come along']
  try {
    return canonical(target.describe(change)) === canonical(remarks) ? [] : ['remarks: are not of what comes along']
  } catch (error) {
    if (error instanceof ZdsError) return [`along: ${messageOf(error)}`]
    throw error
  }
}

function twice(words: Iterable<string>): string[] {
  const [seen, again] = [new Set<string>(), new Set<string>()]
  for (const word of words) (seen.has(word) ? again : seen).add(word)
  return [...again]
}

const issue = (where: string, message: string, code = 'PLAN_INVALID'): Issue => ({ code, where, message })
