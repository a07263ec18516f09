import type { Look } from '../look.ts'
import type { Paint } from '../paint.ts'
import { counted, number, plain, shown, wrapped } from '../text.ts'
import type { Move, Retired } from './hurts.ts'
import { namesText } from './names.ts'
import type { Overview } from './overview.ts'

/** A line below another one. */
const REASON = '      '

/** Notices of one kind that are told; the others are counted. */
const NOTICES = 10

/** What hurts, or may: marks, falls of what has an order, what nobody comes with, what is held back. */
export function hurtLines(overview: Overview, { columns, paint, all }: Look): string[] {
  return [
    ...overview.held.flatMap((held) => heldLine(held, paint)),
    ...overview.retired.flatMap((retired) => retiredLines(retired, paint)),
    ...movesLines(overview.moves, paint),
    ...aloneLines(overview, paint),
    ...noticeLines(overview, paint, all),
  ].flatMap((line) => wrapped(line, columns, line.startsWith(REASON) ? `${REASON}  ` : REASON))
}

/** What was read may lack records; what would be done if it does not is held back (SAFE-13). */
function heldLine({ sync, changes, unproved, empty }: Overview['held'][number], paint: Paint): string[] {
  const why = empty
    ? `nothing should be there, which may be a mistake; if it is right: --approve DIGEST:${plain(sync)}.empty`
    : `${plain(unproved.join(' and '))} may lack records`
  const line = `  ! not proved complete: ${counted(changes, 'changes')} held back in ${plain(sync)} (${why})`
  return [paint('red', line)]
}

function retiredLines({ op, resource, effect, records, reasons }: Retired, paint: Paint): string[] {
  const gets = Object.entries(effect).map(([field, to]) => `${plain(field)} -> ${shown(to)}`)
  const becomes = op === 'remove' ? 'removed' : gets.join(', ')
  return [
    `  ${paint('red', '-')} ${counted(records, plain(resource))}: ${becomes}`,
    ...reasons.map(({ reason, meaning, who }) => {
      const why = meaning === '' ? plain(reason) : `${plain(reason)} (${plain(meaning)})`
      return `${REASON}${number(who.length)} ${why}: ${namesText(who, wantedText)}`
    }),
  ]
}

const wantedText = ({ wantedBy }: { readonly wantedBy?: string }): string =>
  wantedBy === undefined ? '' : ` (its name is wanted by ${plain(wantedBy)})`

/** What falls and rises; that nothing does is worth a line as well. */
function movesLines(moves: readonly Move[], paint: Paint): string[] {
  const still = moves.filter(({ fell, rose }) => fell.length + rose.length === 0)
  const fields = still.map(({ field }) => plain(field)).join(', ')
  return [
    ...moves.filter((move) => !still.includes(move)).flatMap((move) => moveLines(move, paint)),
    ...(still.length > 0 ? [`  ${paint('dim', `v nothing falls or rises in ${fields}`)}`] : []),
  ]
}

function moveLines({ field, fell, rose }: Move, paint: Paint): string[] {
  const steps = ({ from, to }: Move['fell'][number]): string => ` (${shown(from)} -> ${shown(to)})`
  const told = (some: Move['fell']): string => (some.length === 0 ? '' : `: ${namesText(some, steps)}`)
  return [
    `  ${paint(fell.length > 0 ? 'red' : 'dim', 'v')} ${moved(fell, 'fall')} in ${plain(field)}${told(fell)}`,
    `  ${paint('green', '^')} ${moved(rose, 'rise')} in ${plain(field)}${told(rose)}`,
  ]
}

const moved = ({ length }: Move['fell'], verb: string): string =>
  `${counted(length, 'records')} ${verb}${length === 1 ? 's' : ''}`

function aloneLines({ created }: Overview, paint: Paint): string[] {
  return created.flatMap(({ sync, resource, who, alone }) => {
    if (alone.length === 0) return []
    const some = `${number(alone.length)} of ${number(who.length)} new ${plain(resource)} in ${plain(sync)}`
    return [`  ${paint('yellow', '+')} ${some} come with nobody: ${namesText(alone)}`]
  })
}

/** Many of one kind must not hide the only one of another. */
function noticeLines({ notices }: Overview, paint: Paint, all: boolean): string[] {
  return notices.flatMap(({ code, messages }) => {
    const told = all ? messages : messages.slice(0, NOTICES)
    const rest = messages.length - told.length
    return [
      ...told.map((message) => `  ${paint('cyan', 'i')} ${plain(code)}: ${plain(message)}`),
      ...(rest > 0 ? [`  … and ${number(rest)} more (--all shows all)`] : []),
    ]
  })
}
