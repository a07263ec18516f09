import type { Json } from '../types.ts'
import type { Column, ObjectSchema, Schema } from './schema.ts'

/** The describe answer of an object: its fields and the child lists that a sub-query can name. */
export function describe(object: ObjectSchema, schema: Schema): { [key: string]: Json } {
  return {
    ...summary(object),
    fields: [...object.columns.values()].map(field),
    childRelationships: [...object.children.values()].map((child) => ({
      cascadeDelete: false,
      childSObject: schema.get(child.object.toLowerCase())?.name ?? child.object,
      deprecatedAndHidden: false,
      field: child.column,
      junctionIdListNames: [],
      junctionReferenceTo: [],
      relationshipName: child.list,
      restrictedDelete: false,
    })),
    recordTypeInfos: [],
  }
}

/** The short form in the list of all objects. */
export function summary(object: ObjectSchema): { [key: string]: Json } {
  const custom = object.name.endsWith('__c')
  return {
    name: object.name,
    label: object.label,
    labelPlural: `${object.label}s`,
    keyPrefix: object.prefix,
    custom,
    customSetting: false,
    createable: false,
    deletable: false,
    queryable: true,
    retrieveable: true,
    searchable: true,
    updateable: false,
  }
}

const soapTypes: { readonly [type in Column['type']]: string } = {
  id: 'tns:ID',
  reference: 'tns:ID',
  string: 'xsd:string',
  email: 'xsd:string',
  textarea: 'xsd:string',
  picklist: 'xsd:string',
  multipicklist: 'xsd:string',
  boolean: 'xsd:boolean',
  double: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
}

function field(column: Column): Json {
  const text = soapTypes[column.type] === 'xsd:string'
  return {
    name: column.name,
    label: column.name.replace(/__c$/, '').replaceAll('_', ' '),
    type: column.type,
    soapType: soapTypes[column.type],
    length: column.type === 'id' || column.type === 'reference' ? 18 : text ? 255 : 0,
    precision: column.type === 'double' ? 18 : 0,
    scale: column.type === 'double' ? 2 : 0,
    nillable: column.type !== 'id' && column.type !== 'boolean',
    filterable: true,
    sortable: column.type !== 'multipicklist',
    groupable: column.type !== 'double',
    calculated: false,
    calculatedFormula: null,
    custom: column.name.endsWith('__c'),
    externalId: false,
    unique: false,
    createable: false,
    updateable: false,
    picklistValues: [],
    referenceTo: column.to === undefined ? [] : [column.to],
    relationshipName: column.as ?? null,
  }
}
