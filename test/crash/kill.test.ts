import { beforeAll, describe, expect, test } from 'vitest'
import { crashWorld, SMALL } from '../support/crash-world.ts'
import { trial, undisturbed, type Kill, type Undisturbed } from '../support/crash.ts'

/** `npm run chaos` tries every boundary, of 2,000 changes. */
const TRIALS = 4

const world = crashWorld(SMALL)
/** Each series starts half a dozen processes. */
const LONG = 300_000
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world)
}, LONG)

test('the apply has changes of every kind for every sync, and Slack is told once', () => {
  const kinds = new Set(reference.outcomes.map(({ sync, op }) => `${sync} ${op}`))
  expect([...kinds].toSorted()).toEqual([
    'global create',
    'global retire',
    'global update',
    'partners create',
    'partners retire',
    'partners update',
    'us-gov create',
    'us-gov update',
    'us-gov-users create',
    'us-gov-users retire',
    'us-gov-users update',
  ])
  expect(reference.outcomes.filter(({ status }) => status !== 'done')).toEqual([])
  expect(reference.told).toBe(1)
})

describe('SAFE-06: an apply that is killed three times and gone on with ends as an undisturbed one: nothing twice, nothing lost', () => {
  test.concurrent.for(Array.from({ length: TRIALS }, (_, n) => n))(
    'at boundaries of the journal, series %i',
    { timeout: LONG },
    async (n) => {
      const { length } = reference.boundaries
      const side = n % 2 === 0 ? 'before' : 'after'
      const kills: Kill[] = [1 + Math.floor(((n + 0.5) * (length - 1)) / TRIALS), 6 + n * 2, 7 + n].map((at) => ({
        kind: 'boundary',
        at,
        side,
      }))
      const { violations, kills: killed } = await trial(world, kills, reference)
      expect(violations).toEqual([])
      expect(killed).toBeGreaterThan(0)
    },
  )

  test('at random moments, with jobs that outlive the process', { timeout: LONG }, async () => {
    // The first part of an apply only reads.
    const kills = Array.from({ length: 3 }, (): Kill => ({
      kind: 'moment',
      ms: reference.ms * (0.4 + Math.random() * 0.55),
    }))
    const { violations, where } = await trial(world, kills, reference, 1_500)
    expect(violations, where).toEqual([])
  })
})
