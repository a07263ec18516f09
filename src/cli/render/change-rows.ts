import type { Op, SyncPlan } from '../../core/plan/plan.ts'
import { shown } from './text.ts'

/** What hurts most comes first. */
const WEIGHT = { retire: 0, remove: 0, update: 1, create: 2 } as const satisfies { [op in Op]: number }

/** Sync, operation, key, name, reason, field, from, to: a row for each field of each change. */
export function changeRows(syncs: readonly SyncPlan[]): string[][] {
  return syncs.flatMap(({ name: sync, changes, words }) =>
    [...changes]
      .toSorted((a, b) => WEIGHT[a.op] - WEIGHT[b.op])
      .flatMap(({ op, key, name = '', reason = '', fields }) => {
        const head = [sync, op, key, name, words[reason] ?? reason]
        const values = Object.entries(fields).map(([field, { from, to }]) => [...head, field, shown(from), shown(to)])
        return values.length === 0 ? [[...head, '', '', '']] : values
      }),
  )
}
