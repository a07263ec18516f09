import { readFileSync } from 'node:fs'
import { faultProblem } from '../faults/check.ts'
import type { Fault } from '../faults/types.ts'
import type { World } from '../types.ts'

export const instanceKeys = ['organizations', 'users', 'organization_fields', 'user_fields']
export const fieldTypes = [
  'text',
  'textarea',
  'integer',
  'decimal',
  'date',
  'checkbox',
  'regexp',
  'dropdown',
  'multiselect',
  'lookup',
]

/**
 * Reads a world file; an error names the file, the path of the offending value, and what is allowed
 * there.
 */
export function readWorld(file: string): World {
  const world = readJson(file, 'world')
  const fail = (path: string, message: string): never => failIn(file, path, message)
  if (!isRecord(world)) return fail('', 'must be an object with salesforce and zendesk')

  if (!isRecord(world['salesforce'])) return fail('.salesforce', 'must be an object: table name to list of rows')
  for (const [table, rows] of Object.entries(world['salesforce'])) {
    for (const [n, row] of list(rows, `.salesforce.${table}`, fail).entries()) {
      if (!isRecord(row) || typeof row['Id'] !== 'string')
        return fail(`.salesforce.${table}[${n}]`, "must be a row with an 'Id' of type text")
    }
  }

  if (!isRecord(world['zendesk'])) return fail('.zendesk', 'must be an object: instance name to its records')
  for (const [name, instance] of Object.entries(world['zendesk'])) {
    const at = `.zendesk.${name}`
    if (!/^[a-z][a-z0-9_]*$/.test(name)) return fail(at, 'is no instance name: small letters, digits and _ only')
    if (!isRecord(instance)) return fail(at, `must be an object with ${instanceKeys.join(', ')}`)
    for (const key of instanceKeys) {
      for (const [n, record] of list(instance[key], `${at}.${key}`, fail).entries()) {
        const wanted = key.endsWith('_fields') ? 'key' : 'name'
        if (!isRecord(record) || typeof record[wanted] !== 'string')
          return fail(`${at}.${key}[${n}]`, `must be an object with a '${wanted}' of type text`)
        if (record['id'] !== undefined && !Number.isSafeInteger(record['id']))
          return fail(`${at}.${key}[${n}].id`, 'must be a whole number')
        if (wanted === 'key' && !fieldTypes.includes(String(record['type']))) {
          return fail(`${at}.${key}[${n}].type`, `must be one of ${fieldTypes.join(', ')}`)
        }
      }
    }
  }

  const { asOf, allianceAccountId, protectedIds } = world
  if (asOf !== undefined && !isDay(asOf)) return fail('.asOf', 'must be a date, YYYY-MM-DD')
  if (allianceAccountId !== undefined && allianceAccountId !== null && typeof allianceAccountId !== 'string')
    return fail('.allianceAccountId', 'must be a text or null')
  if (protectedIds !== undefined) list(protectedIds, '.protectedIds', fail)
  // The shape was checked above, down to what a service needs; rows may hold any JSON.
  return world as unknown as World
}

/** Reads a fault file: a list of faults for services that exist; errors as for a world file. */
export function readFaults(file: string, instances: readonly string[]): Fault[] {
  const faults = readJson(file, 'fault')
  if (!Array.isArray(faults)) return failIn(file, '', 'must be a list of faults')
  for (const [n, fault] of faults.entries()) {
    const problem = faultProblem(fault, instances)
    if (problem !== undefined) failIn(file, `[${n}]${problem.path}`, problem.message)
  }
  // Each element was checked above.
  return faults as Fault[]
}

/** True for a calendar date, `YYYY-MM-DD`. */
export function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false
  const time = Date.parse(value)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

function readJson(file: string, what: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`Cannot read the ${what} file ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`The ${what} file ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function failIn(file: string, path: string, message: string): never {
  throw new Error(`${file}: ${path === '' ? 'the content' : path.replace(/^\./, '')} ${message}`)
}

function list(value: unknown, path: string, fail: (path: string, message: string) => never): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, 'must be a list')
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
