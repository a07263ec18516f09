import type { Plan, SyncPlan } from '../../../core/plan/plan.ts'
import type { Look } from '../look.ts'
import { counted, plain, wrapped } from '../text.ts'
import { changeLines } from './change-lines.ts'
import { fieldLines } from './field-text.ts'
import { breachNotes, breachTitle, hurtNotes } from './hurt-notes.ts'
import { shortDigest } from '../../../core/telling.ts'
import { noteLines, type Note } from './notes.ts'
import { createdNotes, leftNotes, numberNotes } from './other-notes.ts'
import { overviewOf, type Overview } from './overview.ts'
import { siteOf } from './places.ts'
import { tableLines } from './table.ts'
import { widthOf } from '../width.ts'

/** So few changes are told one by one. */
const FEW = 10

/** A plan as it is shown; with `redact`, its numbers only. */
export function shownLines(plan: Plan, look: Look, redact = false): string[] {
  if (!redact) return planLines(plan, look)
  return [...planLines(plan, look, []), '', 'Without the data of any record.', `Digest ${plan.digest}`]
}

/**
 * A plan for people: numbers and limits, what hurts first, then a line for each field. Of syncs
 * that are not `named`, numbers only.
 */
export function planLines(plan: Plan, look: Look, named: readonly SyncPlan[] = plan.syncs): string[] {
  const overview = overviewOf(plan, named)
  const { columns, paint, all } = look
  const amount = { names: 3, all, rest: '--all shows all' }
  const each = all || overview.changes <= FEW
  const [fieldHead = '', ...fields] = fieldLines(overview.fields, columns)
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
  const notes = (title: string, some: readonly Note[]): string[] => section(title, noteLines(some, look))
  return [
    ...wrapped(paint('bold', headOf(overview)), columns),
    ...instanceLines(overview, columns),
    '',
    ...tableLines(overview.syncs, look),
    ...notes(breachTitle(overview).replace('Stopped', 'STOPPED'), breachNotes(overview)),
    ...notes('READ THESE FIRST', hurtNotes(overview, amount)),
    ...(each ? [] : notes('NEW RECORDS', createdNotes(overview, amount))),
    ...(each ? [] : section(fieldHead, fields)),
    ...notes('LEFT AS THEY ARE', leftNotes(overview, amount)),
    ...notes('NUMBERS ONLY', numberNotes(overview)),
    ...(each ? section('ALL CHANGES', changeLines({ syncs: named }, look)) : []),
  ]
}

function headOf({ asOf, changes, breaches, digest }: Overview): string {
  const total = changes === 0 ? 'nothing to do' : counted(changes, 'changes')
  const beyond = breaches.length === 0 ? '' : ', NOT APPROVED'
  return `Plan as of ${asOf}: ${total}${beyond} (digest ${shortDigest({ digest })})`
}

/** Where each instance is, beside each other where they fit. */
function instanceLines({ instances }: Overview, columns: number): string[] {
  const known = instances.flatMap(({ name, address }) =>
    address === undefined ? [] : [`${plain(name)}  ${plain(siteOf(address).text)}`],
  )
  const line = known.join('      ')
  return widthOf(line) <= columns && line !== '' ? [line] : known
}
