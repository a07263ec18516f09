import type { Command } from '@commander-js/extra-typings'
import { stages, syncsOf } from '../../core/config/stages.ts'
import { candidatesFor, type KnownHere } from '../complete/candidates.ts'
import { loadWatched } from '../load-watched.ts'
import { print } from '../output.ts'
import { inSession, type Session } from '../session.ts'

/** Whoever presses the tabulator does not wait longer for a configuration or a database. */
const PATIENCE_MS = 3000
const RUNS = 20

/** `zds complete`: what the shell may put where the last word stands, one a line. */
export async function completeCommand(program: Command, words: readonly string[]): Promise<number> {
  const found = candidatesFor(program, words)
  const all = typeof found === 'string' ? await knownHere(found) : found
  const current = words.at(-1) ?? ''
  print(all.filter((word) => word.startsWith(current)))
  return 0
}

/**
 * What the configuration here knows; nothing where there is none that works: this is no moment for
 * messages.
 */
async function knownHere(known: KnownHere): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS).unref())
  return Promise.race([wordsOf(known).catch(() => []), late])
}

async function wordsOf(known: KnownHere): Promise<readonly string[]> {
  if (known === 'runs') return inSession({}, AbortSignal.timeout(PATIENCE_MS), runsOf)
  const { config } = await loadWatched({ withinMs: PATIENCE_MS })
  switch (known) {
    case 'stages':
      return [...stages(config).map(({ id }) => id), 'plan']
    case 'syncs':
      return [...syncsOf(config).keys()]
    case 'instances':
      return [...new Set([...syncsOf(config).values()].map(({ target }) => target.instance))]
    default:
      return known satisfies never
  }
}

const runsOf = async ({ engine }: Session): Promise<readonly string[]> => [
  'last',
  ...(await engine.shared.state.journal.runs(RUNS)).map(({ id }) => id),
]
