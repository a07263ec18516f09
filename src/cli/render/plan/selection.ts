import { changeCount, type Plan, type Skip, type SyncPlan } from '../../../core/plan/plan.ts'
import type { Look } from '../look.ts'
import { number, plain, wrapped } from '../text.ts'
import { changeLines } from './change-lines.ts'
import { shortDigest } from '../../../core/telling.ts'
import { waitsFor, whoseOf } from './skips.ts'

/** A part of a plan for people: each change of it with every field, and why there is none. */
export function selectionLines(part: Plan, whole: Plan, look: Look): string[] {
  const { columns, paint } = look
  const head = `Plan as of ${whole.asOf}: ${number(changeCount(part))} of ${number(changeCount(whole))} changes (digest ${shortDigest(whole)})`
  return [
    ...wrapped(paint('bold', head), columns),
    ...changeLines(part, look),
    ...part.syncs.flatMap((sync) => besideLines(sync)).flatMap((line) => wrapped(paint('dim', line), columns)),
  ]
}

/** What is said of the records of a sync beside their changes. */
function besideLines({ name, skipped, words, notices }: SyncPlan): string[] {
  const why = ({ reason }: Skip): string => `${plain(reason)} (${plain(words[reason] ?? '')})`
  return [
    ...skipped.map((skip) => `  . ${plain(name)}  ${plain(whoseOf(skip))}  left: ${why(skip)}${waitsFor(skip.heldBy)}`),
    ...notices.map(({ code, message }) => `  i ${plain(code)}: ${plain(message)}`),
  ]
}
