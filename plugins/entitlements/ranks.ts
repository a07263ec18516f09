import type { DesiredNotice, FieldTable, Json, LimitsFor } from 'zds'
import type { Catalogue } from './catalogue.ts'

/** The levels from the highest down as a limit of falls has them, where one does. */
export function levelOrder(fields: FieldTable, limits: LimitsFor<FieldTable> = {}): readonly Json[] | undefined {
  const orders = Object.entries(fields).flatMap(([name, { reads }]) => {
    const order = reads.kind === 'fact' && reads.fact === 'level' ? limits.fields?.[name]?.order : undefined
    return order === undefined || order === 'dates' ? [] : [order]
  })
  return orders[0]
}

/**
 * Levels that the plans file has the other way round than the limit of falls: to move a line there
 * changes the level of customers, and what rises by it passes the limit.
 */
export function* rankNotices({ where, levels }: Catalogue, order: readonly Json[] = []): Generator<DesiredNotice> {
  const known = levels.map(({ level }) => level).filter((level) => order.includes(level))
  for (const [place, higher] of known.entries()) {
    const lower = known[place + 1]
    if (lower === undefined || order.indexOf(higher) < order.indexOf(lower)) continue
    const message = `${where} has the level ${higher} above ${lower}, and the limit of the configuration has it below: an account with both gets ${higher}. Correct the one that is wrong`
    yield { kind: 'notice', key: higher, code: 'levels-reordered', message }
  }
}
