import type { Change, Plan } from '../../../core/plan/plan.ts'
import type { Look } from '../look.ts'
import type { Paint } from '../paint.ts'
import { lookalike } from '../letters.ts'
import { plain, shown, wrapped } from '../text.ts'

/** Every change with every field, in the order in which it is carried out. */
export function changeLines({ syncs }: Pick<Plan, 'syncs'>, { columns, paint }: Look): string[] {
  return syncs.flatMap(({ name, changes }) =>
    [...changes].flatMap((change) => changeBlock(change, name, paint)).flatMap((line) => wrapped(line, columns)),
  )
}

const MARKS = { create: ['green', '+'], update: ['yellow', '~'], retire: ['red', '-'], remove: ['red', '-'] } as const

/** Whose change it is in one line, and below it a line for each field and whoever comes along. */
function changeBlock({ op, key, name, reason, fields, remarks = [] }: Change, sync: string, paint: Paint): string[] {
  const [style, mark] = MARKS[op]
  const why = reason === undefined ? '' : `  (${plain(reason)})`
  const removed = op === 'remove' ? '  removed' : ''
  const called = name === undefined ? '' : `  ${plain(name)}`
  return [
    `  ${paint(style, mark)} ${plain(sync)}  ${plain(key)}${called}${removed}${why}`,
    ...Object.entries(fields).map(([field, { from, to }]) => {
      const before = op === 'create' ? '' : `${shown(from)} -> `
      return `      ${plain(field)}  ${before}${shown(to)}${lookalike(from, to)}`
    }),
    ...remarks.map(({ message }) => `      with ${plain(message)}`),
  ]
}
