import { describe, expect, it } from 'vitest'
import { listOf, name, reference, sync as makeSync, text, typesOf, type Change, type Desired, type Json } from 'zds'
import { bind } from '../../src/core/apply/bind.ts'
import { isRef, ref } from '../../src/core/refs.ts'
import { compared, held, sourceOf, targetOf, wanted } from '../support/syncs.ts'

const users = { salesforce_id: text('Id'), name: name('Name'), organization_id: reference('Org') }
const fields = { ...users, mark_for_deletion: text() }
const sync = makeSync({
  fields,
  desired: sourceOf<Desired>('users'),
  target: targetOf({ types: fields }),
  rules: { key: 'salesforce_id', unique: 'name' },
})
const later = ref('us-gov', 'A')

describe('SAFE-08: a ref to a record that does not exist yet', () => {
  it('is in the plan of a create as it is', async () => {
    const plan = await compared({ desired: [wanted('U', { organization_id: later, mark_for_deletion: null })] }, sync)
    expect([...plan.changes][0]?.fields['organization_id']).toEqual({ from: null, to: later })
  })

  it.each<[string, Json]>([
    ['none', null],
    ['another', '7'],
  ])('is in the plan of an update of a record that has %s', async (_which, now) => {
    const plan = await compared(
      {
        desired: [wanted('U', { organization_id: later, mark_for_deletion: null })],
        existing: [held('1', 'U', { organization_id: now, mark_for_deletion: null })],
      },
      sync,
    )
    expect(plan.changes).toEqual([
      { op: 'update', key: 'U', id: '1', fields: { organization_id: { from: now, to: later } } },
    ])
  })

  it('survives JSON and is told from other objects', () => {
    expect(isRef(JSON.parse(JSON.stringify(later)) as Json)).toBe(true)
    for (const other of [null, 5, 'ref', {}, { ref: 'A' }, { ref: { sync: 'us-gov' } }, { ref: { sync: 1, key: 'A' } }])
      expect(isRef(other)).toBe(false)
  })

  const change: Change = {
    op: 'update',
    key: 'U',
    id: '1',
    fields: { name: { from: 'a', to: 'b' }, organization_id: { from: '7', to: later } },
  }

  it('becomes the id that its sync has just given', () => {
    const bound = bind(change, typesOf(users), (of, key) => (of === 'us-gov' && key === 'A' ? '4711' : undefined))
    expect(bound).toEqual({ ...change, fields: { ...change.fields, organization_id: { from: '7', to: '4711' } } })
    expect(change.fields['organization_id']?.to).toEqual(later)
  })

  it.each(['9007199254740993', '00123', '0197a3f0-6f2c-7c3e-9d0a-2b1f5c4e8a11'])(
    'becomes the id %s as it is: no number is made of it',
    (id) => {
      const bound = bind(change, typesOf(users), () => id)
      expect(bound).toMatchObject({ fields: { organization_id: { to: id } } })
      expect(reference.type.misfit(id)).toBeUndefined()
    },
  )

  it('may stand in a list, among ids that are known', () => {
    const types = { ...typesOf(users), groups: listOf(reference).type }
    const many: Change = { ...change, fields: { groups: { from: null, to: ['5', later] } } }
    expect(bind(many, types, () => '77')).toMatchObject({ fields: { groups: { to: ['5', '77'] } } })
    expect(bind(many, types, () => undefined)).toMatchObject({ status: 'unresolved' })
  })

  it('that points at nothing makes that one change unresolved', () => {
    expect(bind(change, typesOf(users), () => undefined)).toEqual({
      key: 'U',
      status: 'unresolved',
      code: 'unresolved',
      message: 'organization_id refers to A of us-gov, which was not created',
    })
  })
})
