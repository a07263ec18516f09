import {
  collect,
  nearest,
  ZdsError,
  type Change,
  type FieldTypes,
  type Issue,
  type Json,
  type JsonObject,
  type Many,
  type Run,
} from 'zds'
import type { Client } from './client.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { textIn } from './replies.ts'

/**
 * Whether every value that is to be written to a dropdown is one of its options (SAFE-07): Zendesk
 * would refuse the record. Throws FIELD_MISMATCH with all values at once. Nothing is asked where no
 * dropdown is to be written.
 */
export async function checkDropdowns(
  changes: Many<Change>,
  client: Client,
  kind: Kind,
  types: FieldTypes,
  run: Run,
): Promise<void> {
  const meant = valuesOf(changes, types)
  if (meant.size === 0) return
  const fields = (await collect(pages(client, kind.custom, run))).flat()
  const issues = fields.flatMap((field) => {
    const key = textIn(field, 'key') ?? ''
    const options = optionsOf(field)
    const strange = [...(meant.get(key) ?? [])].filter(([value]) => options !== undefined && !options.has(value))
    return strange.map(([value, uses]) =>
      issueOf(`${client.instance}: ${kind.one} field ${key}`, value, uses, options ?? new Set()),
    )
  })
  if (issues.length === 0) return
  throw new ZdsError(
    'FIELD_MISMATCH',
    `${client.instance}: some values are no options of their dropdown, so nothing was changed`,
    {
      issues,
    },
  )
}

type Uses = { readonly keys: string[]; records: number }
type DropdownValues = Map<string, Map<string, Uses>>

/**
 * The values to be written to each dropdown, with how many records, and the keys of a few. An empty
 * dropdown needs no option.
 */
function valuesOf(changes: Many<Change>, types: FieldTypes): DropdownValues {
  const values: DropdownValues = new Map()
  for (const { key, fields } of changes) {
    for (const [field, { to }] of Object.entries(fields)) {
      if (types[field]?.name !== 'dropdown' || typeof to !== 'string' || to === '') continue
      const known = values.get(field) ?? new Map<string, Uses>()
      const uses = known.get(to) ?? { keys: [], records: 0 }
      uses.records += 1
      if (uses.keys.length < EXAMPLES) uses.keys.push(key)
      values.set(field, known.set(to, uses))
    }
  }
  return values
}

/** The values of a dropdown's options; undefined where Zendesk does not tell. */
export function optionsOf(field: JsonObject): ReadonlySet<string> | undefined {
  const options: Json | undefined = field['custom_field_options']
  if (!Array.isArray(options)) return undefined
  return new Set(options.flatMap((option: JsonObject) => textIn(option, 'value') ?? []))
}

const EXAMPLES = 3

function issueOf(where: string, value: string, { keys, records: some }: Uses, options: ReadonlySet<string>): Issue {
  const records = `${some} record${some === 1 ? '' : 's'} (${keys.join(', ')}${some > keys.length ? ', …' : ''})`
  return { code: 'FIELD_MISMATCH', where, ...strangeOption(value, options, `${records} would get`) }
}

/** What is said of a value that is no option of its dropdown. */
export function strangeOption(
  value: string,
  options: ReadonlySet<string>,
  use: string,
): { readonly message: string; readonly hint: string } {
  const near = nearest(value, options)
  return {
    message: `has no option ${JSON.stringify(value)}, which ${use}`,
    hint:
      near === undefined
        ? 'Add the option in Zendesk, or correct the value where it comes from.'
        : `Did you mean ${JSON.stringify(near)}?`,
  }
}
