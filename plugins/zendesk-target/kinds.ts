import { name, reference, text, type FieldType, type JsonObject, type Words } from 'zds'

/**
 * A kind of Zendesk records: where it is in the API, and which of its fields are attributes of the
 * record itself.
 */
export type Kind = {
  readonly resource: 'organizations' | 'users'
  readonly one: 'organization' | 'user'
  /** Where every field that is no attribute is held. */
  readonly custom: 'organization_fields' | 'user_fields'
  readonly attributes: { readonly [name: string]: FieldType }
  /** Attributes that Zendesk compares without case: they are read in lower case. */
  readonly addresses: readonly string[]
  /**
   * The attribute by which a record is found whose create was not answered: Zendesk lets no two
   * records have it.
   */
  readonly identity: 'external_id' | 'email'
  /** The attributes that Zendesk lets no two records share. */
  readonly unique: readonly string[]
  /** What every create says beside the fields of the change. */
  readonly onCreate: JsonObject
  /** Why a planned change of this kind may be left out, and what it means. */
  readonly words: Words
}

/** Organizations (ZD-03). */
export const ORGANIZATION: Kind = {
  resource: 'organizations',
  one: 'organization',
  custom: 'organization_fields',
  attributes: { name: name.type, external_id: text.type },
  addresses: [],
  identity: 'external_id',
  unique: ['name', 'external_id'],
  onCreate: {},
  words: {
    'external-id-taken':
      'another organization has its external_id; give that one its key if it is the same customer, else clear it there',
    'external-id-wanted':
      'nobody desires it, and it has the external_id of one that is not created; give it that key if it is the same customer, else clear it there',
  },
}

/** Users (ZD-11). */
export const USER: Kind = {
  resource: 'users',
  one: 'user',
  custom: 'user_fields',
  attributes: { name: name.type, email: text.type, role: text.type, organization_id: reference.type },
  addresses: ['email'],
  identity: 'email',
  unique: ['email'],
  // A sync must not send a mail to everybody it finds.
  onCreate: { skip_verify_email: true },
  words: { 'second-address': 'a user has this address beside another one; make it their first one' },
}
