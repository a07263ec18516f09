import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, normalise, same, type Change, type Json, type Outcome, type Run, type Step, type Target } from 'zds'

/** A target over a fresh system with at least four records, and the changes to try on it. */
export type TargetCase = {
  readonly target: Target
  /** A run of its own, with a signal that can be aborted. */
  run(): { readonly run: Run; readonly abort: (reason: Error) => void }
  /** An id that no record has. */
  readonly gone: string
  /** Changes that create this many records with new keys. */
  create(count: number): Change[]
  /** Changes of this many existing records, each naming some but not all of the fields. */
  update(count: number): Change[]
  /**
   * A change of this operation that the system refuses, of a record that `update(3)` does not
   * touch.
   */
  refused(op: 'create' | 'update'): Change
  /**
   * Everything that the system holds of the record beyond what the change names and the moment of
   * the last change.
   */
  untouched(change: Change): Json
  /** How many writing requests the system has received. */
  writes(): number
  close(): Promise<void>
}

/** The laws of core's `Target`. Every target states its world in `setup` and runs them. */
export function describeTarget(name: string, setup: () => Promise<TargetCase>): void {
  describe(`${name} obeys the laws of a target`, () => {
    let world: TargetCase
    beforeEach(async () => {
      world = await setup()
    })
    afterEach(() => world.close())

    const apply = (changes: readonly Change[]): Promise<Step[]> => collect(world.target.apply(changes, world.run().run))

    it('reads every record once, with the declared fields and no others, normalised', async () => {
      const { target } = world
      const records = await collect(target.read(world.run().run))
      expect(records.length).toBeGreaterThanOrEqual(4)
      expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
      for (const { fields } of records) {
        expect(Object.keys(fields).toSorted()).toEqual(Object.keys(target.types).toSorted())
        for (const [field, type] of Object.entries(target.types))
          expect(fields[field]).toEqual(normalise(type, fields[field]))
      }
    })

    it('announces as many rows as it reads (SAFE-02)', async () => {
      const announced: [number, number][] = []
      const { run } = world.run()
      const records = await collect(
        world.target.read({ ...run, expect: (rows, slack = 0) => announced.push([rows, slack]) }),
      )
      expect(announced.length).toBeLessThanOrEqual(1)
      for (const [rows, slack] of announced) expect(Math.abs(rows - records.length)).toBeLessThanOrEqual(slack)
    })

    it('refetches records as it reads them, and leaves out what is gone', async () => {
      const records = await collect(world.target.read(world.run().run))
      const ids = [...records.map(({ id }) => id), world.gone]
      const again = await collect(world.target.refetch(ids, world.run().run))
      expect(byId(again)).toEqual(byId(records))
    })

    it('does nothing for no changes', async () => {
      expect(await apply([])).toEqual([])
      expect(world.writes()).toBe(0)
    })

    it.each(['create', 'update'] as const)(
      '%s: one outcome per change, and what was applied is what is read',
      async (op) => {
        const changes = world[op](3)
        const outcomes = outcomesOf(await apply(changes))
        expect(outcomes.map(({ key }) => key).toSorted()).toEqual(changes.map(({ key }) => key).toSorted())

        const ids = new Map(outcomes.map((outcome) => [outcome.key, idOf(outcome)]))
        const records = new Map(
          (await collect(world.target.refetch([...ids.values()], world.run().run))).map(({ id, fields }) => [
            id,
            fields,
          ]),
        )
        for (const { key, fields } of changes) {
          for (const [field, { to }] of Object.entries(fields)) {
            const value = records.get(ids.get(key) ?? '')?.[field]
            expect(same(world.target.types[field], value, to), `${field} of ${key}: ${JSON.stringify(value)}`).toBe(
              true,
            )
          }
        }
      },
    )

    it('an update writes the fields it names and nothing else', async () => {
      const changes = world.update(3)
      const before = changes.map((change) => world.untouched(change))
      await apply(changes)
      expect(changes.map((change) => world.untouched(change))).toEqual(before)
    })

    it('an update that was applied can be applied again', async () => {
      const changes = world.update(2)
      await apply(changes)
      expect(outcomesOf(await apply(changes)).map(({ status }) => status)).toEqual(['done', 'done'])
    })

    it.each(['create', 'update'] as const)(
      '%s: nothing is sent before its keys were told and taken (SAFE-06)',
      async (op) => {
        const changes = world[op](3)
        const told: string[] = []
        let sendings = 0
        for await (const step of world.target.apply(changes, world.run().run)) {
          if (step.status !== 'sending') continue
          await new Promise((resolve) => setTimeout(resolve, 20))
          expect(world.writes()).toBeLessThanOrEqual(sendings)
          sendings += 1
          told.push(...step.keys)
        }
        expect(world.writes()).toBeGreaterThan(0)
        expect([...new Set(told)].toSorted()).toEqual(changes.map(({ key }) => key).toSorted())
      },
    )

    it.each(['create', 'update'] as const)(
      '%s: what is refused is reported by its key, the others go through (SAFE-03)',
      async (op) => {
        const refused = world.refused(op)
        const others = world[op](2)
        const outcomes = new Map(outcomesOf(await apply([refused, ...others])).map((outcome) => [outcome.key, outcome]))
        const outcome = outcomes.get(refused.key)
        if (outcome?.status !== 'failed')
          throw new Error(`${refused.key} should have failed, but is ${outcome?.status ?? 'without an outcome'}`)
        expect(outcome.code).toMatch(/^[a-z\d]+(-[a-z\d]+)*$/)
        expect(outcome.message).toContain(world.target.instance)
        expect(others.map(({ key }) => outcomes.get(key)?.status)).toEqual(['done', 'done'])
      },
    )

    it.each(['create', 'update'] as const)(
      '%s: an aborted run writes nothing and ends with the reason of the abort',
      async (op) => {
        const { run, abort } = world.run()
        const reason = new Error('enough')
        abort(reason)
        await expect(collect(world.target.apply(world[op](2), run))).rejects.toBe(reason)
        expect(world.writes()).toBe(0)
      },
    )
  })
}

function outcomesOf(steps: readonly Step[]): Outcome[] {
  return steps.filter((step) => step.status !== 'sending' && step.status !== 'accepted')
}

function idOf(outcome: Outcome): string {
  if (outcome.status === 'done') return outcome.id
  throw new Error(`${outcome.key} ${outcome.status}: ${outcome.message}`)
}

function byId<T extends { readonly id: string }>(records: readonly T[]): T[] {
  return records.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
