import { checkOptions, httpPolicySchema, settingSchema, shape, ZdsError, type Keys } from 'zds'

const text = { type: 'string', minLength: 1 }
const names = { type: 'array', items: { type: 'string' } }
const some = { type: 'array', items: {} }

// Functions, sources and field tables are opaque to a schema.
const login = shape({
  loginUrl: settingSchema,
  clientId: settingSchema,
  'clientSecret?': settingSchema,
  'jwt?': shape({ privateKey: settingSchema, username: settingSchema, 'audience?': text }),
  'http?': httpPolicySchema,
  'version?': { type: 'string', pattern: String.raw`^(5[89]|[6-9]\d|\d{3,})\.0$` },
})

const asked = { name: text, object: text, 'columnsOf?': some, 'mayBeEmpty?': { type: 'boolean' } }
const rows = shape({
  ...asked,
  'columns?': names,
  'children?': {},
  'where?': {},
  'key?': { type: 'string' },
  'gather?': { enum: ['auto', 'nested', 'flat', 'bulk'] },
  'after?': {},
})
const lookup = shape({
  ...asked,
  columns: names,
  'where?': {},
  in: text,
  keys: shape<Keys>({ needs: some, read: {} }),
  'chunk?': { type: 'integer', minimum: 1 },
})

/** Throws CONFIG_INVALID with everything that is wrong about the options. */
export function checkLogin(options: { readonly clientSecret?: unknown; readonly jwt?: unknown }): void {
  checkOptions('salesforce', login, options)
  if ((options.clientSecret === undefined) !== (options.jwt === undefined)) return
  throw new ZdsError('CONFIG_INVALID', 'salesforce was given no way to log in, or two', {
    hint: 'Give either clientSecret (client credentials flow) or jwt (JWT bearer flow).',
  })
}

export const checkRows = (query: { readonly name: string }): void =>
  checkOptions(`salesforce rows ${query.name}`, rows, query)
export const checkLookup = (query: { readonly name: string }): void =>
  checkOptions(`salesforce lookup ${query.name}`, lookup, query)
