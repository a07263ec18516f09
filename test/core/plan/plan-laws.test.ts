import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { same, type Existing, type SyncPlan } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import type { Known } from '../../../src/core/outcome.ts'
import { parsePlan } from '../../support/parse-plan.ts'
import { undo } from '../../../src/core/apply/undo.ts'
import { applied, compared, held, syncOf, table, targetOf, wanted } from '../../support/syncs.ts'
import { fakeClock, testRun } from 'zds/testing'

const values = fc.record(
  {
    name: fc.oneof(fc.constantFrom(null, 'Acme', 'Globex', ' acme '), fc.string({ unit: 'binary', maxLength: 4 })),
    account_type: fc.constantFrom(null, '', 'customer', 'open_partner'),
    support_level: fc.constantFrom(null, 'premium', 'gold'),
    aar: fc.constantFrom(null, 0, 5, 12.5),
    support_hold: fc.constantFrom(null, false, true),
    external_id: fc.constantFrom(null, 'x'),
    mark_for_deletion: fc.constantFrom(null, false, true),
  },
  { requiredKeys: ['mark_for_deletion'] },
)
const side = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D', 'E'), values)

const worlds = fc.tuple(side, side).map(([desired, existing]) => ({
  desired: Object.entries(desired).map(([key, fields]) => wanted(key, { ...fields, mark_for_deletion: false })),
  existing: Object.entries(existing).map(([key, fields], index) => held(`${index + 1}`, key, fields)),
}))

/** The plan that undoes all changes of `plan`, when the target holds `records`. */
function undone(plan: SyncPlan, records: readonly Existing[]): Promise<SyncPlan> {
  const known = new Map(
    [...plan.changes].map(({ key, id = `new-${key}` }): [string, Known] => [
      key,
      { kind: 'outcome', outcome: { key, status: 'done', id } },
    ]),
  )
  return undo(plan, syncOf({}, { target: targetOf({ records }) }), { known, created: () => undefined }, testRun())
}

const differences = (before: Existing | undefined, after: Existing): string[] =>
  Object.entries(table).flatMap(([field, { type }]) =>
    same(type, before?.fields[field], after.fields[field]) ? [] : [`${after.id} ${field}`],
  )

describe('for any plan', () => {
  it('an undo of its apply restores each managed field, retires what was created, and leaves the rest', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const plan = await compared(world)
        const after = applied(world.existing, plan)
        const back = await undone(plan, after)
        expect(back.skipped).toEqual([])
        expect([...back.changes].filter(({ op }) => op === 'create')).toEqual([])

        const restored = applied(after, back)
        const before = new Map(world.existing.map((record) => [record.id, record]))
        const old = restored.filter(({ id }) => before.has(id))
        expect(old.flatMap((record) => differences(before.get(record.id), record))).toEqual([])
        const fresh = restored.filter(({ id }) => !before.has(id))
        expect(fresh).toHaveLength([...plan.changes].filter(({ op }) => op === 'create').length)
        expect(fresh.every(({ fields }) => fields['mark_for_deletion'] === true)).toBe(true)
      }),
    )
  })

  it('an undo leaves and lists a record that was changed since', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const plan = await compared(world)
        const first = [...plan.changes].find(({ op, fields }) => op !== 'create' && 'mark_for_deletion' in fields)
        if (first === undefined) return
        const after = applied(world.existing, plan).map((record) =>
          record.id === first.id
            ? {
                ...record,
                fields: { ...record.fields, mark_for_deletion: first.fields['mark_for_deletion']?.from ?? null },
              }
            : record,
        )
        const back = await undone(plan, after)
        expect(back.skipped).toEqual([{ key: first.key, id: first.id, reason: 'changed-since' }])
        expect([...back.changes].map(({ key }) => key)).not.toContain(first.key)
      }),
    )
  })

  it('its document is that plan again, whatever the values are', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const plan = assemble([await compared(world)], 'fingerprint', fakeClock())
        expect(parsePlan(JSON.stringify(plan), 'plan.json')).toEqual(plan)
      }),
    )
  })
})
