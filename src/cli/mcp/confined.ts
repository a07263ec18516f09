import type { Config } from '../../core/config/define.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'

/** Throws USAGE for an instance to include that is not there. */
export function assertIncluded(config: Config, include: readonly string[]): void {
  const known = new Set([...syncsOf(config).values()].map(({ target }) => target.instance))
  const strange = include.filter((name) => !known.has(name))
  if (strange.length === 0) return
  throw new ZdsError('USAGE', `There is no instance ${strange.join(', ')} to include`, {
    hint: `There are: ${[...known].join(', ')}.`,
  })
}

/** The instances that keep their records to themselves and are not included (OPS-08). */
export function confinedIn(config: Config, include: readonly string[]): ReadonlySet<string> {
  const targets = [...syncsOf(config).values()].map(({ target }) => target)
  const confined = targets.filter((target) => target.confined === true && !include.includes(target.instance))
  return new Set(confined.map(({ instance }) => instance))
}

/** The names of the syncs that write to one of `instances`. */
export const syncsAt = (config: Config, instances: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...syncsOf(config)].filter(([, { target }]) => instances.has(target.instance)).map(([name]) => name))

/**
 * A configuration without the syncs of `instances`, and without what computes their records: whoever
 * asks with it cannot be told of them.
 */
export function without(config: Config, instances: ReadonlySet<string>): Config {
  const left = syncsAt(config, instances)
  const computed = new Set<unknown>([...left].map((name) => syncsOf(config).get(name)?.desired))
  const keep = <Part>(parts: { readonly [name: string]: Part } = {}, isKept: (name: string, part: Part) => boolean) =>
    Object.fromEntries(Object.entries(parts).filter(([name, part]) => isKept(name, part)))
  return {
    ...config,
    processors: keep(config.processors, (_, processor) => !computed.has(processor)),
    targets: keep(config.targets, (name) => !left.has(name)),
    hooks: keep(config.hooks, (name) => !left.has(name)),
  }
}
