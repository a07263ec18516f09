import type { Change } from 'zds'
import { testRun, type TargetWorld } from 'zds/testing'
import { startDesk } from './desk.ts'

/** More rows than fit in a page. */
export const seeds = Array.from({ length: 6 }, (_, n) => ({ pair: `p${n}/g`, role: 'member' }))

/** The desk and its target as the laws want them. */
export async function deskWorld(): Promise<TargetWorld & Awaited<ReturnType<typeof startDesk>>> {
  const desk = await startDesk(seeds)
  const { rows, trouble } = desk
  const ids = [...rows.keys()]
  const change = (n: number, role: string): Change => ({
    op: 'update',
    key: `p${n}/g`,
    id: ids[n] ?? '',
    fields: { role: { from: 'member', to: role } },
  })
  const creating = (pair: string): Change => ({
    op: 'create',
    key: pair,
    fields: { pair: { from: null, to: pair }, role: { from: null, to: 'member' } },
  })
  const many = (count: number, make: (n: number) => Change) => Array.from({ length: count }, (_, n) => make(n))
  return {
    ...desk,
    run: testRun,
    size: () => rows.size,
    gone: 'no-such-row',
    create: (count) => many(count, (n) => creating(`new${n}/g`)),
    update: (count) => many(count, (n) => change(n, 'lead')),
    retire: (count) => many(count, (n) => ({ ...change(n, 'left'), op: 'retire' as const })),
    remove: (count) =>
      many(count, (n) => ({
        ...change(n, ''),
        op: 'remove',
        fields: { pair: { from: `p${n}/g`, to: null }, role: { from: 'member', to: null } },
      })),
    refused: (op) => (op === 'create' ? creating('p5/g') : change(4, 'refused')),
    untouched: ({ id = '', fields }) => {
      const { version: _, ...row } = rows.get(id) ?? { version: 0 }
      return Object.fromEntries(Object.entries(row).filter(([field]) => !(field in fields)))
    },
    edit: async ({ id = '' }) => {
      const row = rows.get(id)
      if (row !== undefined) rows.set(id, { ...row, role: 'by hand', version: row.version + 1 })
    },
    lose: () => void (trouble.lost = 1),
    answer: (status) => void (trouble.status = status),
  }
}
