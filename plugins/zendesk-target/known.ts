import type { Field, FieldTable, FieldType } from 'zds'

/**
 * The instances with their fields, `global: { organizations: { aar: 'decimal' } }`; of a dropdown
 * its options, `{ dropdown: 'gold' | 'silver' }`. Empty, and any field will do, until the file that
 * `zds types` writes fills it.
 */
export interface Instances {}

/** What every organization and every user has. */
type Attributes = {
  readonly organizations: { readonly name: 'text'; readonly external_id: 'text' }
  readonly users: {
    readonly name: 'text'
    readonly email: 'text'
    readonly role: 'text'
    readonly organization_id: 'reference'
  }
}
type Resource = keyof Attributes

/** The name of an instance, or any, where none is known. */
export type InstanceName = NameIn<Instances>
type NameIn<Known> = keyof Known extends never ? string : keyof Known & string

/**
 * Field tables that fit the organizations of an instance; of several, with `'global' | 'us-gov'`,
 * all of them.
 */
export type OrganizationFields<Name extends InstanceName> = TableFor<Name, 'organizations'>
/** Field tables that fit the users of an instance. */
export type UserFields<Name extends InstanceName> = TableFor<Name, 'users'>

/** The options of a dropdown of the organizations of an instance, or of several. */
export type OptionOf<Name extends InstanceName, Key extends string> = Name extends keyof Instances
  ? FieldsIn<Name, 'organizations'> extends { readonly [K in Key]: { readonly dropdown: infer Option extends string } }
    ? Option
    : never
  : string

// Of several instances at once: a union of tables would let a field of either pass.
type TableFor<Name, Of extends Resource> = [Name] extends [keyof Instances]
  ? { readonly [Key in keyof FieldsIn<Name, Of>]?: AllOf<FieldFor<FieldsIn<Name, Of>[Key]>> }
  : FieldTable

/** Nothing, where an instance has all fields of a table; else what is wrong with it. */
export type Held<Table extends FieldTable, Name, Of extends Resource> = Name extends keyof Instances
  ? {
      readonly fields: TableFor<Name, Of> & { readonly [Key in Exclude<keyof Table, keyof TableFor<Name, Of>>]: never }
    }
  : unknown

type FieldsIn<Name, Of extends Resource> = Name extends keyof Instances
  ? (Of extends keyof Instances[Name] ? Instances[Name][Of] : unknown) & Attributes[Of]
  : never

/** Which of our types each type of Zendesk can hold (ZD-13), and the options of a dropdown. */
type FieldFor<As> = As extends { readonly dropdown: infer Option extends string }
  ? Field<Like<'dropdown'>, Option>
  : As extends 'text'
    ? Field<Like<'text' | 'name'>>
    : As extends 'checkbox' | 'decimal' | 'integer' | 'date' | 'reference'
      ? Field<Like<As>>
      : never
type Like<Is extends string> = FieldType & { readonly is?: Is }

/** What fits all members of a union. */
type AllOf<Each> = [Each] extends [never]
  ? never
  : (Each extends unknown ? (each: Each) => void : never) extends (each: infer All) => void
    ? All
    : never
