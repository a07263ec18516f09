import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { same, type Desired, type Existing, type Json, type SyncPlan } from 'zds'
import { keyIn } from '../../../src/core/compare/compare.ts'
import { applied, compared, held, isPartner, syncOf, table, wanted, type Scene } from '../../support/syncs.ts'

/**
 * Few keys and few names, so that twins, duplicates and renames into taken names come up all the
 * time.
 */
const key = fc.constantFrom('A', 'B', 'C', 'D', 'E')
const name = fc.constantFrom(null, 'Acme', 'acme', ' Acme ', 'Globex', 'Initech', 'Umbrella')
const fields = {
  name,
  account_type: fc.constantFrom(null, 'customer', 'open_partner'),
  support_level: fc.constantFrom(null, 'premium', 'expired'),
  aar: fc.constantFrom(null, 0, 5),
  support_hold: fc.constantFrom(null, false, true),
  external_id: fc.constantFrom(null, 'x'),
}

const desiredRow: fc.Arbitrary<Desired> = fc.oneof(
  { weight: 5, arbitrary: record() },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('absent' as const), key, reason: fc.constantFrom('retention', 'gone') }),
  },
)

function record(): fc.Arbitrary<Desired> {
  return fc.tuple(key, fc.record(fields, { requiredKeys: ['name'] })).map(([id, some]) => ({
    kind: 'record',
    key: id,
    fields: { salesforce_id: id, mark_for_deletion: false, ...some },
  }))
}

const existingRows: fc.Arbitrary<Existing[]> = fc
  .array(fc.record({ salesforce_id: fc.option(key), mark_for_deletion: fc.boolean(), notes: fc.string(), ...fields }), {
    maxLength: 6,
  })
  .map((rows) => rows.map((row, index) => ({ id: `${index + 1}`, fields: row })))

const scenes = fc.record({
  desired: fc.array(desiredRow, { maxLength: 6 }),
  existing: existingRows,
  rivals: fc.array(fc.array(record(), { maxLength: 2 }), { maxLength: 1 }),
  complete: fc.record({ desired: fc.boolean(), existing: fc.boolean() }),
  ownedElsewhere: fc.boolean(),
}) satisfies fc.Arbitrary<Scene>

const customers = syncOf({ owns: (existing) => !isPartner(existing), takesOver: true })
const planOf = (scene: Scene): Promise<SyncPlan> => compared(scene, customers)

/**
 * What Zendesk holds for certain: one record a name. Worlds that break its own rule are no worlds.
 */
const uniquelyNamed = ({ existing }: { readonly existing: readonly Existing[] }): boolean => {
  const names = existing.flatMap(({ fields: { name: called } }) =>
    typeof called === 'string' ? [called.trim().toLowerCase()] : [],
  )
  return new Set(names).size === names.length
}

describe('the laws of a comparison', () => {
  it('GEN-07: carried out, it leaves nothing to do but names that were freed in the run', async () => {
    await fc.assert(
      fc.asyncProperty(scenes.filter(uniquelyNamed), async (scene) => {
        const first = await planOf(scene)
        const second = await planOf({ ...scene, existing: applied(scene.existing, first) })
        const freed = new Set(
          [...first.changes].flatMap(({ op, fields: { name: renamed } }) =>
            op === 'update' && typeof renamed?.from === 'string' ? [renamed.from.trim().toLowerCase()] : [],
          ),
        )
        const takes = (to: unknown): boolean => typeof to === 'string' && freed.has(to.trim().toLowerCase())
        expect([...second.changes].filter((change) => !takes(change.fields['name']?.to))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('no two organizations have one name after it', async () => {
    await fc.assert(
      fc.asyncProperty(scenes.filter(uniquelyNamed), async (scene) => {
        const existing = applied(scene.existing, await planOf(scene))
        expect(existing).toSatisfy((rows: Existing[]) => uniquelyNamed({ existing: rows }))
      }),
      { numRuns: 500 },
    )
  })

  it('does not depend on the order of the rows', async () => {
    const shuffled = fc.tuple(scenes, fc.array(fc.integer(), { minLength: 12, maxLength: 12 }))
    await fc.assert(
      fc.asyncProperty(shuffled, async ([scene, dice]) => {
        const mixed = <T>(rows: readonly T[]): T[] =>
          rows.toSorted((a, b) => (dice[rows.indexOf(a)] ?? 0) - (dice[rows.indexOf(b)] ?? 0))
        // Rows of one key keep their order: a stable sort by key is all that the engine promises
        // about those.
        const byKey = (rows: readonly Desired[]): Desired[] =>
          rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
        const unique = { ...scene, desired: [...new Map(scene.desired.map((row) => [row.key, row])).values()] }
        const other = {
          ...unique,
          desired: mixed(byKey(unique.desired)),
          existing: mixed(unique.existing),
          rivals: unique.rivals.map(mixed),
        }
        const one = await planOf(unique)
        const two = await planOf(other)
        expect(two.changes).toEqual(one.changes)
        expect(sorted(two)).toEqual(sorted(one))
      }),
    )
  })

  it('SYN-11: names no field that neither the desired record nor the retired one names', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        for (const { op, key: of, fields: named } of (await planOf(scene)).changes) {
          const wanted = scene.desired.find((row) => row.kind === 'record' && row.key === of)
          const allowed =
            op === 'retire' ? ['mark_for_deletion'] : Object.keys(wanted?.kind === 'record' ? wanted.fields : {})
          expect(allowed).toEqual(expect.arrayContaining(Object.keys(named)))
        }
      }),
    )
  })

  it('every change says truly what the record holds now, and changes something', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        for (const { op, id, fields: named } of (await planOf(scene)).changes) {
          const now = scene.existing.find((row) => row.id === id)?.fields ?? {}
          expect(op === 'create').toBe(id === undefined)
          expect(Object.keys(named).length).toBeGreaterThan(0)
          for (const [field, { from, to }] of Object.entries(named)) {
            expect(from).toEqual(now[field] ?? null)
            expect(to).not.toEqual(from)
          }
        }
      }),
    )
  })

  it('whatever the record holds in a field, what is desired replaces it, and nothing else is written', async () => {
    const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as Json) // JSON text is Json
    await fc.assert(
      fc.asyncProperty(json, fc.option(fc.string({ minLength: 1 })), async (from, to) => {
        const scene = {
          desired: [wanted('A', { account_type: to })],
          existing: [held('1', 'A', { account_type: from })],
        }
        const fieldsOf = [...(await compared(scene)).changes].map((change) => change.fields)
        expect(fieldsOf).toEqual(same(table.account_type.type, from, to) ? [] : [{ account_type: { from, to } }])
      }),
      { numRuns: 300 },
    )
  })

  it('no record is changed twice, and no key has both a change and an unqualified skip', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const { changes, skipped } = await planOf(scene)
        expect(new Set([...changes].map(({ key: of }) => of)).size).toBe(changes.length)
        const ids = [...changes].flatMap(({ id }) => id ?? [])
        expect(new Set(ids).size).toBe(ids.length)
        const both = skipped.filter((skip) => [...changes].some((change) => change.key === skip.key))
        expect(both.every(({ reason }) => reason === 'name-taken')).toBe(true)
      }),
    )
  })

  it('every key is accounted for: by a change, by a skip, or because it is as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const plan = await planOf({ ...scene, ownedElsewhere: false })
        const told = new Set([...plan.changes, ...plan.skipped].map(({ key: of }) => of))
        const held = new Set(scene.existing.map(({ fields: { salesforce_id } }) => salesforce_id))
        const missing = scene.desired.filter(({ kind, key: of }) => kind === 'record' && !held.has(of))
        expect(missing.filter(({ key: of }) => !told.has(of))).toEqual([])
        const silent = scene.existing.filter((row) => !told.has(keyIn(customers, row)))
        const settled = await planOf({
          ...scene,
          complete: { desired: true, existing: true },
          existing: silent,
          ownedElsewhere: false,
        })
        expect([...settled.changes].filter(({ op }) => op !== 'create')).toEqual([])
      }),
    )
  })

  it('SAFE-02: an incomplete listing never creates, an incomplete side never retires', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const { desired, existing } = scene.complete
        const forbidden = new Set([...(existing ? [] : ['create']), ...(existing && desired ? [] : ['retire'])])
        expect([...(await planOf(scene)).changes].filter(({ op }) => forbidden.has(op))).toEqual([])
      }),
    )
  })
})

function sorted({ skipped }: SyncPlan): string[] {
  return skipped.map((skip) => JSON.stringify(skip)).toSorted()
}
