import type { DescribeSObjectResult } from 'jsforce/lib/core.js'
import { ZdsError } from 'zds'

/**
 * What the check needs of an object's describe; names are keys in lower case, since Salesforce
 * reads them without case.
 */
export type Description = {
  readonly name: string
  readonly fields: ReadonlyMap<string, { readonly name: string; readonly type: string }>
  /** Names of parent relationships, each with the objects it may lead to. */
  readonly parents: ReadonlyMap<string, { readonly name: string; readonly objects: readonly string[] }>
  /** Names of child relationships, each with the object of the children and their column for the parent. */
  readonly children: ReadonlyMap<string, { readonly name: string; readonly object: string; readonly field: string }>
}

export type Describe = (object: string) => Promise<Description>

/** jsforce declares what a describe holds and does not check it. @internal */
export function descriptionOf({ name, fields, childRelationships }: DescribeSObjectResult): Description {
  if (!Array.isArray(fields) || !Array.isArray(childRelationships)) {
    throw new ZdsError(
      'HTTP_UNREADABLE',
      'salesforce: the description of an object lacks its fields or child relationships',
    )
  }
  return {
    name,
    fields: new Map(fields.map(({ name, type }) => [name.toLowerCase(), { name, type }])),
    parents: new Map(
      fields.flatMap(({ relationshipName: name, referenceTo }) =>
        name ? [[name.toLowerCase(), { name, objects: referenceTo ?? [] }] as const] : [],
      ),
    ),
    // Many child relationships have no name, and cannot be asked for.
    children: new Map(
      childRelationships.flatMap(({ relationshipName: name, childSObject: object, field }) =>
        name ? [[name.toLowerCase(), { name, object, field }] as const] : [],
      ),
    ),
  }
}
