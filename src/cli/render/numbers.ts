import type { Plan } from '../../core/plan/plan.ts'
import { planNumbers, type PlanNumbers } from '../../core/plan/numbers.ts'
import { counted, number, plain } from './text.ts'
import type { Look } from './look.ts'
import { planLines } from './plan/screen.ts'

/** A plan as it is shown; with `redact`, its numbers only. */
export function shownLines(plan: Plan, look: Look, redact = false): string[] {
  return redact ? numberLines(planNumbers(plan), look) : planLines(plan, look)
}

/** The numbers of a plan for people who may not see its records. */
function numberLines({ asOf, digest, syncs }: PlanNumbers, { paint }: Look): string[] {
  return [
    paint('bold', `Plan as of ${asOf}, without the data of any record. Digest ${digest}`),
    ...syncs.flatMap(({ name, instance, resource, existing, operations, excesses, ...more }) => {
      const { create, update, retire, remove } = operations
      const removed = remove > 0 ? `, ${number(remove)} to remove` : ''
      const words = `${number(create)} to create, ${number(update)} to update, ${number(retire)} to retire${removed}`
      return [
        '',
        `${paint('bold', plain(name))}: ${words} (${plain(instance)} has ${counted(existing, resource)})`,
        ...excesses.map(({ id, count, limit, because }) =>
          paint(
            'red',
            `  ! over the limit: ${plain(id)} ${number(count)} of ${number(existing)}, the limit is ${limitOf(limit)}${without(because)}`,
          ),
        ),
        ...line('fields', more.fields),
        ...line('with them', more.along),
        ...line('left', more.skipped),
        ...line('notices', more.notices),
      ]
    }),
  ]
}

function line(title: string, counts: { readonly [word: string]: number }): string[] {
  const parts = Object.entries(counts).map(([word, some]) => `${plain(word)} ${number(some)}`)
  return parts.length === 0 ? [] : [`  ${title}: ${parts.join(', ')}`]
}

const without = (because: PlanNumbers['syncs'][number]['excesses'][number]['because']): string =>
  because === undefined ? '' : `; without ${plain(because.fields.join(', '))} ${number(because.left)}`

/** A limit is a share below 1, or a number of records. */
function limitOf(limit: number): string {
  return limit > 0 && limit < 1 ? `${number(limit * 100)} %` : number(limit)
}
