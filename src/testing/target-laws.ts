import { inWorldsOf, type Law, type Setup } from './laws.ts'
import { sourceLaws, type SourceWorld } from './source-laws.ts'
import { readingLaws } from './target-reading.ts'
import { recoveringLaws } from './target-recovering.ts'
import { writingLaws } from './target-writing.ts'
import type { TargetWorld } from './target-world.ts'

/**
 * The laws of a `Target`, over the worlds that `setup` makes: a real server each, best on port 0.
 * Those of a source, and what is more.
 */
export const targetLaws = (setup: Setup<TargetWorld>): Law[] => [
  ...sourceLaws(async () => sourceWorld(await setup())),
  ...inWorldsOf(setup, [...readingLaws, ...writingLaws, ...recoveringLaws]),
]

const sourceWorld = (world: TargetWorld): SourceWorld => ({
  source: world.target,
  run: () => world.run(),
  close: () => world.close(),
})
