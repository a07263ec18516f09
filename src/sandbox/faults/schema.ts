import { kindKeys, matchKeys, numbers, presets, strings } from './check.ts'

/** The values that a key may have, beyond being a number or a text. */
const KEYS: { readonly [key: string]: object } = {
  at: { type: 'integer', minimum: 1 },
  preset: { enum: presets },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
  rows: {
    type: 'object',
    properties: Object.fromEntries(['ids', 'external_ids', 'names', 'indexes'].map((key) => [key, { type: 'array' }])),
    additionalProperties: false,
  },
  responseBody: {},
}

/** What a kind cannot do without. */
const REQUIRED: { readonly [kind: string]: object } = {
  latency: { required: ['service', 'kind', 'ms'] },
  headers: { required: ['service', 'kind', 'headers'] },
  status: { required: ['service', 'kind'], anyOf: [{ required: ['status'] }, { required: ['preset'] }] },
}

const ENDS: { readonly [kind: string]: readonly string[] } = {
  kill: ['killed', 'failed'],
  stuck: ['queued', 'working'],
}

/** A fault file, as `readFaults` takes it; which services there are depends on the world. */
export const faultsSchema = {
  $id: 'zds-faults',
  title: 'zds sandbox: fault file',
  type: 'array',
  items: {
    type: 'object',
    required: ['service', 'kind'],
    properties: { kind: { enum: Object.keys(kindKeys) } },
    oneOf: Object.entries(kindKeys).map(([kind, keys]) => ({
      title: kind,
      required: ['service', 'kind'],
      ...REQUIRED[kind],
      properties: {
        kind: { const: kind },
        ...Object.fromEntries([...matchKeys, ...keys].map((key) => [key, valueOf(kind, key)])),
      },
      additionalProperties: false,
    })),
  },
}

function valueOf(kind: string, key: string): object {
  const ends = ENDS[kind]
  if (key === 'as' && ends !== undefined) return { enum: ends }
  if (key === 'status' && kind === 'status') return { type: 'integer', minimum: 200, maximum: 599 }
  if (key === 'pattern') return { type: 'string', format: 'regex' }
  const known = KEYS[key]
  if (known !== undefined) return known
  if (numbers.has(key)) return { type: 'integer', minimum: 0 }
  return strings.has(key) ? { type: 'string' } : {}
}
