import {
  checkOptions,
  name,
  text,
  typesOf,
  type Desired,
  type FieldTable,
  type JsonObject,
  type Processor,
  type Source,
  type TypesOf,
} from 'zds'

/**
 * The fields of the records that it makes: those of the sync. After `zds types` the compiler wants to
 * know the columns that they read: docs/types.md of zds.
 */
export const examplePluginFields = {
  email: text('mail'),
  name: name('full_name'),
} satisfies FieldTable

export type ExamplePluginOptions = {
  /** Rows with `mail`, `full_name` and `seats`. */
  readonly rows: Source<JsonObject>
  /** Fewer seats than this are none (default 1). */
  readonly least?: number
}

const schema = {
  type: 'object',
  required: ['rows'],
  additionalProperties: false,
  properties: { rows: {}, least: { type: 'integer', minimum: 0 } },
}

/** A person of each row that has seats: what should be there. Of the others it says why not. */
export function examplePlugin(
  options: ExamplePluginOptions,
): Processor<TypesOf<typeof examplePluginFields>, 'no-seat'> {
  checkOptions('example-plugin', schema, options)
  const { rows, least = 1 } = options
  return {
    name: 'example-plugin',
    types: typesOf(examplePluginFields),
    words: { 'no-seat': 'nobody pays for a seat' },
    needs: [rows],
    read: async function* (run) {
      for await (const row of run.input(rows)) yield desired(row, least)
    },
  }
}

function desired({ mail, full_name: called = null, seats }: JsonObject, least: number): Desired {
  const key = typeof mail === 'string' ? mail.trim().toLowerCase() : ''
  if (typeof seats !== 'number' || seats < least) return { kind: 'absent', key, reason: 'no-seat' }
  return { kind: 'record', key, fields: { email: key, name: called } }
}
