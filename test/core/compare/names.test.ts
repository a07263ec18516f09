import { describe, expect, it } from 'vitest'
import { applied, compared, held, wanted } from '../../support/syncs.ts'

const named = (key: string, name: string | null, more = {}) => wanted(key, { name, ...more })

describe('AMB-20, SYN-20: creating under a name that is taken', () => {
  it.each(['Acme', 'ACME', ' acme  '])('%j is held when another organization is called Acme', async (name) => {
    const plan = await compared({ desired: [named('A', name)], existing: [held('9', null, { name: 'Acme' })] })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toContainEqual({ key: 'A', reason: 'name-taken', name })
  })

  it('an organization of any owner counts: without key, marked, or of another sync', async () => {
    const existing = [held('7', null, { name: 'One' }), held('8', 'X', { name: 'Two', mark_for_deletion: true })]
    const plan = await compared({ desired: [named('A', 'one'), named('B', 'two')], existing })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.filter(({ reason }) => reason === 'name-taken').map(({ key }) => key)).toEqual(['A', 'B'])
  })

  it('twins: two new accounts of one name are both held', async () => {
    const plan = await compared({ desired: [named('A', 'Acme'), named('B', 'acme '), named('C', 'Other')] })
    expect(plan.changes.map(({ key }) => key)).toEqual(['C'])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([
      ['A', 'name-taken'],
      ['B', 'name-taken'],
    ])
  })

  it('twins: the one with an organization goes on being updated, the one without is held', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme', { aar: 2 }), named('B', 'Acme')],
      existing: [held('1', 'A', { name: 'Acme', aar: 1 })],
    })
    expect(plan.changes).toEqual([{ op: 'update', key: 'A', id: '1', fields: { aar: { from: 1, to: 2 } } }])
    expect(plan.skipped).toEqual([{ key: 'B', reason: 'name-taken', name: 'Acme' }])
  })

  it('a name that another sync of the target desires is taken too', async () => {
    const plan = await compared({ desired: [named('A', 'Acme')], rivals: [[named('P', 'ACME')]] })
    expect(plan).toMatchObject({ changes: [], skipped: [{ key: 'A', reason: 'name-taken' }] })
  })

  it('the same account desired by two syncs is no twin of itself (AMB-19)', async () => {
    const plan = await compared({ desired: [named('A', 'Acme')], rivals: [[named('A', 'Acme')]] })
    expect(plan.changes.map(({ op }) => op)).toEqual(['create'])
  })

  it('accounts without a name do not collide', async () => {
    const plan = await compared({
      desired: [named('A', null), named('B', '  '), named('C', null)],
      existing: [held('9', 'X', { name: null })],
    })
    expect(plan.changes.filter(({ op }) => op === 'create').map(({ key }) => key)).toEqual(['A', 'B', 'C'])
  })
})

describe('AMB-20: renaming', () => {
  it('into a taken name sends every other field, leaves the name, and reports it', async () => {
    const plan = await compared({
      desired: [named('A', 'Globex', { aar: 2 }), named('B', 'Globex')],
      existing: [held('1', 'A', { name: 'Acme', aar: 1 }), held('2', 'B', { name: 'Globex' })],
    })
    expect(plan.changes).toEqual([{ op: 'update', key: 'A', id: '1', fields: { aar: { from: 1, to: 2 } } }])
    expect(plan.skipped).toEqual([{ key: 'A', reason: 'name-taken', id: '1', name: 'Acme' }])
  })

  it('into a taken name, with nothing else to send, is reported only: the external id is no reason of its own', async () => {
    const plan = await compared({
      desired: [named('A', 'Globex', { external_id: 'A' })],
      existing: [held('1', 'A', { name: 'Acme', external_id: null }), held('2', null, { name: 'globex' })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.filter(({ key }) => key === 'A')).toEqual([
      { key: 'A', reason: 'name-taken', id: '1', name: 'Acme' },
    ])
  })

  it('a new name that a rival sync or a new account wants as well is left', async () => {
    for (const scene of [{ rivals: [[named('P', 'Globex')]] }, { desired: [named('N', 'Globex')] }]) {
      const plan = await compared({
        ...scene,
        desired: [named('A', 'Globex'), ...(scene.desired ?? [])],
        existing: [held('1', 'A', { name: 'Acme' })],
      })
      expect(plan.changes).toEqual([])
      expect(plan.skipped).toContainEqual({ key: 'A', reason: 'name-taken', id: '1', name: 'Acme' })
    }
  })

  it('two organizations that become one name are both left', async () => {
    const plan = await compared({
      desired: [named('A', 'Acme'), named('B', 'acme')],
      existing: [held('1', 'A', { name: 'One' }), held('2', 'B', { name: 'Two' })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'name-taken'],
      ['2', 'name-taken'],
    ])
  })

  it('changing the case of the own name is no clash', async () => {
    const plan = await compared({ desired: [named('A', 'ACME')], existing: [held('1', 'A', { name: 'Acme' })] })
    expect(plan.changes).toEqual([{ op: 'update', key: 'A', id: '1', fields: { name: { from: 'Acme', to: 'ACME' } } }])
  })

  it('changing the case of the own name is no clash for a twin with an organization either', async () => {
    const plan = await compared({
      desired: [named('A', 'ACME'), named('B', 'Acme')],
      existing: [held('1', 'A', { name: 'Acme' })],
    })
    expect(plan.changes.map(({ op, key }) => `${op} ${key}`)).toEqual(['update A'])
    expect(plan.skipped).toEqual([{ key: 'B', reason: 'name-taken', name: 'Acme' }])
  })

  it('blanks around the own name are no change at all (SFA-11)', async () => {
    const plan = await compared({ desired: [named('A', '  Acme ')], existing: [held('1', 'A', { name: 'Acme' })] })
    expect(plan).toMatchObject({ changes: [], skipped: [] })
  })

  it('a name freed in this run is free in the next', async () => {
    const desired = [named('A', 'New Acme'), named('B', 'Acme')]
    const existing = [held('1', 'A', { name: 'Acme' })]
    const first = await compared({ desired, existing })
    expect(first.changes.map(({ op, key }) => `${op} ${key}`)).toEqual(['update A'])
    expect(first.skipped).toEqual([{ key: 'B', reason: 'name-taken', name: 'Acme' }])
    const second = await compared({ desired, existing: applied(existing, first) })
    expect(second.changes.map(({ op, key }) => `${op} ${key}`)).toEqual(['create B'])
    expect(second.skipped).toEqual([])
  })

  it('two organizations that swap names are both left, run after run', async () => {
    const desired = [named('A', 'Two'), named('B', 'One')]
    const existing = [held('1', 'A', { name: 'One' }), held('2', 'B', { name: 'Two' })]
    const plan = await compared({ desired, existing })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ reason }) => reason)).toEqual(['name-taken', 'name-taken'])
  })
})
