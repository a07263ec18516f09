/**
 * `npm run chaos`: an apply of 2,000 changes over both instances, partners and users, killed at
 * each boundary of its journal and at 100 random moments, and gone on with until it ends; then
 * everything is compared with an undisturbed apply. Exit code 1 on any violation.
 */
import { parseArgs } from 'node:util'
import { crashWorld, LARGE, SMALL } from '../support/crash-world.ts'
import { startPostgres } from '../support/postgres.ts'
import { trial, undisturbed, type Kill, type Trial } from '../support/crash.ts'

const USAGE = `node test/chaos/run.ts [--every K] [--from N] [--random N] [--small] [--parallel N] [--postgres]
  --every K     each K-th boundary only (default: 1)
  --from N      begin at this boundary (default: 1)
  --random N    how many trials with random moments (default: 100)
  --small       50 changes instead of 2,000
  --parallel N  trials at a time (default: 2)
  --postgres    with the state in a PostgreSQL, and a fresh directory for each process`

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    random: { type: 'string', default: '100' },
    parallel: { type: 'string', default: '2' },
    small: { type: 'boolean', default: false },
    postgres: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

type Attempt = { readonly group: string; readonly kills: readonly Kill[]; readonly working?: number }
type Tally = { trials: number; kills: number; violated: number }

/**
 * How long jobs work, in milliseconds: some end before the process is gone on with, some do not.
 */
const WORKING = [5, 40, 2_000]

async function main(): Promise<boolean> {
  if (!values.postgres) return chaos(async () => undefined)
  const cluster = await startPostgres()
  try {
    return await chaos(() => cluster.database())
  } finally {
    await cluster.remove()
  }
}

/** `state` gives each project the address of an empty state database, or none. */
async function chaos(state: () => Promise<string | undefined>): Promise<boolean> {
  const world = crashWorld(values.small ? SMALL : LARGE)
  say('An undisturbed apply …')
  const reference = await undisturbed(world, await state())
  const { boundaries, outcomes, ms } = reference
  say(`${outcomes.length} changes, ${boundaries.length} boundaries, ${(ms / 1000).toFixed(1)} s`)

  const attempts = [
    ...atBoundaries(boundaries.length, Number(values.from), Number(values.every)),
    ...Array.from({ length: Number(values.random) }, (_, n) => atRandom(n, ms)),
  ]
  const tallies = new Map<string, Tally>()
  let done = 0
  const worker = async (queue: IterableIterator<Attempt>): Promise<void> => {
    for (const attempt of queue) {
      const result = await trial(world, attempt.kills, reference, attempt.working, await state()).catch(broken)
      const tally = tallies.get(attempt.group) ?? { trials: 0, kills: 0, violated: 0 }
      tallies.set(attempt.group, {
        trials: tally.trials + 1,
        kills: tally.kills + result.kills,
        violated: tally.violated + (result.violations.length > 0 ? 1 : 0),
      })
      done += 1
      say(
        `${done} of ${attempts.length}  ${result.violations.length === 0 ? 'ok' : 'VIOLATED'}  ${attempt.group}: ${result.where}`,
      )
      for (const line of result.violations.slice(0, 20)) say(`    ${line.slice(0, 400)}`)
    }
  }
  const queue = attempts.values()
  await Promise.all(Array.from({ length: Number(values.parallel) }, () => worker(queue)))

  for (const line of table(tallies)) say(line)
  return [...tallies.values()].every(({ violated }) => violated === 0)
}

function atBoundaries(count: number, from: number, every: number): Attempt[] {
  const places = Array.from({ length: count }, (_, n) => n + 1).filter((at) => at >= from && (at - from) % every === 0)
  return (['before', 'after'] as const).flatMap((side) =>
    places.map((at): Attempt => ({ group: `${side} each boundary`, kills: [{ kind: 'boundary', at, side }] })),
  )
}

/**
 * One to three kills, in the second half of an apply more often than in the first: the first only
 * reads.
 */
function atRandom(n: number, ms: number): Attempt {
  const moment = (): Kill => ({ kind: 'moment', ms: Math.sqrt(Math.random()) * ms })
  return {
    group: 'random moments',
    kills: Array.from({ length: 1 + (n % 3) }, moment),
    working: WORKING[n % WORKING.length] ?? 40,
  }
}

function table(tallies: ReadonlyMap<string, Tally>): string[] {
  const row = (cells: readonly unknown[]): string =>
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(24) : String(cell).padStart(10))).join('')
  return [
    '',
    row(['', 'trials', 'kills', 'violated']),
    ...[...tallies].map(([group, { trials, kills, violated }]) => row([group, trials, kills, violated])),
  ]
}

const broken = (error: unknown): Trial => ({
  violations: [`the trial itself failed: ${String(error)}`],
  kills: 0,
  where: '',
})

if (values.help) say(USAGE)
else process.exitCode = (await main()) ? 0 : 1
