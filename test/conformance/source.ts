import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, type Json, type Run, type Source } from 'zds'

/** A source over a fresh world in which everything is as it should be, with at least two rows. */
export type SourceCase = {
  readonly source: Source
  /**
   * A run of its own, with a signal that can be aborted. It lends the rows of everything that the
   * source needs.
   */
  run(): { readonly run: Run; readonly abort: (reason: Error) => void }
  /** How many requests the system has received; absent for a source that asks no system. */
  requests?(): number
  close?(): Promise<void>
}

/** An end is at once when it does not take longer than this. */
const AT_ONCE_MS = 3000

/** The laws of core's `Source`. Every source states its world in `setup` and runs them. */
export function describeSource(name: string, setup: () => Promise<SourceCase>): void {
  describe(`${name} obeys the laws of a source`, () => {
    let world: SourceCase
    beforeEach(async () => {
      world = await setup()
    })
    afterEach(() => world.close?.())

    const read = (): Promise<Json[]> => collect(world.source.read(world.run().run))

    it('has a name that can be that of a stage and of a file', () => {
      expect(world.source.name).toMatch(/^[a-z][a-z\d-]*$/)
    })

    it('yields rows that survive an artifact: plain JSON, nothing undefined, no dates', async () => {
      const rows = await read()
      expect(rows.length).toBeGreaterThanOrEqual(2)
      expect(JSON.parse(JSON.stringify(rows))).toStrictEqual(rows)
    })

    it('yields the same rows when it is read again, also side by side', async () => {
      const rows = await read()
      expect(await read()).toEqual(rows)
      expect(await Promise.all([read(), read()])).toEqual([rows, rows])
    })

    it('reads nothing before somebody asks for the first row', async () => {
      const before = world.requests?.()
      world.source.read(world.run().run)
      await wait(20)
      expect(world.requests?.()).toBe(before)
    })

    it('announces as many rows as come, or none (SAFE-02)', async () => {
      const announced: [number, number][] = []
      const { run } = world.run()
      const rows = await collect(
        world.source.read({ ...run, expect: (count, slack = 0) => void announced.push([count, slack]) }),
      )
      const [count, slack] = announced.at(-1) ?? [rows.length, 0]
      expect(Math.abs(count - rows.length)).toBeLessThanOrEqual(slack)
    })

    it('asks for no input that it does not need', async () => {
      const { run } = world.run()
      const asked: Source[] = []
      const input: Run['input'] = (source) => {
        asked.push(source)
        return run.input(source)
      }
      await collect(world.source.read({ ...run, input }))
      await world.source.check?.({ ...run, input })
      for (const source of asked) expect(world.source.needs ?? []).toContain(source)
    })

    it('has nothing to say against a good configuration (SAFE-07)', async () => {
      expect((await world.source.check?.(world.run().run)) ?? []).toEqual([])
    })

    it('asks its system nothing for a run that is aborted already, and ends with the reason', async () => {
      const { run, abort } = world.run()
      const reason = new Error('enough')
      abort(reason)
      const before = world.requests?.()
      const end = await ended(collect(world.source.read(run)))
      expect(world.requests?.()).toBe(before)
      // A source that only computes may be done before it looks.
      const mayEnd = before === undefined ? [reason, undefined] : [reason]
      expect(mayEnd).toContain(end)
    })

    it('ends at once when the run is aborted between two rows: with the reason, or because it had read all', async () => {
      const { run, abort } = world.run()
      const reason = new Error('enough')
      const reading = async (): Promise<void> => {
        for await (const _ of world.source.read(run)) abort(reason)
      }
      expect([reason, undefined]).toContain(await ended(reading()))
    })

    it('can be left after the first row', async () => {
      for await (const _ of world.source.read(world.run().run)) break
      expect((await read()).length).toBeGreaterThanOrEqual(2)
    })
  })
}

/** What the work failed with, soon; undefined when it did not. */
async function ended(work: Promise<unknown>): Promise<unknown> {
  const outcome = work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const late = wait(AT_ONCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`still reading ${AT_ONCE_MS} ms after the run was aborted`)
  })
  return Promise.race([outcome, late])
}
