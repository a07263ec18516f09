import type { Field, FieldType, Json, Row, Seed, World, ZendeskWorld } from '../types.ts'
import { fieldTypes } from './read.ts'

/** What a world gets beside what it has, each as the command line has it. */
export type Additions = {
  /** `global.account_industry:text`, `global.tier:dropdown=gold,silver` */
  readonly field?: readonly string[]
  /** `Account.Industry`, `Account.Industry=Energy,Finance` */
  readonly column?: readonly string[]
  /** `emea`: without records, and with the fields of the first instance; `emea=us_gov`: of another. */
  readonly instance?: readonly string[]
}

/** The world with all of them; throws an Error that says what to correct. */
export function extended(world: World, { field = [], column = [], instance = [] }: Additions): World {
  const withInstances = instance.reduce(addInstance, world)
  const withFields = field.reduce(addField, withInstances)
  return column.reduce(addColumn, withFields)
}

const instanceName = (text: string): string => text.replaceAll('-', '_')

function addInstance(world: World, text: string): World {
  const [, name, like] = /^([a-z][\w-]*?)(?:=([\w-]+))?$/.exec(text) ?? []
  if (name === undefined) throw malformed('--instance', 'a name of small letters, such as emea', text)
  if (world.zendesk[instanceName(name)] !== undefined)
    throw new Error(`--instance: there is an instance ${name} already`)
  const model = instanceOf(world, like ?? Object.keys(world.zendesk)[0] ?? '', '--instance')
  const { organization_fields, user_fields } = model
  return withInstance(world, instanceName(name), { organizations: [], users: [], organization_fields, user_fields })
}

function addField(world: World, text: string): World {
  const [, name = '', key, type, values] = /^([\w-]+)\.([a-z]\w*):(\w+)(?:=(.+))?$/.exec(text) ?? []
  if (key === undefined) throw malformed('--field', 'INSTANCE.KEY:TYPE, such as global.account_industry:text', text)
  if (!isFieldType(type)) throw new Error(`--field ${text}: the type must be one of ${fieldTypes.join(', ')}`)
  if ((type === 'dropdown') !== (values !== undefined))
    throw new Error(`--field ${text}: a dropdown, and no other, has options: global.tier:dropdown=gold,silver`)
  const instance = instanceOf(world, name, '--field')
  if (instance.organization_fields.some((one) => one.key === key))
    throw new Error(`--field: ${name} has a field ${key} already`)
  const made: Seed<Field> = { key, type, title: key, ...(values && { custom_field_options: optionsOf(values) }) }
  const organization_fields = [...instance.organization_fields, made]
  return withInstance(world, instanceName(name), { ...instance, organization_fields })
}

const isFieldType = (type: string | undefined): type is FieldType => type !== undefined && fieldTypes.includes(type)

const optionsOf = (values: string) =>
  values.split(',').map((value, at) => ({ id: at + 1, name: value, raw_name: value, value }))

/** Its values go round among the rows, and then one row has none. */
function addColumn(world: World, text: string): World {
  const [, object = '', column, values] = /^(\w+)\.(\w+)(?:=(.+))?$/.exec(text) ?? []
  if (column === undefined) throw malformed('--column', 'OBJECT.COLUMN, such as Account.Industry', text)
  const rows = world.salesforce[object]
  if (rows === undefined)
    throw new Error(`--column: there is no object ${object}; there are: ${Object.keys(world.salesforce).join(', ')}`)
  const round: Json[] = [...(values?.split(',') ?? [`${column} 1`, `${column} 2`]).map(valueOf), null]
  const filled = rows.map((row, at): Row => ({ ...row, [column]: round[at % round.length] ?? null }))
  return { ...world, salesforce: { ...world.salesforce, [object]: filled } }
}

function valueOf(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function instanceOf(world: World, name: string, option: string): ZendeskWorld {
  const found = world.zendesk[instanceName(name)]
  if (found !== undefined) return found
  throw new Error(`${option}: there is no instance ${name}; there are: ${Object.keys(world.zendesk).join(', ')}`)
}

const withInstance = (world: World, name: string, instance: ZendeskWorld): World => ({
  ...world,
  zendesk: { ...world.zendesk, [name]: instance },
})

const malformed = (option: string, form: string, text: string): Error =>
  new Error(`${option} must be ${form}, not ${text}`)
