import { syncsOf } from '../../core/config/stages.ts'
import type { Said } from '../../core/explained.ts'
import { normalise, same, type FieldTypes } from '../../core/field-types.ts'
import type { Json } from '../../core/json.ts'
import type { Shared } from '../../core/run/shared.ts'
import { desiredFrom, type DesiredBySync } from './desired.ts'
import type { Expectation, Fixture } from './fixture.ts'

/** What is otherwise than a file expects it. */
export type FixtureFailure = {
  readonly line: number
  readonly sync: string
  readonly key: string
  /** Without one it is about whether there is a record, and why. */
  readonly field?: string
  readonly expected: Json
  readonly actual: Json
}

/** What a file expects, held against what comes of its rows. */
export type FixtureResult = {
  readonly file: string
  readonly keys: number
  readonly failures: readonly FixtureFailure[]
}

/**
 * Holds what comes of the rows of a file against what it expects; what it does not name is not
 * looked at.
 */
export async function checkFixture(
  { file, mapping, lineOf }: Fixture,
  shared: Shared,
): Promise<FixtureResult & { desired: DesiredBySync }> {
  const { expect, ...given } = mapping
  const keys = Object.fromEntries(Object.entries(expect).map(([sync, of]) => [sync, Object.keys(of)]))
  const desired = await desiredFrom({ name: file, ...given, lineOf }, keys, shared)
  const failures = Object.entries(expect).flatMap(([sync, of]) =>
    Object.entries(of).flatMap(([key, expected]) =>
      differences(expected, desired[sync]?.[key], syncsOf(shared.config).get(sync)?.target.types ?? {}).map(
        ({ path, ...one }): FixtureFailure => ({ line: lineOf(['expect', sync, key, ...path]), sync, key, ...one }),
      ),
    ),
  )
  return { file, keys: Object.values(keys).flat().length, failures, desired }
}

type Mismatch = Pick<FixtureFailure, 'field' | 'expected' | 'actual'> & { readonly path: readonly string[] }

function differences(expected: Expectation, actual: Said | undefined, types: FieldTypes): Mismatch[] {
  if (actual === undefined) return []
  if (!('fields' in expected) || actual.kind !== 'record') {
    const [told, found] = [wordsOf(expected), saidWords(actual)]
    return told === found ? [] : [{ path: [], expected: told, actual: found }]
  }
  return Object.entries(expected.fields).flatMap(([field, value]): Mismatch[] => {
    const [want, have] = [value as Json, actual.fields[field]] // YAML has no more than JSON
    if (field in actual.fields && same(types[field], want, have)) return []
    const found = field in actual.fields ? normalise(types[field], have) : 'no such field'
    return [{ path: ['fields', field], field, expected: want, actual: found }]
  })
}

const wordsOf = (expected: Expectation): string => {
  if ('fields' in expected) return 'a record'
  return 'absent' in expected ? `absent: ${expected.absent}` : `skip: ${expected.skip}`
}

const saidWords = (said: Said): string => (said.kind === 'record' ? 'a record' : `${said.kind}: ${said.reason}`)
