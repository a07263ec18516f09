import { nearest, type Issue } from 'zds'
import type { Child, Query } from './compose.ts'
import type { Describe, Description } from './describe.ts'
import { isHidden } from './trouble.ts'

/**
 * Every column and relationship of a query that the org does not have, or hides from us (SAFE-07).
 */
export async function check(describe: Describe, { object, columns, children = [] }: Query): Promise<Issue[]> {
  const look = visible(describe)
  const description = await look(object)
  if (description === undefined) return [hidden(`salesforce ${object}`, object)]
  const issues = await Promise.all([
    columnIssues(look, description, columns),
    ...children.map((child) => childIssues(look, description, child)),
  ])
  return issues.flat()
}

async function childIssues(look: ColumnLook, parent: Description, { relationship, columns }: Child): Promise<Issue[]> {
  const known = parent.children.get(relationship.toLowerCase())
  const where = `salesforce ${parent.name}.${relationship}`
  if (known === undefined)
    return [unknown(where, `${parent.name} has no child relationship ${relationship}`, relationship, parent.children)]
  const child = await look(known.object)
  return child === undefined ? [hidden(where, known.object)] : columnIssues(look, child, columns)
}

export type ColumnLook = (object: string) => Promise<Description | undefined>

/** An object that may not be described is nothing to fail over: it is one of the problems. */
export function visible(describe: Describe): ColumnLook {
  return async (object) => {
    try {
      return await describe(object)
    } catch (error) {
      if (isHidden(error)) return undefined
      throw error
    }
  }
}

async function columnIssues(look: ColumnLook, description: Description, columns: readonly string[]): Promise<Issue[]> {
  const issues = await Promise.all(
    columns.map((column) =>
      columnIssue(look, description, column.split('.'), `salesforce ${description.name}.${column}`),
    ),
  )
  return issues.flatMap((issue) => issue ?? [])
}

async function columnIssue(
  look: ColumnLook,
  description: Description,
  path: readonly string[],
  where: string,
): Promise<Issue | undefined> {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    if (description.fields.has(name.toLowerCase())) return undefined
    return unknown(where, `${description.name} has no field ${name}`, name, description.fields)
  }
  const parent = description.parents.get(name.toLowerCase())
  if (parent === undefined)
    return unknown(where, `${description.name} has no parent relationship ${name}`, name, description.parents)
  // An owner is a user or a queue: the column must exist in one of the objects that the
  // relationship may lead to.
  let issue: Issue | undefined
  for (const object of parent.objects) {
    const target = await look(object)
    const found = target === undefined ? hidden(where, object) : await columnIssue(look, target, rest, where)
    if (found === undefined) return undefined
    issue ??= found
  }
  return issue ?? hidden(where, name)
}

function unknown(
  where: string,
  message: string,
  name: string,
  known: ReadonlyMap<string, { readonly name: string }>,
): Issue {
  const meant = nearest(
    name,
    known.values().map((value) => value.name),
  )
  const hint =
    meant === undefined
      ? 'Check the API name, and that the user of zds may see it.'
      : `Did you mean ${JSON.stringify(meant)}?`
  return { code: 'FIELD_UNKNOWN', where, message, hint }
}

function hidden(where: string, object: string): Issue {
  return {
    code: 'FIELD_UNKNOWN',
    where,
    message: `${object} does not exist, or the user of zds may not see it`,
    hint: `Check the API name, and give the user read access to ${object}.`,
  }
}
