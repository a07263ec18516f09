import { nearest, refuse, type FieldTable, type Issue, type Json } from 'zds'
import { graceStart, retentionStart } from './dates.ts'
import { inEffect, type Override } from './overrides/entries.ts'
import type { Catalogue } from './catalogue.ts'
import type { Amendment, Context, Side } from './rule.ts'
import { computedLater, FACTS } from './rules.ts'

/**
 * Everything the rules look up, for one instance on one day, computed as its side is. `entries` are
 * those of this instance. Throws CONFIG_INVALID for a field that reads an unknown fact.
 */
export function contextOf(
  { instance, side }: { readonly instance: string; readonly side: Side },
  table: FieldTable,
  catalogue: Catalogue,
  entries: readonly Override[],
  today: string,
): Context {
  const types = Object.keys(catalogue.subscriptions)
  refuse(
    'CONFIG_INVALID',
    `The field table of ${instance} does not fit ${catalogue.where}`,
    unknownFacts(instance, table, [...FACTS, ...types], catalogue.where),
  )
  return {
    today,
    graceStart: graceStart(today),
    retentionStart: retentionStart(today),
    side,
    typeOf: new Map(
      Object.entries(catalogue.subscriptions).flatMap(([type, names]) => names.map((name) => [name, type])),
    ),
    types,
    levels: catalogue.levels,
    usGovernment: {
      standard: new Set(catalogue.us_government.standard),
      exception: new Set(catalogue.us_government.exception),
    },
    baseTiers: new Set(catalogue.base_tiers),
    regions: new Map(Object.entries(catalogue.regions)),
    amendments: amendmentsOf(entries.filter(inEffect(today)), table, catalogue),
  }
}

/** A fact that nothing computes would make its field silently empty. */
function unknownFacts(instance: string, table: FieldTable, known: readonly string[], where: string): Issue[] {
  return Object.entries(table).flatMap(([name, { reads }]) => {
    if (reads.kind !== 'fact' || known.includes(reads.fact)) return []
    const near = nearest(reads.fact, known)
    const hint =
      near === undefined
        ? `A subscription type must be a section of ${where}.`
        : `Did you mean ${JSON.stringify(near)}?`
    return [
      {
        code: 'CONFIG_INVALID',
        where: `${instance}.${name}`,
        message: `reads the fact ${JSON.stringify(reads.fact)}, which nothing computes`,
        hint,
      },
    ]
  })
}

/** By account. A field that this instance does not have is another instance's business. */
function amendmentsOf(
  entries: readonly Override[],
  table: FieldTable,
  catalogue: Catalogue,
): ReadonlyMap<string, readonly Amendment[]> {
  const byAccount = new Map<string, Amendment[]>()
  for (const { salesforce_id: id, set, where } of entries) {
    const amendments = Object.entries(set).flatMap(([name, value]): Amendment[] => {
      const field = Object.hasOwn(table, name) ? table[name] : undefined
      if (field === undefined) return []
      const of = { field: name, where, value }
      if (field.reads.kind !== 'fact') return [{ to: 'field', name, ...of, instead: undefined }]
      const { fact } = field.reads
      return [{ to: 'fact', name: fact, ...of, instead: insteadOf(fact, value, table, catalogue) }]
    })
    byAccount.set(id, [...(byAccount.get(id) ?? []), ...amendments])
  }
  return byAccount
}

/** What to set instead of a fact that is computed anew; the plans file knows what gives a level. */
function insteadOf(fact: string, value: Json, table: FieldTable, { levels }: Catalogue): string | undefined {
  const later = computedLater.find((one) => one.fact === fact)
  const types = fact === 'level' ? levels.find(({ level }) => level === value)?.types : undefined
  const giving = types?.find((type) => Object.hasOwn(table, type))
  return giving === undefined ? later?.instead : `Set ${giving}: true instead.`
}
