import type { DesiredNotice } from 'zds'
import type { Tables } from './overrides/problems.ts'
import type { Context, Draft } from './rule.ts'
import { FEDRAMP } from './rules.ts'
import { tallies, who } from './tally.ts'

/**
 * Collects the subscription types that accounts have and no field of any instance shows: they give a
 * level, and agents see no reason for it. Nothing where the tables of the instances are not known.
 */
export function unshownTypes(
  { types }: Context,
  tables: Tables = {},
): { see(draft: Draft): void; notices(where: string): Generator<DesiredNotice> } {
  const fields = Object.values(tables).flatMap((table) => Object.values(table))
  const shown = new Set(fields.flatMap(({ reads }) => (reads.kind === 'fact' ? [reads.fact] : [])))
  const unshown = fields.length === 0 ? [] : types.filter((type) => type !== FEDRAMP && !shown.has(type))
  const seen = tallies()
  return {
    see({ account, facts, absent }) {
      if (absent === undefined) for (const type of unshown) if (facts[type] === true) seen.add(type, account.id)
    },
    *notices(where) {
      for (const [type, tally] of seen.sorted()) {
        const message = `no field shows the subscription type ${type} of ${where}, which ${who(tally)} ${tally.accounts === 1 ? 'has' : 'have'}: it counts for the level, and agents do not see it; add subscriptions('${type}') to a field table of the configuration (sync.config.ts)`
        yield { kind: 'notice', key: type, code: 'type-without-field', message }
      }
    },
  }
}
