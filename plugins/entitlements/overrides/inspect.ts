import { well, type FieldTable, type Sight } from 'zds'
import { computedLater } from '../rules.ts'
import { inEffect, type Override } from './entries.ts'
import { applicable, type Tables } from './problems.ts'

/** What can be said of entries that are valid without any account: how many, and which do nothing. */
export function* overrideSights(
  where: string,
  entries: readonly Override[],
  tables: Tables,
  today: string,
): Generator<Sight> {
  const active = entries.filter(inEffect(today))
  yield well(where, `${active.length} of ${entries.length} overrides in effect`)
  for (const entry of entries) {
    const { salesforce_id: id, where: place, expires_on: until } = entry
    if (!active.includes(entry)) {
      const message = `entry ${id} ended on ${until} and is ignored`
      yield warning('OVERRIDE_EXPIRED', `${place} ${id}`, message, 'Remove it, or give it another expires_on.')
    } else yield* withoutEffect(entry, applicable(entry.instance ?? undefined, tables))
  }
}

function* withoutEffect({ salesforce_id: id, where, set }: Override, tables: readonly FieldTable[]): Generator<Sight> {
  for (const name of Object.keys(set)) {
    const reads = tables.map((table) => table[name]?.reads)
    const later = computedLater.find(({ fact }) => reads.some((one) => one?.kind === 'fact' && one.fact === fact))
    if (later === undefined) continue
    const message = `entry ${id} sets ${name}, which is computed after the overrides`
    yield warning('OVERRIDE_WITHOUT_EFFECT', `${where} ${id} ${name}`, message, later.instead)
  }
}

const warning = (code: string, where: string, message: string, hint: string): Sight => ({
  level: 'warning',
  code,
  where,
  message,
  hint,
})
