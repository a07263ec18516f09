import { canonical } from '../../core/json.ts'
import type { Change, Holder, Notice, Plan, Skip, SyncPlan } from '../../core/plan/plan.ts'
import { count, heldBack } from '../../core/plan/plan.ts'
import { counted, cut, lookalike, number, plain, shown, wrapped } from './text.ts'
import type { Paint } from './paint.ts'

/** How much of a plan is shown before the rest is only counted. */
const GROUPS = 8
const RECORDS = 10
const EXAMPLES = 3
const NOTICES = 10
/** From this many records on, equal changes are one line. */
const GROUP_FROM = 3

/**
 * Options for showing a plan: columns to fit in, colours, and everything instead of the beginning.
 */
export type Look = { readonly columns: number; readonly paint: Paint; readonly all: boolean }

/**
 * A plan for people: per sync what happens in one line, then what changes, then why something does
 * not.
 */
export function planLines(plan: Plan, look: Look): string[] {
  const total = plan.syncs.reduce((sum, { changes }) => sum + changes.length, 0)
  const head = `Plan as of ${plan.asOf}: ${total === 0 ? 'nothing to do' : counted(total, 'changes')}`
  return [look.paint('bold', head), ...plan.syncs.flatMap((sync) => ['', ...syncLines(sync, look)])]
}

function syncLines(sync: SyncPlan, look: Look): string[] {
  const { paint } = look
  const kept = sync.desired - count(sync, 'create') - count(sync, 'update') - notCreated(sync)
  const parts = [
    paint('green', `${number(count(sync, 'create'))} to create`),
    paint('yellow', `${number(count(sync, 'update'))} to update`),
    paint('red', `${number(count(sync, 'retire'))} to retire`),
    ...(count(sync, 'remove') > 0 ? [paint('red', `${number(count(sync, 'remove'))} to remove`)] : []),
    `${number(Math.max(0, kept))} in sync`,
  ]
  const head = `${paint('bold', plain(sync.name))}: ${parts.join(', ')} (${plain(sync.instance)} has ${counted(sync.existing, sync.resource)})`
  return [
    ...wrapped(head, look.columns),
    ...sync.excesses.flatMap(({ id, message }) =>
      wrapped(paint('red', `  ! over the limit: ${plain(message)} [${plain(id)}]`), look.columns),
    ),
    ...completeness(sync).flatMap((line) => wrapped(paint('red', `  ! ${line}`), look.columns)),
    // Records are examples, one line each; what is said of the sync as a whole is never cut.
    ...[
      ...recordLines('create', sync, look),
      ...updateLines(sync, look),
      ...recordLines('retire', sync, look),
      ...recordLines('remove', sync, look),
    ].map((line) => cut(line, look.columns)),
    ...[...skipLines(sync, look), ...noticeLines(sync, look)].flatMap((line) => wrapped(line, look.columns)),
  ]
}

/** What was read may lack records; what would be done if it does not is held back (SAFE-13). */
function completeness(sync: SyncPlan): string[] {
  const held = heldBack(sync)
  if (held === 0) return []
  const released = sync.skipped.filter(({ change }) => change !== undefined).length
  const sides = [
    ...(sync.complete.desired ? [] : ['what should be there']),
    ...(sync.complete.existing ? [] : [`what ${plain(sync.instance)} has`]),
  ]
  const why =
    released > 0 ? 'nothing should be there, which may be a mistake' : `${sides.join(' and ')} may lack records`
  const through = released > 0 ? `; if it is right: --approve DIGEST:${plain(sync.name)}.empty` : ''
  return [`not proved complete: ${counted(held, 'changes')} held back (${why}${through})`]
}

/** Desired records that a skip kept from being created. */
function notCreated({ skipped }: SyncPlan): number {
  return skipped.filter(({ id, reason }) => id === undefined || reason === 'duplicate-key').length
}

function recordLines(op: 'create' | 'retire' | 'remove', sync: SyncPlan, look: Look): string[] {
  const changes = sync.changes.filter((change) => change.op === op)
  if (changes.length === 0) return []
  if (op === 'create') {
    const mark = look.paint('green', '+')
    return limited(changes, RECORDS, look, (change) => [
      `  ${mark} ${plain(change.key)}  ${nameOf(change)}`,
      ...(change.remarks ?? []).map(({ message }) => `      ${plain(message)}`),
    ])
  }
  const wanted = wantedBy(sync)
  const byReason = Map.groupBy(changes, ({ reason = 'gone' }) => reason)
  return [...byReason].flatMap(([reason, some]) => [
    `  ${look.paint('red', '-')} ${counted(some.length, sync.resource)}: ${effect(some[0])} (${plain(reason)})`,
    ...limited(some, RECORDS, look, (change) => [`      ${plain(change.key)}${wanted(change.id)}`], '      '),
  ])
}

/** Who waits for the name of a record that is retired (AMB-20). */
function wantedBy({ skipped }: SyncPlan): (id: string | undefined) => string {
  const waiting = new Map(skipped.map(({ key, heldBy }) => [heldBy?.id, key] as const))
  return (id) => {
    const key = id === undefined ? undefined : waiting.get(id)
    return key === undefined ? '' : `  (its name is wanted by ${plain(key)})`
  }
}

const nameOf = ({ fields }: Change): string => shown(fields['name']?.to ?? null)

const effect = (change: Change | undefined): string =>
  change?.op === 'remove' ? 'removed' : pairs(change?.fields ?? {})

function pairs(fields: Change['fields']): string {
  return Object.entries(fields)
    .map(([field, { from, to }]) => `${plain(field)} ${shown(from)} -> ${shown(to)}${lookalike(from, to)}`)
    .join(', ')
}

/**
 * The fields of a change without those that say whose record it is: they differ in each record, and
 * would hide what many have in common.
 */
function common(change: Change | undefined): Change['fields'] {
  return Object.fromEntries(Object.entries(change?.fields ?? {}).filter(([, { to }]) => to !== change?.key))
}

/** What many records have in common first, single records after it. */
function updateLines(sync: SyncPlan, look: Look): string[] {
  const updates = sync.changes.filter(({ op }) => op === 'update')
  const mark = look.paint('yellow', '~')
  const equal = Map.groupBy(updates, (change) => canonical(common(change)))
  const groups = [...equal.values()]
    .filter(({ length }) => length >= GROUP_FROM)
    .toSorted((a, b) => b.length - a.length)
  const rest = [...equal.values()].filter(({ length }) => length < GROUP_FROM).flat()

  const alike = [...Map.groupBy(rest, (change) => Object.keys(common(change)).toSorted().join(', '))].toSorted(
    ([, a], [, b]) => b.length - a.length,
  )
  const kinds = rest.length > RECORDS ? alike.filter(([, some]) => some.length >= GROUP_FROM) : []
  const grouped = new Set(kinds.flatMap(([, some]) => some))
  const single = rest.filter((change) => !grouped.has(change))
  return [
    ...limited(groups, GROUPS, look, (some) => [
      `  ${mark} ${counted(some.length, sync.resource)}: ${pairs(common(some[0]))}`,
    ]),
    ...limited(kinds, GROUPS, look, ([fields, some]) => [
      `  ${mark} ${counted(some.length, sync.resource)}: ${plain(fields)}`,
      ...some
        .slice(0, look.all ? some.length : EXAMPLES)
        .map((change) => `      ${plain(change.key)}  ${effect(change)}`),
      ...(look.all || some.length <= EXAMPLES ? [] : [more(some.length - EXAMPLES, '      ')]),
    ]),
    ...limited(single, RECORDS, look, (change) => [`  ${mark} ${plain(change.key)}  ${effect(change)}`]),
  ]
}

function skipLines({ skipped, words }: SyncPlan, look: Look): string[] {
  if (skipped.length === 0) return []
  const reasons = [...Map.groupBy(skipped, ({ reason }) => reason)].toSorted(([, a], [, b]) => b.length - a.length)
  return reasons.flatMap(([reason, some]) => [
    look.paint('dim', `  . ${number(some.length)} left: ${plain(reason)} (${plain(words[reason] ?? '')})`),
    ...(look.all ? some.map((skip) => look.paint('dim', `      ${plain(whoseOf(skip))}${waitsFor(skip.heldBy)}`)) : []),
  ])
}

const whoseOf = ({ key, id, name }: Skip): string => [key, id, name].filter(Boolean).join('  ')

function waitsFor(holder: Holder | undefined): string {
  if (holder === undefined) return ''
  const { key, id, name, fate } = holder
  return `  waits for the name ${shown(name)} of ${plain([key, id].filter(Boolean).join('  '))}${fate ? FATES[fate] : ''}`
}

const FATES = {
  retired: ', which is retired',
  renamed: ', which gets another name: free in the next plan',
  waiting: ', which waits for another name',
} as const

function noticeLines({ notices }: SyncPlan, look: Look): string[] {
  const line = ({ code, message }: Notice): string => `  ${look.paint('cyan', 'i')} ${plain(code)}: ${plain(message)}`
  // Many of one kind must not hide the only one of another.
  const kinds = Map.groupBy(notices, ({ code }) => code).values()
  return [...kinds].flatMap((some) => limited(some, NOTICES, look, (notice) => [line(notice)]))
}

/** The first `most` items, and a line that counts the rest. */
function limited<T>(
  items: readonly T[],
  most: number,
  { all }: Look,
  lines: (item: T) => string[],
  indent = '  ',
): string[] {
  const shownItems = all ? items : items.slice(0, most)
  const rest = items.length - shownItems.length
  return [...shownItems.flatMap(lines), ...(rest > 0 ? [more(rest, indent)] : [])]
}

const more = (rest: number, indent: string): string => `${indent}… and ${number(rest)} more (--all shows all)`
