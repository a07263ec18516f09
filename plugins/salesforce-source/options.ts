import { Type } from 'typebox'
import { checkOptions, httpPolicySchema, ZdsError } from 'zds'

/** Settings, functions, sources and field tables are opaque to a schema. */
const opaque = Type.Unsafe<unknown>({})
const closed = { additionalProperties: false }
const names = Type.Array(Type.String())

const login = Type.Object(
  {
    loginUrl: opaque,
    clientId: opaque,
    clientSecret: Type.Optional(opaque),
    jwt: Type.Optional(
      Type.Object(
        { privateKey: opaque, username: opaque, audience: Type.Optional(Type.String({ minLength: 1 })) },
        closed,
      ),
    ),
    http: Type.Optional(httpPolicySchema),
    version: Type.Optional(Type.String({ pattern: String.raw`^\d+\.0$` })),
  },
  closed,
)

const asked = {
  name: Type.String({ minLength: 1 }),
  object: Type.String({ minLength: 1 }),
  columnsOf: Type.Optional(Type.Array(opaque)),
  mayBeEmpty: Type.Optional(Type.Boolean()),
}
const rows = Type.Object(
  {
    ...asked,
    columns: Type.Optional(names),
    children: Type.Optional(opaque),
    where: Type.Optional(opaque),
    key: Type.Optional(Type.String()),
  },
  closed,
)
const lookup = Type.Object(
  {
    ...asked,
    columns: names,
    where: Type.Optional(opaque),
    in: Type.String({ minLength: 1 }),
    keys: Type.Object({ needs: Type.Array(opaque), read: opaque }, closed),
    chunk: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
)

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
