import { wordsType, type Declared } from 'zds'
import { visible } from './check.ts'
import type { Describe, Description } from './describe.ts'

/** What is asked for of an object, and whether by field tables. */
type ObjectAsked = { readonly object: string; readonly columns: readonly string[]; readonly byTables: boolean }

/**
 * The columns and relationships of an object for the compiler, and the columns of the parents that
 * are asked for; nothing of an object that the user may not see.
 */
export async function declares(describe: Describe, { object, columns, byTables }: ObjectAsked): Promise<Declared[]> {
  const look = visible(describe)
  const description = await look(object)
  if (description === undefined) return []
  const { name, parents } = description
  const followed = new Set(columns.map((column) => column.split('.').slice(0, -1)[0]?.toLowerCase()))
  const far = [...parents].filter(([key]) => followed.has(key)).map(([, parent]) => parent)
  const paths = far.map(async ({ name: by, objects }) =>
    (await Promise.all(objects.map(look))).map((one) => (one === undefined ? {} : columnsIn(one, `${by}.`))),
  )
  const ways = [...parents.values()].map((parent) => ({ [parent.name]: `{ parent: ${wordsType(parent.objects)} }` }))
  const members = Object.assign(columnsIn(description), ...ways, ...(await Promise.all(paths)).flat()) as Columns // as all are
  return [{ module: MODULE, within: ['Objects', name], members }, ...(byTables ? [readByTables(name)] : [])]
}

const MODULE = 'zds/salesforce-source'

type Columns = { readonly [column: string]: string }

const columnsIn = ({ fields }: Description, by = ''): Columns =>
  Object.fromEntries([...fields.values()].map(({ name, type }) => [by + name, HOLDS[type] ?? 'string']))

const readByTables = (object: string): Declared => ({
  module: 'zds',
  within: ['Columns'],
  members: { [object]: `import(${wordsType([MODULE])}).ColumnsOf<${wordsType([object])}>` },
})

/** What the values of each type are in JSON; all others are texts. */
const HOLDS: { readonly [type: string]: string } = {
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  double: 'number',
  currency: 'number',
  percent: 'number',
}
