import { fieldTypes, instanceKeys } from './read.ts'

type Keys = { readonly [key: string]: object }

/** A list of objects that have these keys, whatever else they have. */
const listOf = (required: Keys, more: Keys = {}): object => ({
  type: 'array',
  items: { type: 'object', required: Object.keys(required), properties: { ...more, ...required } },
})

const text = { type: 'string' }
const id = { id: { type: 'integer' } }
const records = listOf({ name: text }, id)
const fields = listOf({ key: text, type: { enum: fieldTypes } }, id)

/** A world file, as `readWorld` takes it. */
export const worldSchema = {
  $id: 'zds-world',
  title: 'zds sandbox: world file',
  type: 'object',
  required: ['salesforce', 'zendesk'],
  properties: {
    asOf: { type: 'string', format: 'date' },
    salesforce: {
      type: 'object',
      additionalProperties: listOf({ Id: text }),
    },
    zendesk: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-z0-9_]*$' },
      additionalProperties: {
        type: 'object',
        required: instanceKeys,
        properties: {
          organizations: records,
          users: records,
          organization_fields: fields,
          user_fields: fields,
        },
      },
    },
    allianceAccountId: { type: ['string', 'null'] },
    protectedIds: { type: 'array' },
  },
}
