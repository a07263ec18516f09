import { collect, type FieldTypes, type Json, type JsonObject, type Missing, type Run, type Values } from 'zds'
import type { Client } from './client.ts'
import { lackingOptions } from './diagnose.ts'
import { holdersFor } from './fields-check.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { idIn, textIn } from './replies.ts'

/** The custom fields, and the options of dropdowns, that the instance lacks, with how to make them. */
export async function missing(
  client: Client,
  kind: Kind,
  types: FieldTypes,
  values: Values,
  run: Run,
): Promise<readonly Missing[]> {
  const fields = (await collect(pages(client, kind.custom, run))).flat()
  const known = new Set(fields.map((field) => textIn(field, 'key')))
  const absent = Object.entries(types).filter(([key]) => kind.attributes[key] === undefined && !known.has(key))
  const lacking = Map.groupBy(lackingOptions(fields, types, values), ({ field }) => field)
  return [
    ...absent.flatMap(([key, type]) =>
      holdersFor(type)
        .slice(0, 1)
        .map((holder) => newField(client, kind, key, holder, values[key] ?? [])),
    ),
    ...[...lacking].map(([field, all]) =>
      newOptions(
        client,
        kind,
        field,
        all.map(({ value }) => value),
      ),
    ),
  ]
}

function newField(client: Client, kind: Kind, key: string, type: string, options: readonly string[]): Missing {
  const body = {
    key,
    type,
    title: titleOf(key),
    ...(type === 'dropdown' && { custom_field_options: options.map(optionOf) }),
  }
  return {
    ...placeOf(client, kind),
    field: key,
    type,
    options,
    what: 'field',
    curl: curl('POST', `${client.address()}/api/v2/${kind.custom}.json`, { [singular(kind)]: body }),
    terraform: terraform(client, kind, key, { [singular(kind)]: body }),
  }
}

/** Zendesk takes the list of options as a whole: those that are there go along, with their ids. */
function newOptions(client: Client, kind: Kind, field: JsonObject, options: readonly string[]): Missing {
  const key = textIn(field, 'key') ?? ''
  const there = field['custom_field_options']
  const all = [...(Array.isArray(there) ? there.map(kept) : []), ...options.map(optionOf)]
  const body = { [singular(kind)]: { custom_field_options: all } }
  return {
    ...placeOf(client, kind),
    field: key,
    type: 'dropdown',
    options,
    what: 'options',
    curl: curl('PUT', `${client.address()}/api/v2/${kind.custom}/${idIn(field)}.json`, body),
    terraform: `# ${client.instance}: the ${kind.one} field ${key} is there; add to its options: ${options.join(', ')}`,
  }
}

const placeOf = ({ instance }: Client, { resource }: Kind) => ({ instance, resource })
const singular = ({ custom }: Kind): string => custom.replace(/s$/, '')
const titleOf = (key: string): string => key.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())
const optionOf = (value: string): JsonObject => ({ name: titleOf(value), value })
const kept = ({ id, name, value }: { readonly [name: string]: Json }): JsonObject => ({
  id: id ?? null,
  name: name ?? null,
  value: value ?? null,
})

/** For a shell: `TOKEN` is an access token of an admin. */
function curl(method: string, url: string, body: JsonObject): string {
  const quoted = JSON.stringify(body).replaceAll("'", `'\\''`)
  return `curl -fsS -X ${method} '${url}' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${quoted}'`
}

/** Of the provider for REST services: that for Zendesk knows no fields of organizations. */
function terraform({ instance }: Client, kind: Kind, key: string, body: JsonObject): string {
  const name = `${instance}_${kind.one}_${key}`.replaceAll(/\W/g, '_')
  return [
    `resource "restapi_object" "${name}" {`,
    `  path         = "/api/v2/${kind.custom}"`,
    `  id_attribute = "${singular(kind)}/id"`,
    `  data         = jsonencode(${hcl(body, '  ')})`,
    '}',
  ].join('\n')
}

/** A value as an expression of Terraform. */
function hcl(value: Json, indent: string): string {
  // What begins an interpolation is doubled.
  if (value === null || typeof value !== 'object') return JSON.stringify(value).replaceAll(/([$%])\{/g, '$1$1{')
  const inner = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((item: Json) => `${inner}${hcl(item, inner)},`)
    : Object.entries(value).map(([key, item]) => `${inner}${key} = ${hcl(item, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return lines.length === 0 ? `${open}${close}` : [open, ...lines, `${indent}${close}`].join('\n')
}
