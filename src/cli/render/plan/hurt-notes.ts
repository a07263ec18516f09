import { counted, number, plain, shown } from '../text.ts'
import type { Move, Retired } from './hurts.ts'
import { shortDigest } from '../../../core/telling.ts'
import { namesText } from './names.ts'
import type { Amount, Note } from './notes.ts'
import type { Overview } from './overview.ts'

/** What hurts, or may: marks, falls of what has an order, what nobody comes with, what is held back. */
export function hurtNotes(overview: Overview, amount: Amount): Note[] {
  return [
    ...overview.held.map((held) => heldNote(held, overview)),
    ...overview.retired.map((retired) => retiredNote(retired, amount)),
    ...moveNotes(overview.moves, amount),
    ...aloneNotes(overview, amount),
    ...noticeNotes(overview, amount),
  ]
}

/** `Stopped by 2 limits, all because of account_industry`. */
export function breachTitle({ breaches }: Overview): string {
  const causes = new Set(breaches.map(({ because }) => because?.fields.join(', ')))
  const [cause] = causes
  const why = causes.size === 1 && cause !== undefined && breaches.length > 1 ? `, all because of ${plain(cause)}` : ''
  return `Stopped by ${counted(breaches.length, 'limits')}${why}`
}

export const breachNotes = ({ breaches }: Overview): Note[] =>
  breaches.map(({ sync, id, message }) => ({
    mark: '!',
    tone: 'bad',
    text: `${plain(sync)}: ${plain(message)} [${plain(id)}]`,
  }))

/** What was read may lack records; what would be done if it does not is held back (SAFE-13). */
function heldNote({ sync, changes, unproved, empty }: Overview['held'][number], digest: Overview): Note {
  const name = plain(sync)
  const why = empty
    ? `nothing should be there, which may be a mistake; if it is right: --approve ${shortDigest(digest)}:${name}.empty`
    : `${plain(unproved.join(' and '))} may lack records`
  const text = `not proved complete: ${counted(changes, 'changes')} held back in ${name} (${why})`
  return { mark: '!', tone: 'bad', text }
}

function retiredNote({ op, resource, effect, records, reasons }: Retired, { names }: Amount): Note {
  const gets = Object.entries(effect).map(([field, to]) => `${plain(field)} -> ${shown(to)}`)
  const becomes = op === 'remove' ? 'removed' : gets.join(', ')
  return {
    mark: '-',
    tone: 'bad',
    text: `${counted(records, plain(resource))}: ${becomes}`,
    below: reasons.map(({ reason, meaning, who }) => {
      const why = meaning === '' ? plain(reason) : `${plain(reason)} (${plain(meaning)})`
      return `${number(who.length)} ${why}: ${namesText(who, names, wantedText)}`
    }),
  }
}

const wantedText = ({ wantedBy }: { readonly wantedBy?: string }): string =>
  wantedBy === undefined ? '' : ` (its name is wanted by ${plain(wantedBy)})`

/** What falls and rises; that nothing does is worth a line as well. */
function moveNotes(moves: readonly Move[], amount: Amount): Note[] {
  const still = moves.filter(({ fell, rose }) => fell.length + rose.length === 0)
  const fields = still.map(({ field }) => plain(field)).join(', ')
  return [
    ...moves.filter((move) => !still.includes(move)).flatMap((move) => bothWays(move, amount)),
    ...(still.length > 0 ? [{ mark: 'v', tone: 'quiet', text: `nothing falls or rises in ${fields}` } as const] : []),
  ]
}

function bothWays({ field, fell, rose }: Move, { names }: Amount): Note[] {
  const steps = ({ from, to }: Move['fell'][number]): string => ` (${shown(from)} -> ${shown(to)})`
  const told = (some: Move['fell']): string => (some.length === 0 ? '' : `: ${namesText(some, names, steps)}`)
  return [
    {
      mark: 'v',
      tone: fell.length > 0 ? 'bad' : 'quiet',
      text: `${moved(fell, 'fall')} in ${plain(field)}${told(fell)}`,
    },
    { mark: '^', tone: 'good', text: `${moved(rose, 'rise')} in ${plain(field)}${told(rose)}` },
  ]
}

const moved = ({ length }: Move['fell'], verb: string): string =>
  `${counted(length, 'records')} ${verb}${length === 1 ? 's' : ''}`

function aloneNotes({ created }: Overview, { names }: Amount): Note[] {
  return created.flatMap(({ sync, resource, who, alone }): Note[] => {
    if (alone.length === 0) return []
    const some = `${number(alone.length)} of ${number(who.length)} new ${plain(resource)} in ${plain(sync)}`
    return [{ mark: '+', tone: 'warn', text: `${some} come with nobody: ${namesText(alone, names)}` }]
  })
}

/** Many of one kind must not hide the only one of another. */
function noticeNotes({ notices }: Overview, { names, all, rest }: Amount): Note[] {
  return notices.flatMap(({ code, messages }): Note[] => {
    const told = all ? messages : messages.slice(0, names)
    const left = messages.length - told.length
    return [
      ...told.map((message) => ({ mark: 'i', tone: 'info', text: `${plain(code)}: ${plain(message)}` }) as const),
      ...(left > 0 ? [{ mark: '…', tone: 'quiet', text: `and ${number(left)} more (${rest})` } as const] : []),
    ]
  })
}
