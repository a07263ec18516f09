import {
  collect,
  HttpError,
  nearest,
  type FieldType,
  type FieldTypes,
  type Issue,
  type JsonObject,
  type Run,
} from 'zds'
import type { Client } from './client.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { objectIn, textIn } from './replies.ts'

export const TEXTS = ['text', 'textarea', 'regexp']

/** The Zendesk types that can hold a field type (ZD-13); a type that is not here is text. */
const HOLDS: { readonly [type: string]: readonly string[] } = {
  text: TEXTS,
  name: TEXTS,
  dropdown: ['dropdown'],
  checkbox: ['checkbox'],
  decimal: ['decimal'],
  integer: ['integer'],
  date: ['date'],
  // An id of another record is an attribute, not a custom field.
  reference: [],
  instant: [],
  list: [],
  json: [],
}

/** The types of custom fields that can hold a type, that of a new one first; none where there is none. */
export const holdersFor = ({ name }: FieldType): readonly string[] => HOLDS[name] ?? TEXTS

/**
 * Whether we may write at all, and whether every declared field exists, is active and has its type
 * (SAFE-07).
 */
export async function checkFields(client: Client, kind: Kind, types: FieldTypes, run: Run): Promise<readonly Issue[]> {
  const unset = client.unset()
  if (unset.length > 0) return unset
  const trouble = await checkUser(client, run)
  if (trouble === undefined) return fieldIssues(client.instance, kind, types, await fieldsOf(client, kind, run))
  // Who may not write may still read: then all is told at once.
  const fields = await fieldsOf(client, kind, run).catch((error: unknown) => {
    if (error instanceof HttpError && error.code === 'AUTH_FAILED') return undefined
    throw error
  })
  return [trouble, ...(fields === undefined ? [] : fieldIssues(client.instance, kind, types, fields))]
}

const fieldsOf = async (client: Client, kind: Kind, run: Run): Promise<readonly JsonObject[]> =>
  (await collect(pages(client, kind.custom, run))).flat()

/** What of the declared fields is not there, not active, or of another type. */
export function fieldIssues(
  instance: string,
  kind: Kind,
  types: FieldTypes,
  custom: readonly JsonObject[],
): readonly Issue[] {
  const fields = new Map(custom.map((field) => [textIn(field, 'key') ?? '', field]))
  return Object.entries(types).flatMap(([key, type]) => {
    const where = `${instance}: ${kind.one} field ${key}`
    const attribute = kind.attributes[key]
    const issue = attribute === undefined ? checkField(key, type, fields) : checkAttribute(key, type, attribute, kind)
    return issue === undefined ? [] : [{ where, ...issue }]
  })
}

/**
 * With bad credentials `users/me` answers 200 and an anonymous user, so the status alone proves
 * nothing (ZD-09).
 */
async function checkUser(client: Client, run: Run): Promise<Issue | undefined> {
  const body = (await client.whoWeAre(run))?.body
  if (body === undefined) return undefined
  const { id, name, role } = objectIn(body, 'user')
  const where = `${client.instance}: users/me`
  if (typeof id !== 'number' || name === 'Anonymous user') {
    return {
      code: 'AUTH_FAILED',
      where,
      message: 'Zendesk does not know who we are',
      hint: `Check ${client.signsIn().proof}.`,
    }
  }
  if (role === 'admin' || role === 'agent') return undefined
  const message = `the user that zds acts as is ${typeof role === 'string' ? role : 'without a role'}, neither admin nor agent`
  return { code: 'AUTH_FAILED', where, message, hint: 'Let an admin own the OAuth client or the API token.' }
}

type FieldProblem = Omit<Issue, 'where'>

function checkAttribute(key: string, type: FieldType, is: FieldType, { one }: Kind): FieldProblem | undefined {
  const plain = ({ name }: FieldType): string => (name === 'name' ? 'text' : name)
  if (plain(type) === plain(is)) return undefined
  return {
    code: 'FIELD_MISMATCH',
    message: `is declared as ${type.name}, but the ${key} of every ${one} is ${plain(is)}`,
  }
}

function checkField(key: string, type: FieldType, fields: ReadonlyMap<string, JsonObject>): FieldProblem | undefined {
  const holders = holdersFor(type)
  if (holders.length === 0)
    return { code: 'FIELD_MISMATCH', message: `is declared as ${type.name}, which no field of Zendesk holds` }
  const field = fields.get(key)
  if (field === undefined) {
    const meant = nearest(key, fields.keys())
    return {
      code: 'FIELD_UNKNOWN',
      message: 'does not exist',
      hint:
        meant === undefined
          ? 'Create it in Zendesk, or remove it from the field table.'
          : `Did you mean ${JSON.stringify(meant)}?`,
    }
  }
  if (field['active'] === false) {
    return {
      code: 'FIELD_MISMATCH',
      message: 'is deactivated',
      hint: 'Activate it in Zendesk, or remove it from the field table.',
    }
  }
  const held = textIn(field, 'type') ?? 'of no type'
  if (holders.includes(held)) return undefined
  const fitting = Object.entries(HOLDS).find(([, types]) => types.includes(held))?.[0]
  return {
    code: 'FIELD_MISMATCH',
    message: `is declared as ${type.name}, but is ${held} in Zendesk`,
    hint:
      fitting === undefined
        ? 'zds cannot write fields of this type.'
        : `The type of a Zendesk field cannot be changed: declare it as ${fitting}.`,
  }
}
