import { wordsType, type Declared } from 'zds'
import { visible } from './check.ts'
import type { Describe, Description } from './describe.ts'

/**
 * The columns of an object and of the objects that its relationships lead to, for the compiler; and
 * that field tables may read them, where rows are read by tables. Nothing of an object that the
 * user may not see.
 */
export async function declares(describe: Describe, object: string, byTables: boolean): Promise<Declared[]> {
  const look = visible(describe)
  const description = await look(object)
  if (description === undefined) return []
  const parents = [...description.parents.values()].flatMap(({ objects }) => objects)
  const near = await Promise.all([...new Set(parents)].map(look))
  const all = new Map([...near, description].flatMap((one) => (one === undefined ? [] : [[one.name, one] as const])))
  return [...[...all.values()].map((one) => columnsIn(one)), ...(byTables ? [readByTables(description.name)] : [])]
}

const MODULE = 'zds/salesforce-source'

const columnsIn = ({ name, fields, parents }: Description): Declared => ({
  module: MODULE,
  within: ['Objects', name],
  members: {
    ...Object.fromEntries([...fields.values()].map(({ name: column, type }) => [column, HOLDS[type] ?? 'string'])),
    ...Object.fromEntries(
      [...parents.values()].map(({ name: by, objects }) => [by, `{ parent: ${wordsType(objects)} }`]),
    ),
  },
})

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
