import { syncsOf } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import { hintAmong } from '../options.ts'
import type { Sync } from '../types.ts'
import type { Shared } from '../run/shared.ts'

/** What a question is narrowed to. */
export type Narrowing = { readonly sync?: string | undefined; readonly field?: string | undefined }

/** The syncs that a question is about. Throws USAGE for a sync or a field that is not there. */
export function syncsAsked({ sync: only, field }: Narrowing, { config }: Pick<Shared, 'config'>): Map<string, Sync> {
  const all = [...syncsOf(config)]
  const syncs = all.filter(([name]) => only === undefined || name === only)
  if (only !== undefined && syncs.length === 0)
    throw unknown(
      'sync',
      only,
      all.map(([name]) => name),
    )
  const fields = syncs.flatMap(([, { target }]) => Object.keys(target.types))
  if (field !== undefined && !fields.includes(field)) throw unknown('field', field, fields)
  return new Map(syncs)
}

const unknown = (what: string, name: string, known: readonly string[]): ZdsError =>
  new ZdsError('USAGE', `There is no ${what} ${name}`, { hint: hintAmong(name, known) })
