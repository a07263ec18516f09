import type { Difference } from '../../core/plan/difference.ts'
import type { Look } from './look.ts'
import { cut } from './letters.ts'
import { number, plain, shown } from './text.ts'

/** Differences before the rest is only counted. */
const MOST = 50

/** What differs between two plans, a line each. */
export function differenceLines(differences: readonly Difference[], { columns, paint, all }: Look): string[] {
  if (differences.length === 0) return ['The plans are the same']
  const some = all ? differences : differences.slice(0, MOST)
  const left = differences.length - some.length
  const lines = some.map(({ path, kind, from, to }) => {
    const place = path.map(plain).join(' › ')
    if (kind === 'added') return paint('green', `+ ${place}  ${shown(to)}`)
    if (kind === 'removed') return paint('red', `- ${place}  ${shown(from)}`)
    return paint('yellow', `~ ${place}  ${shown(from)} -> ${shown(to)}`)
  })
  return [...lines.map((line) => cut(line, columns)), ...(left > 0 ? [`… and ${number(left)} more (--all)`] : [])]
}
