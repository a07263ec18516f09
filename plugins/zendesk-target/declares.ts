import { collect, refuse, wordsType, type Declared, type JsonObject, type Run } from 'zds'
import type { Client } from './client.ts'
import { optionsOf } from './dropdowns.ts'
import { TEXTS } from './fields-check.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { textIn } from './replies.ts'

/**
 * The custom fields of an instance that are active, for the compiler: keys, types and options, no
 * titles.
 */
export async function declares(client: Client, kind: Kind, run: Run): Promise<Declared[]> {
  refuse('ENV_MISSING', `${client.instance} cannot be asked for its fields`, client.unset())
  const fields = (await collect(pages(client, kind.custom, run))).flat().filter(({ active }) => active !== false)
  const members = Object.fromEntries(fields.map((field) => [textIn(field, 'key') ?? '', typeOf(field)]))
  return [{ module: 'zds/zendesk-target', within: ['Instances', client.instance, kind.resource], members }]
}

function typeOf(field: JsonObject): string {
  const type = textIn(field, 'type') ?? 'unknown'
  const options = type === 'dropdown' ? optionsOf(field) : undefined
  if (options !== undefined) return `{ dropdown: ${wordsType([...options])} }`
  return wordsType([TEXTS.includes(type) ? 'text' : type])
}
