import type { Document } from 'yaml'
import { writeFile } from 'node:fs/promises'
import type { Said } from '../../core/explained.ts'
import type { FixtureResult } from './check.ts'
import type { DesiredBySync } from './desired.ts'
import type { Expectation, Fixture } from './fixture.ts'

/** Writes what came out where a file expects something else; the rest of it stays as it is. */
export async function updateFixture(
  { file, document }: Fixture & { readonly document: Document },
  { failures, desired }: FixtureResult & { readonly desired: DesiredBySync },
): Promise<void> {
  for (const { sync, key, field, actual } of failures) {
    const said = desired[sync]?.[key]
    const missing = said?.kind === 'record' && field !== undefined && !(field in said.fields)
    if (missing) document.deleteIn(['expect', sync, key, 'fields', field])
    else if (field !== undefined) document.setIn(['expect', sync, key, 'fields', field], actual)
    else if (said !== undefined) document.setIn(['expect', sync, key], document.createNode(expectationOf(said)))
  }
  if (failures.length > 0) await writeFile(file, document.toString({ lineWidth: 0 }))
}

/** What is said of a key, as a file expects it. */
export function expectationOf(said: Said): Expectation {
  if (said.kind === 'record') return { fields: { ...said.fields } }
  return said.kind === 'absent' ? { absent: said.reason } : { skip: said.reason }
}
