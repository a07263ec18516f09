import { Type } from 'typebox'

const strict = { additionalProperties: false }
const names = Type.Array(Type.String({ minLength: 1 }))
const lists = Type.Record(Type.String(), names)

/** The shape of the plans file. */
export const catalogueSchema = Type.Object(
  {
    subscriptions: lists,
    levels: lists,
    us_government: Type.Object({ standard: names, exception: names }, strict),
    base_tiers: names,
    regions: Type.Record(Type.String(), Type.String({ minLength: 1 })),
  },
  { ...strict, $id: 'zds-plans', title: 'zds plans file', description: 'What a product charge grants.' },
)

/** The shape of the overrides file; what `set` may hold depends on the field tables. */
export const overridesSchema = Type.Array(
  Type.Object(
    {
      salesforce_id: Type.String(),
      instance: Type.Optional(Type.String()),
      set: Type.Record(Type.String(), Type.Unknown()),
      reason: Type.String(),
      expires_on: Type.Optional(Type.String()),
    },
    strict,
  ),
  { $id: 'zds-overrides', title: 'zds overrides file', description: 'Exceptions for single accounts.' },
)
