import { describe, expect, it } from 'vitest'
import { typesOf, ZdsError, type Change, type Config, type Desired, type Plan, type Remark, type SyncPlan } from 'zds'
import { assemble, digestOf } from '../../../src/core/plan/plan.ts'
import { assertOurs } from '../../../src/core/run/fits.ts'
import { compared, held, sourceOf, syncOf, table, targetOf, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const { parent: _, ...written } = typesOf(table)
const company = (change: Change): Remark[] => [{ code: 'user-new', message: JSON.stringify(change.along) }]
const target = {
  ...targetOf(),
  misfit: ({ id = '1' }: Change) => (/^\d+$/.test(id) ? undefined : 'id: is no number'),
  describe: company,
}
const global = syncOf({}, { target, desired: { ...sourceOf<Desired>('accounts'), types: written } })
const bare = syncOf({}, { target: { ...targetOf(), name: 'other', ops: ['update'] } })
const removing = syncOf(
  { retire: 'remove' },
  { target: { ...targetOf(), name: 'removing' }, desired: { ...sourceOf<Desired>('removals'), types: written } },
)
const { retire: __, ...keeping } = syncOf().rules
const never = { ...syncOf({}, { target: { ...targetOf(), name: 'never' } }), rules: keeping }
const config: Config = { sources: {}, targets: { global, bare, removing, never } }

const sync: SyncPlan = await compared(
  {
    desired: [wanted('A', { name: 'Acme' }), wanted('B', { aar: 2 })],
    existing: [held('2', 'B', { aar: 1 }), held('3', 'C')],
  },
  global,
)
const [create, update, retire] = sync.changes
if (create === undefined || update === undefined || retire === undefined) throw new Error('The plan has three changes')
const planOf = (...syncs: readonly SyncPlan[]): Plan => assemble(syncs, 'fingerprint', fakeClock())
const changing = (...changes: readonly Change[]): Plan => planOf({ ...sync, changes })

function refusal(plan: Plan): ZdsError | undefined {
  try {
    assertOurs(plan, { config })
  } catch (error) {
    if (error instanceof ZdsError) return error
    throw error
  }
  return undefined
}
const told = (plan: Plan): string[] => refusal(plan)?.issues.map(({ where, message }) => `${where} ${message}`) ?? []
const to = (field: string, value: Change['fields'][string]['to']): Change['fields'] => ({
  [field]: { from: null, to: value },
})

describe('SAFE-14: a plan that is carried out is one that the configuration makes', () => {
  it('as it was compared, and its undo', () => {
    expect([...sync.changes].map(({ op }) => op)).toEqual(['create', 'update', 'retire'])
    expect(refusal(planOf(sync))).toBeUndefined()
    const back = { ...retire, op: 'update' as const, fields: { mark_for_deletion: { from: true, to: false } } }
    expect(refusal(changing(back))).toBeUndefined()
  })

  it('is refused where a value in it is another one than its digest says', () => {
    expect(refusal({ ...planOf(sync), asOf: '2026-03-15' })).toMatchObject({ code: 'PLAN_INVALID' })
    const { syncs: __, ...rest } = planOf(sync)
    expect(refusal(rest as unknown as Plan)).toMatchObject({ code: 'PLAN_INVALID' })
  })

  it('is stale with a sync that there is not', () => {
    expect(refusal(planOf({ ...sync, name: 'partners' }))).toMatchObject({
      code: 'PLAN_STALE',
      issues: [{ where: 'partners', message: 'is no sync of the configuration' }],
    })
    for (const name of ['constructor', '__proto__'])
      expect(refusal(planOf({ ...sync, name }))).toMatchObject({ code: 'PLAN_STALE' })
  })

  it('writes where its sync writes, under the name that locks and observers know', () => {
    const other = { instance: 'us-gov', resource: 'users', address: 'https://other.example', confined: true } as const
    expect(told(planOf({ ...sync, ...other }))).toEqual([
      'global instance: is global, not us-gov',
      'global resource: is organizations, not users',
      'global address: is https://global.example, not https://other.example',
      'global confined: is false, not true',
    ])
    expect(told(planOf({ ...sync, address: 'https://global.example' }))).toEqual([])
  })

  it('has each sync, each record and each id once', () => {
    expect(told(planOf(sync, { ...sync, changes: [] }))).toEqual(['global is in the plan twice'])
    expect(told(changing(update, { ...update, id: '9' }))).toEqual(['global B is changed twice'])
    expect(told(changing(update, { ...update, key: 'Z' }))).toEqual(['global 2 is the id of two changes'])
  })

  it('does what its sync can, and nothing else', () => {
    const none = 'is nothing that this sync does'
    expect(told(changing({ ...retire, op: 'remove', fields: to('name', null) }))).toContain(`global C remove: ${none}`)
    const other = { ...sync, name: 'bare', changes: [create, retire] }
    expect(told(planOf(other))).toEqual([`bare A create: ${none}`, `bare C retire: ${none}`])
  })

  it('removes only where its sync does, retires only where it says how, and a removal writes nothing', () => {
    const { reason: ___, ...marked } = retire
    const part = (name: string, ...changes: readonly Change[]) => told(planOf({ ...sync, name, changes }))
    const removal: Change = { ...marked, op: 'remove', fields: { name: { from: 'Acme', to: null } } }
    expect(part('removing', removal)).toEqual([])
    expect(part('removing', { ...removal, fields: to('name', 'Acme') })).toEqual([
      'removing C name: is not what a remove writes',
    ])
    for (const [name, change] of [
      ['removing', retire],
      ['never', retire],
      ['never', removal],
      ['global', removal],
    ] as const)
      expect(part(name, change)).toContain(`${name} C ${change.op}: is nothing that this sync does`)
    // What was removed is created anew with all that it held.
    expect(part('removing', { ...create, fields: { ...create.fields, ...to('parent', '7') } })).toEqual([])
    expect(part('never', { ...update, fields: to('mark_for_deletion', true) })).toEqual([])
  })

  it('names a record that there is by its id, and a new one by none, as its target gives them', () => {
    const { id: __, ...nameless } = update
    expect(told(changing(nameless))).toEqual(['global B id: is missing'])
    expect(told(changing(create, { ...create, key: 'Z' }))).toEqual([])
    expect(told(changing({ ...create, id: '7' }))).toEqual(['global A id: is there before its record'])
    expect(told(changing({ ...update, id: '2/merge' }))).toEqual(['global B id: is no number'])
  })

  it.each(['role', 'parent', '__proto__', 'constructor'])('writes no %s, which its sync does not', (field) => {
    const fields = JSON.parse(`{ "${field}": { "from": null, "to": "admin" } }`) as Change['fields']
    for (const change of [create, update])
      expect(told(changing({ ...change, fields }))).toEqual([
        `global ${change.key} ${field}: is no field that a ${change.op} of this sync writes`,
      ])
  })

  it('holds values that fit, infinite numbers not among them', () => {
    expect(told(changing({ ...update, fields: { ...to('aar', '2'), ...to('name', { ref: 1 }) } }))).toEqual([
      'global B aar: must be a number',
      'global B name: must be text',
    ])
    expect(told(changing({ ...update, fields: to('aar', Number.POSITIVE_INFINITY) }))).toHaveLength(1)
    expect(told(changing({ ...update, fields: to('aar', null) }))).toEqual([])
  })

  it('retires as the rules say, and in no other way', () => {
    expect(told(changing({ ...retire, fields: to('mark_for_deletion', false) }))).toEqual([
      'global C mark_for_deletion: is not what a retire writes',
    ])
    expect(told(changing({ ...retire, fields: to('name', 'Gone') }))).toHaveLength(1)
  })

  it('brings along what its target takes, and says so', () => {
    const along = { people: ['a@b.c'] }
    const full = { ...create, along, remarks: company({ ...create, along }) }
    expect(told(changing(full))).toEqual([])
    expect(told(changing({ ...full, remarks: [] }))).toEqual(['global A remarks: are not of what comes along'])
    expect(told(changing({ ...create, remarks: full.remarks }))).toEqual([
      'global A remarks: speak of what does not come along',
    ])
    expect(told(planOf({ ...sync, name: 'never', changes: [{ ...create, along }] }))).toEqual([
      'never A along: nothing may come along',
    ])
    expect(told(changing({ ...update, along }))).toEqual(['global B along: nothing may come along'])
    expect(told(planOf({ ...sync, name: 'bare', changes: [{ ...update, along }] }))).toHaveLength(1)
  })

  it('brings along nothing that its target cannot read; what its target does wrong is no fault of the plan', () => {
    const broken = new TypeError('people is not iterable')
    const saying = (error: Error) => () => {
      const describe = (): Remark[] => {
        throw error
      }
      const strict = syncOf({}, { target: { ...targetOf(), describe } })
      const plan = planOf({ ...sync, changes: [{ ...create, along: 5 }] })
      assertOurs(plan, { config: { sources: {}, targets: { global: strict } } })
    }
    expect(saying(new ZdsError('ROW_INVALID', 'is no list of people'))).toThrow(
      expect.objectContaining({
        code: 'PLAN_INVALID',
        message: 'The plan is none that this configuration makes, so nothing was changed',
        issues: [{ code: 'PLAN_INVALID', where: 'global A', message: 'along: is no list of people' }],
      }),
    )
    expect(saying(broken)).toThrow(broken)
  })

  it('all of it at once, what is held back too', () => {
    const change = { ...retire, id: 'x', fields: to('role', 'admin') }
    const skipped = [{ key: 'C', reason: 'incomplete-listing', change }]
    const plan = planOf({ ...sync, instance: 'us-gov', skipped, changes: [update] }, { ...sync, name: 'partners' })
    expect(told(plan)).toHaveLength(4)
    expect(refusal(plan)).toMatchObject({ code: 'PLAN_INVALID', hint: expect.stringContaining('zds plan') as string })
    expect(digestOf(plan)).toBe(plan.digest)
  })
})
