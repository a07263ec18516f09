import { array, assert, constantFrom, property, uniqueArray } from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { collect, type Change } from 'zds'
import { type Sandbox } from 'zds/sandbox'
import { rounds } from '../../../plugins/zendesk-target/write/rounds.ts'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun } from './run.ts'
import { outcomesOf } from './steps.ts'
import { creating, many, retiring, start, updating } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const renaming = (n: number, from: string, to: string): Change => ({
  ...updating(n),
  fields: { name: { from, to } },
})
const keysIn = (changes: readonly Change[]): string[] =>
  rounds(changes, ['name']).map((one) => Array.from(one, ({ key }) => key).join(' '))

describe('changes of a target, side by side (SYN-01)', () => {
  it('jobs of updates and retires go beside each other, and begin when every create has been answered', async () => {
    const { target, sandbox } = await start({ count: 120, zendesk: { jobMs: { queued: 0, working: 400 } } })
    open = sandbox
    const changes = [...many(9, creating), ...many(110, (n) => updating(n)), ...[115, 116].map(retiring)]
    const steps = await collect(stepsOf(target, changes, testRun().run))
    expect(outcomesOf(steps).map(({ status }) => status)).toEqual(changes.map(() => 'done'))
    const writes = sandbox.requests.filter(({ method, path }) => method !== 'GET' && path.includes('organizations'))
    expect(writes.map(({ method }) => method)).toEqual([...many(9, creating).map(() => 'POST'), 'PUT', 'PUT', 'PUT'])
    const accepted = steps.findLastIndex(({ status }) => status === 'accepted')
    const firstEnd = steps.findIndex((step) => 'key' in step && step.key.startsWith('001EXT'))
    expect(accepted).toBeLessThan(firstEnd)
  })

  it('jobs do not wait for the people of new organizations (SYN-03)', async () => {
    const { target, sandbox } = await start({ count: 2 })
    open = sandbox
    sandbox.faults.add({ service: 'zendesk', method: 'POST', path: '/users', kind: 'latency', ms: 600 })
    const along = { people: [{ email: 'ada@new.example', name: 'Ada' }] }
    const steps = await collect(stepsOf(target, [{ ...creating(1), along }, updating(0)], testRun().run))
    expect(outcomesOf(steps)).toMatchObject([
      { key: '001EXT0', status: 'done' },
      { key: '001NEW1', status: 'done', facts: { people: 1 } },
    ])
  })

  it('a create that takes the name which an update sets free waits for it, and gets it', async () => {
    const { target, sandbox, records } = await start({ count: 1, zendesk: { jobMs: { queued: 50, working: 100 } } })
    open = sandbox
    const changes = [creating(1, { name: 'ACME 0 ' }), renaming(0, 'Acme 0', 'Acme Holding')]
    const { run, waits } = testRun()
    const steps = await collect(stepsOf(target, changes, run))
    expect(outcomesOf(steps).map(({ key, status }) => `${key} ${status}`)).toEqual(['001EXT0 done', '001NEW1 done'])
    expect(waits).toEqual([[['001NEW1', '001EXT0']]])
    expect(records().map(({ name }) => name.trim())).toEqual(['Acme Holding', 'ACME 0'])
  })
})

describe('rounds', () => {
  it('names that are passed on are a round each, and nobody else waits', () => {
    expect(keysIn([renaming(1, 'A', 'B'), renaming(2, 'B', 'C'), renaming(3, 'C', 'D'), updating(4)])).toEqual([
      '001EXT3 001EXT4',
      '001EXT2',
      '001EXT1',
    ])
  })

  it('a circle is one round, and so is what waits for nobody', () => {
    expect(keysIn([renaming(1, 'A', 'B'), renaming(2, 'B', 'A')])).toEqual(['001EXT1 001EXT2'])
    expect(keysIn([renaming(1, 'acme', ' ACME'), renaming(2, 'x', 'y'), creating(3)])).toEqual([
      '001EXT1 001EXT2 001NEW3',
    ])
    expect(keysIn([])).toEqual([''])
  })

  it('whatever the names are, each change is in one round, after the one that sets its name free', () => {
    const name = constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    assert(
      property(uniqueArray(name), array(name), (from, to) => {
        const changes = from.map((old, n) => renaming(n, old, to[n] ?? `new ${n}`))
        const found = rounds(changes, ['name']).map((some) => [...some])
        expect(found.flat().toSorted(byKey)).toEqual(changes.toSorted(byKey))
        const roundOf = new Map(found.flatMap((some, round) => some.map((change) => [change, round] as const)))
        for (const change of changes) {
          const other = changes.find(({ fields }) => fields['name']?.from === change.fields['name']?.to)
          if (other === undefined || other === change || isNothing(other)) continue
          expect(roundOf.get(other) ?? 0).toBeLessThanOrEqual(roundOf.get(change) ?? 0)
        }
      }),
    )
  })
})

const isNothing = ({ fields }: Change): boolean => fields['name']?.from === fields['name']?.to
const byKey = (one: Change, other: Change): number => one.key.localeCompare(other.key)
