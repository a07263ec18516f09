import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Config, Desired, Source, Sync } from 'zds'
import { planSource } from '../../../src/core/config/plan-source.ts'
import {
  backwards,
  computedIn,
  observersOf,
  stages,
  syncsOf,
  waves,
  type Stage,
} from '../../../src/core/config/stages.ts'
import { sourceOf, syncOf, targetOf } from '../../support/syncs.ts'

/**
 * A configuration of the shape of the reference one: two instances, partners after one, users after
 * the other.
 */
function reference(): Config {
  const accounts = sourceOf('accounts')
  const overrides = sourceOf('overrides')
  const partnerRows = sourceOf('partner-rows')
  const organizations = targetOf({ name: 'global' })
  const agencies = targetOf({ name: 'us-gov' })
  const partnerAccounts = sourceOf<Desired>('made-of-partner-rows', [], { needs: [partnerRows] })
  const globalAccounts = sourceOf<Desired>('global-accounts', [], { needs: [accounts, overrides] })
  const usGovAccounts = sourceOf<Desired>('us-gov-accounts', [], { needs: [accounts, overrides] })
  const global = syncOf({ yields: partnerAccounts }, { desired: globalAccounts, target: organizations })
  const usGov = syncOf({}, { desired: usGovAccounts, target: agencies })
  const contacts = sourceOf('contacts', [], { needs: [agencies, planSource(usGov)] })
  const users = sourceOf<Desired>('us-gov-contacts', [], { needs: [contacts] })
  return {
    sources: { accounts, overrides },
    processors: { globalAccounts, usGovAccounts, partnerAccounts },
    targets: { global, 'us-gov': usGov },
    hooks: {
      partners: syncOf({ after: [global] }, { desired: partnerAccounts, target: organizations }),
      'us-gov-users': syncOf({ after: [usGov] }, { desired: users, target: targetOf({ name: 'us-gov-users' }) }),
      slack: { kind: 'observer' },
    },
  }
}

const needsOf = (all: readonly Stage[], id: string): string[] =>
  all.find((stage) => stage.id === id)?.needs.toSorted() ?? ['no such stage']

describe('the stages of the reference system (GEN-02, GEN-03)', () => {
  let all: readonly Stage[]
  beforeEach(() => (all = stages(reference())))

  it('are one gather for each source, one compare and one apply for each sync', () => {
    expect(all.map(({ id }) => id).toSorted()).toEqual([
      'apply:global',
      'apply:partners',
      'apply:us-gov',
      'apply:us-gov-users',
      'compare:global',
      'compare:partners',
      'compare:us-gov',
      'compare:us-gov-users',
      'gather:accounts',
      'gather:contacts',
      'gather:global',
      'gather:global-accounts',
      'gather:overrides',
      'gather:partner-accounts',
      'gather:partner-rows',
      'gather:us-gov',
      'gather:us-gov-accounts',
      'gather:us-gov-contacts',
      'gather:us-gov-users',
    ])
  })

  it('need what they read: a processor its sources, a comparison both sides and the rivals of its target', () => {
    expect(needsOf(all, 'gather:accounts')).toEqual([])
    expect(needsOf(all, 'gather:global-accounts')).toEqual(['gather:accounts', 'gather:overrides'])
    expect(needsOf(all, 'compare:global')).toEqual([
      'gather:global',
      'gather:global-accounts',
      'gather:partner-accounts',
    ])
    expect(needsOf(all, 'compare:partners')).toEqual([
      'gather:global',
      'gather:global-accounts',
      'gather:partner-accounts',
    ])
    expect(needsOf(all, 'compare:us-gov')).toEqual(['gather:us-gov', 'gather:us-gov-accounts'])
  })

  it('apply in the order of `after`: partners after global, users after us-gov', () => {
    expect(needsOf(all, 'apply:global')).toEqual(['compare:global'])
    expect(needsOf(all, 'apply:partners')).toEqual(['apply:global', 'compare:partners'])
    expect(needsOf(all, 'apply:us-gov-users')).toEqual(['apply:us-gov', 'compare:us-gov-users'])
  })

  it('an undo applies the other way round: users before us-gov, partners before global', () => {
    const back = backwards(all.filter(({ kind }) => kind === 'apply'))
    expect(needsOf(back, 'apply:us-gov')).toEqual(['apply:us-gov-users', 'compare:us-gov'])
    expect(needsOf(back, 'apply:us-gov-users')).toEqual(['compare:us-gov-users'])
    expect(waves(back).map((wave) => wave.map(({ name }) => name))).toEqual([
      ['us-gov-users', 'partners'],
      ['us-gov', 'global'],
    ])
  })

  it('SAFE-08: a source may read the plan of a sync: it waits for the comparison, not for the apply', () => {
    expect(needsOf(all, 'gather:contacts')).toEqual(['compare:us-gov', 'gather:us-gov'])
  })

  it('a comparison that yields to what another source desires reads that too, and no comparison is a rival of itself', () => {
    const other = sourceOf<Desired>('yielded-to')
    const one = syncOf({ yields: other })
    const stage = stages({ sources: {}, targets: { one } }).find(({ kind }) => kind === 'compare')
    expect(stage).toMatchObject({ needs: ['gather:accounts', 'gather:organizations', 'gather:yielded-to'], rivals: [] })
  })

  it('a comparison knows the other syncs of its target', () => {
    const rivals = all.flatMap((stage) => (stage.kind === 'compare' ? [[stage.name, stage.rivals.length]] : []))
    expect(Object.fromEntries(rivals)).toEqual({ global: 1, partners: 1, 'us-gov': 0, 'us-gov-users': 0 })
  })

  it('are listed after everything they need, each once', () => {
    const seen = new Set<string>()
    for (const { id, needs } of all) {
      for (const need of needs) expect(seen).toContain(need)
      expect(seen).not.toContain(id)
      seen.add(id)
    }
  })

  it('a source is named by its key in the configuration, in kebab case', () => {
    expect(all.map(({ id }) => id)).toContain('gather:partner-accounts')
    expect(all.map(({ id }) => id)).not.toContain('gather:made-of-partner-rows')
  })

  it('processors follow from what they need, and files are of this machine; all else is gathered from elsewhere', () => {
    const { processors = {}, ...config } = reference()
    const file = sourceOf('plans', [], { identity: () => 'one: 1' })
    const alone = sourceOf<Desired>('written-by-hand')
    const whole: Config = { ...config, sources: { ...config.sources, file }, processors: { ...processors, alone } }
    const names = (one: Config): string[] =>
      stages(one).flatMap((stage) => (stage.kind === 'gather' && computedIn(one)(stage.source) ? [stage.name] : []))
    const computed = ['global-accounts', 'partner-accounts', 'us-gov-accounts', 'us-gov-contacts']
    expect(names(whole).toSorted()).toEqual(['file', ...computed].toSorted())
    expect(names(config).toSorted()).toEqual(
      computed.map((name) => (name === 'partner-accounts' ? 'made-of-partner-rows' : name)).toSorted(),
    )
  })

  it('OPS-08: what only confined instances read is confined, and nothing that others read too', () => {
    const { sources, processors = {}, targets, hooks = {} } = reference()
    const { 'us-gov': usGov, ...open } = targets
    const { 'us-gov-users': users, ...others } = hooks
    const confined = (sync: Sync): Sync =>
      Object.assign(sync, { target: Object.assign(sync.target, { confined: true }) })
    const of = (config: Config): string[] =>
      stages(config).flatMap((stage) => (stage.confined === true ? [stage.id] : []))
    expect(of(reference())).toEqual([])
    for (const { target } of Object.values(open)) Object.assign(target, { confined: false })
    const both = { 'us-gov': confined(usGov as Sync), 'us-gov-users': confined(users as Sync) } // found just now
    expect(of({ sources, processors, targets: { ...open, ...both }, hooks: others }).toSorted()).toEqual([
      'apply:us-gov',
      'apply:us-gov-users',
      'compare:us-gov',
      'compare:us-gov-users',
      'gather:contacts',
      'gather:us-gov',
      'gather:us-gov-accounts',
      'gather:us-gov-contacts',
      'gather:us-gov-users',
    ])
  })

  it('syncs and observers are told apart', () => {
    expect([...syncsOf(reference()).keys()]).toEqual(['global', 'us-gov', 'partners', 'us-gov-users'])
    expect([...observersOf(reference()).keys()]).toEqual(['slack'])
  })
})

describe('a configuration that cannot be run', () => {
  const config = (...syncs: Sync[]): Config => ({
    sources: {},
    targets: Object.fromEntries(syncs.map((one, index) => [`sync-${index}`, one])),
  })
  const invalid = (message: string, hint?: string): unknown =>
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
      ...(hint && { hint }),
    })

  it('two sources of one name, side by side or one inside the other', () => {
    const beside = sourceOf<Desired>('x', [], { needs: [sourceOf('y'), sourceOf('y')] })
    expect(() => stages(config(syncOf({}, { desired: beside })))).toThrow(invalid('y'))
    const inside = sourceOf<Desired>('y', [], { needs: [sourceOf('y')] })
    expect(() => stages(config(syncOf({}, { desired: inside })))).toThrow(invalid('y'))
  })

  it.each(['../rows', 'a/b', 'rows:all', '', '2nd'])('a source that is listed nowhere and named %j', (name) => {
    expect(() => stages(config(syncOf({}, { desired: sourceOf(name) })))).toThrow(
      invalid(
        `A source cannot be named ${JSON.stringify(name)}`,
        'Name it with letters, digits and hyphens: what it leaves is kept under that name.',
      ),
    )
  })

  it('two keys that are the same in kebab case', () => {
    const both = { partnerRows: sourceOf('a'), 'partner-rows': sourceOf('b') }
    expect(() => stages({ sources: both, targets: {} })).toThrow(
      invalid('Two sources are named partner-rows', 'Give one of them another name.'),
    )
  })

  it('a source that needs itself', () => {
    const needs: Source[] = []
    const inner = sourceOf('inner', [], { needs })
    needs.push(sourceOf('outer', [], { needs: [inner] }))
    expect(() => stages({ sources: { inner }, targets: {} })).toThrow(invalid('inner'))
  })

  it('a source that needs the plan of the sync that it is for', () => {
    const needs: Source[] = []
    const one = syncOf({}, { desired: sourceOf<Desired>('circular', [], { needs }) })
    needs.push(planSource(one))
    expect(() => stages(config(one))).toThrow(invalid('needs itself'))
  })

  it('syncs that run after each other', () => {
    const after: Sync[] = []
    const one = syncOf({ after })
    after.push(syncOf({ after: [one] }, { target: targetOf({ name: 'other' }), desired: sourceOf('others') }))
    expect(() => stages(config(one, ...after))).toThrow(invalid('sync-0'))
  })

  it('a sync after one that is not listed', () => {
    expect(() => stages(config(syncOf({ after: [syncOf()] })))).toThrow(
      invalid('sync-0 runs after a sync that the configuration does not list', 'List it under targets or hooks.'),
    )
  })

  it('a source that reads the plan of a sync which is not listed', () => {
    const planOfNone = sourceOf('x', [], { needs: [planSource(syncOf())] })
    expect(() => stages({ sources: { x: planOfNone }, targets: {} })).toThrow(
      invalid('plan runs after a sync that the configuration does not'),
    )
  })

  it('one sync under two names', () => {
    const one = syncOf()
    expect(() => stages(config(one, one))).toThrow(invalid('sync-0 and sync-1 are the same sync', 'List it once.'))
  })

  it('one observer under two names, which would tell everything twice', () => {
    const slack = { kind: 'observer' } as const
    expect(() => stages({ ...config(syncOf()), hooks: { slack, chat: slack } })).toThrow(
      invalid('slack and chat are the same observer', 'List it once.'),
    )
  })

  it('two syncs of the same records in the same target, which would create each twice', () => {
    const both = { desired: sourceOf<Desired>('desired'), target: targetOf({ name: 'target' }) }
    expect(() => stages(config(syncOf({}, both), syncOf({}, both)))).toThrow(
      invalid('sync-0 and sync-1 desire the same records of the same target', 'List it once.'),
    )
  })

  it('but the same records in two targets, others in the same one, and two observers are no slip', () => {
    const [desired, target] = [sourceOf<Desired>('desired'), targetOf({ name: 'target' })]
    const syncs = [
      syncOf({}, { desired, target }),
      syncOf({}, { desired, target: targetOf({ name: 'other' }) }),
      syncOf({}, { desired: sourceOf<Desired>('others'), target }),
    ]
    const hooks = { slack: { kind: 'observer' }, chat: { kind: 'observer' } } as const
    expect(() => stages({ ...config(...syncs), hooks })).not.toThrow()
  })
})

describe('waves', () => {
  const gatherOf = (name: string, needs: readonly string[]): Stage => ({
    id: `gather:${name}`,
    kind: 'gather',
    name,
    source: sourceOf(name),
    needs,
  })
  const graph: fc.Arbitrary<Stage[]> = fc
    .array(fc.array(fc.nat(20), { maxLength: 3 }), { maxLength: 12 })
    .map((nodes) =>
      nodes.map((needs, index) =>
        gatherOf(
          `s${index}`,
          needs.filter((need) => need < index).map((need) => `gather:s${need}`),
        ),
      ),
    )

  it('hold every stage once, and as early as what it needs allows', () => {
    fc.assert(
      fc.property(graph, (all) => {
        const grouped = waves(all)
        expect(grouped.flat().length).toBe(all.length)
        const at = new Map(grouped.flatMap((wave, index) => wave.map(({ id }) => [id, index])))
        for (const { id, needs } of all)
          expect(at.get(id)).toBe(needs.length === 0 ? 0 : Math.max(...needs.map((need) => at.get(need) ?? -1)) + 1)
      }),
    )
  })

  it('come in order, whatever the order of the stages', () => {
    const chain = [gatherOf('c', ['gather:b']), gatherOf('b', ['gather:a']), gatherOf('a', [])]
    expect(waves(chain).map((wave) => wave.map(({ name }) => name))).toEqual([['a'], ['b'], ['c']])
  })

  it('count a need that is not among them as met', () => {
    expect(waves([gatherOf('x', ['gather:y'])]).map((wave) => wave.map(({ id }) => id))).toEqual([['gather:x']])
  })

  it('the applies of the reference system take two', () => {
    const applies = stages(reference()).filter(({ kind }) => kind === 'apply')
    expect(waves(applies).map((wave) => wave.map(({ name }) => name))).toEqual([
      ['global', 'us-gov'],
      ['partners', 'us-gov-users'],
    ])
  })
})
