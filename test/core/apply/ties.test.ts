import { array, assert, constantFrom, option, property, record, type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, Target } from 'zds'
import { tiesOf, waitersIn } from '../../../src/core/apply/ties.ts'
import { ref } from '../../../src/core/refs.ts'
import { planOf } from '../../support/applying.ts'
import { syncOf, targetOf } from '../../support/syncs.ts'

const target = targetOf()
const creating = (key: string, fields: { readonly [field: string]: Change['fields'][string]['to'] }): Change => ({
  op: 'create',
  key,
  fields: Object.fromEntries(Object.entries(fields).map(([field, to]) => [field, { from: null, to }])),
})
const renaming = (key: string, from: string, to: string): Change => ({
  op: 'update',
  key,
  id: `id-${key}`,
  fields: { name: { from, to } },
})

/** What of `changes` waits, and for which of `before`, changes of a sync of the same target or another. */
function ties(changes: readonly Change[], before: readonly Change[], other: Target = target) {
  const earlier = { sync: syncOf({}, { target: other }), plan: { ...planOf(...before), name: 'first' } }
  const all = tiesOf({ ...planOf(...changes), name: 'second' }, syncOf({}, { target }), [earlier])
  const why = all.map((tie) => `${tie.waiting} after ${tie.awaited} of ${tie.sync}: ${tie.because}`)
  const awaited = all.filter(({ sync }) => sync === 'first').map((tie) => tie.awaited)
  return { waits: [...new Set(all.map(({ waiting }) => waiting))], for: [...new Set(awaited)], why }
}

describe('changes of a sync that goes after another (SYN-12)', () => {
  it('wait for the record that a ref of theirs names, in whatever target it is', () => {
    const changes = [
      creating('U', { parent: ref('first', 'A') }),
      creating('V', { parent: ref('second', 'A') }),
      creating('W', { of_no_type: ref('first', 'A') }),
    ]
    const before = [creating('A', { name: 'Acme' }), creating('B', { name: 'Basin' })]
    expect(ties(changes, before, targetOf({ name: 'elsewhere' }))).toEqual({
      waits: ['U', 'W'],
      for: ['A'],
      why: ['U after A of first: ref', 'W after A of first: ref'],
    })
  })

  it('wait for whoever sets the name free that they take, compared as names are, in their own target', () => {
    const changes = [creating('N', { name: ' ACME' }), creating('M', { name: 'Other' })]
    expect(ties(changes, [renaming('A', 'Acme', 'Acme Holding')])).toEqual({
      waits: ['N'],
      for: ['A'],
      why: ['N after A of first: name'],
    })
    expect(ties(changes, [renaming('A', 'Acme', 'Acme Holding')], targetOf({ name: 'elsewhere' })).waits).toEqual([])
    expect(ties(changes, [renaming('A', 'Acme', 'acme')]).waits).toEqual([])
  })

  it('wait for what else is done to the same record', () => {
    expect(ties([renaming('A', 'x', 'y')], [{ ...renaming('A', 'x', 'x'), op: 'retire' }])).toEqual({
      waits: ['A'],
      for: ['A'],
      why: ['A after A of first: record'],
    })
  })

  it('wait together with those of their own sync that they pass a name to, or get one from', () => {
    const tied: Change = { ...renaming('T', 'old', 'new'), fields: { name: { from: 'old', to: 'acme' } } }
    const changes = [tied, creating('N', { name: 'Old' }), renaming('P', 'second', 'third'), creating('Q', {})]
    expect(ties(changes, [renaming('A', 'Acme', 'x')])).toEqual({
      waits: ['T', 'N'],
      for: ['A'],
      why: ['T after A of first: name', 'N after T of second: name'],
    })
  })

  it('are told together where they wait for one sync, for one reason', () => {
    const tie = { waiting: 'U', sync: 'first', awaited: 'A', because: 'ref' } as const
    const all = waitersIn([tie, { ...tie, waiting: 'V' }, { ...tie, because: 'name' }, { ...tie, sync: 'second' }])
    expect(all.map(({ because, awaited, after }) => [because, awaited, [...after.keys()]])).toEqual([
      ['ref', 'first', ['U', 'V']],
      ['name', 'first', ['U']],
      ['ref', 'second', ['U']],
    ])
  })

  it('wait for no other create, none of them having an id, and for no value that is none', () => {
    expect(ties([creating('N', { name: '' })], [creating('A', {}), renaming('B', '', 'x')])).toEqual({
      waits: [],
      for: [],
      why: [],
    })
  })

  it('wait for no record whose id, name or key only reads as what they are tied to', () => {
    const texts = [JSON.stringify(['id', 'id-A']), JSON.stringify(['name', 'acme']), '']
    const changes = texts.map((name, at) => creating(`N${at}`, { name }))
    expect(ties(changes, [renaming('A', 'Acme', 'x')]).waits).toEqual([])
  })

  it('whatever they are: who waits for nobody has no name in common with who waits, and all that is tied waits', () => {
    const name = constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const one: Arbitrary<Omit<Change, 'key'>> = record({
      op: constantFrom('update' as const),
      id: constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
      fields: record({
        name: record({ from: name, to: name }),
        parent: record({ from: constantFrom(null), to: option(constantFrom(ref('first', '0'), ref('first', '1'))) }),
      }),
    })
    assert(
      property(array(one, { maxLength: 6 }), array(one, { maxLength: 6 }), (mine, theirs) => {
        const named = (some: typeof mine): Change[] => some.map((change, index) => ({ ...change, key: `${index}` }))
        const [changes, before] = [named(mine), named(theirs)]
        const { waits } = ties(changes, before)
        const renamed = ({ fields }: Change) => fields['name']?.from !== fields['name']?.to
        const names = (change: Change) => (renamed(change) ? Object.values(change.fields['name'] ?? {}) : [])
        return changes.every((change) => {
          const parent = change.fields['parent']?.to
          const tied = before.some(
            (other) =>
              other.id === change.id ||
              JSON.stringify(parent) === JSON.stringify(ref('first', other.key)) ||
              (renamed(other) && renamed(change) && other.fields['name']?.from === change.fields['name']?.to),
          )
          const beside = changes.some(
            (other) => waits.includes(other.key) && names(other).some((taken) => names(change).includes(taken)),
          )
          return waits.includes(change.key) || !(tied || beside)
        })
      }),
    )
  })
})
