import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { crashWorld, LARGE, SMALL, TINY } from '../support/crash-world.ts'
import { APPLY, trial, undisturbed, victim, type Kill, type Undisturbed } from '../support/crash.ts'
import { newDatabase } from '../support/postgres.ts'
import { server } from './scene.ts'

/** Closed at the end: tests that run side by side share vitest's own hook. */
const opened: (() => unknown)[] = []
afterAll(async () => {
  for (const end of opened.toReversed()) await end()
})

/** `npm run chaos -- --postgres` tries every boundary. */
const TRIALS = 4

const world = crashWorld(SMALL)
const LONG = 400_000
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world, await newDatabase(server()))
}, LONG)

/** Moments in the part of an apply that writes, spread over it. */
const moments = (ms: number, count: number): Kill[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'moment', ms: ms * (0.35 + (0.6 * (n + Math.random())) / count) }))

describe('SAFE-06: an apply that is killed, and gone on with in a fresh directory each time, ends as an undisturbed one', () => {
  test.concurrent.for(Array.from({ length: TRIALS }, (_, n) => n))(
    'at boundaries of the journal, series %i',
    { timeout: LONG },
    async (n) => {
      const { length } = reference.boundaries
      const side = n % 2 === 0 ? 'before' : 'after'
      const first = 1 + Math.floor(((n + 0.5) * (length - 1)) / TRIALS)
      const kills = [first, 5 + n * 2, 7 + n].map((at): Kill => ({ kind: 'boundary', at, side }))
      const { violations, kills: killed } = await trial(world, kills, reference, 40, await newDatabase(server()))
      expect(violations).toEqual([])
      expect(killed).toBeGreaterThan(0)
    },
  )

  test('2,000 changes, at sampled moments, with jobs that outlive the process', { timeout: LONG }, async () => {
    const large = crashWorld(LARGE)
    const whole = await undisturbed(large, await newDatabase(server()))
    expect(whole.outcomes.length).toBeGreaterThan(2_000)
    const kills = moments(whole.ms, 6)
    const { violations, where, kills: killed } = await trial(large, kills, whole, 500, await newDatabase(server()))
    expect(violations, where).toEqual([])
    expect(killed).toBeGreaterThan(0)
  })
})

test('nothing of journal, locks, history or pending work lies in .zds/', { timeout: LONG }, async () => {
  const here = await victim(crashWorld(TINY), 40, await newDatabase(server()))
  opened.push(() => here.close())
  const writing = { kind: 'boundary', at: 30, side: 'after' } as const
  for (const [args, kill] of [
    [['plan'], undefined],
    [APPLY, writing],
    [['status'], undefined],
    [APPLY, undefined],
    [['undo', 'last'], undefined],
    [['prune', '--keep', '14d'], undefined],
  ] as const) {
    const { code, stderr } = await here.zds(args, kill)
    expect([0, 'killed'], stderr).toContain(code)
    expect(readdirSync(join(here.directory, '.zds')), args.join(' ')).toEqual(['scratch'])
  }
})
