/** One thing that must hold. `check` rejects with an AssertionError where it does not. */
export type Law = { readonly name: string; readonly check: () => Promise<void> }

/** One thing that must hold of every world of a kind. */
export type WorldLaw<World> = { readonly name: string; readonly check: (world: World) => Promise<void> }

/** A fresh world for each law, so that no law stands on what another one left. */
export type Setup<World> = () => World | Promise<World>
type Closing = { close?(): unknown }

export const law = <World>(name: string, check: WorldLaw<World>['check']): WorldLaw<World> => ({ name, check })

/** Laws that make their world themselves, and close it. */
export const inWorldsOf = <World extends Closing>(setup: Setup<World>, laws: readonly WorldLaw<World>[]): Law[] =>
  laws.map(({ name, check }) => ({
    name,
    check: async () => {
      const world = await setup()
      try {
        await check(world)
      } finally {
        await world.close?.()
      }
    },
  }))

/** The `test` of vitest or of node:test, the `it` of another runner. */
type RunnerTest = (name: string, check: () => Promise<void>) => unknown

/** A test for each law, by the runner whose `test` is given. */
export function testLaws(test: RunnerTest, subject: string, laws: readonly Law[]): void {
  for (const { name, check } of laws) test(`${subject}: ${name}`, check)
}
