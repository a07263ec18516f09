import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox, World } from 'zds/sandbox'

const WORLDS = join(import.meta.dirname, '../fixtures/worlds')

/** One record as it must be after one apply; see the README of the worlds. */
export type Expected = {
  readonly key: string
  readonly ids?: readonly number[]
  readonly action: 'create' | 'update' | 'retire' | 'none' | 'held' | 'unjudged'
  readonly reason?: string | null
  readonly name?: string | null
  readonly external_id?: readonly (string | null)[] | null
  readonly fields?: { readonly [field: string]: unknown }
  readonly changed?: readonly string[] | null
}
type ExpectedUser = {
  readonly email: string | null
  readonly key?: string
  readonly action: 'create' | 'update' | 'mark' | 'none' | 'unjudged'
  readonly id: number | null
  readonly name?: string
  readonly organization_id?: number | null
  readonly not_in_sfdc?: boolean
}
type Expectation = {
  readonly asOf: string
  readonly global: readonly Expected[]
  readonly 'us-gov': readonly Expected[]
  readonly partners: readonly Expected[]
  readonly 'us-gov-users': readonly ExpectedUser[]
  readonly sold_to: readonly {
    readonly email: string
    readonly action: string
    readonly id: number | null
    readonly names: readonly string[]
    readonly keys: readonly string[]
  }[]
  readonly slack: {
    readonly expected: readonly { key: string; name: string }[]
    readonly unexpected: readonly { key: string; name: string }[]
  }
}

/** A sample world: its data, the files that go with it, and what one apply must make of it. */
export function sampleWorld(name: 'cases' | 'plain') {
  const file = (part: string): string => join(WORLDS, name, part)
  return {
    world: JSON.parse(readFileSync(file('world.json'), 'utf8')) as World, // the fixture is of this form
    expected: JSON.parse(readFileSync(file('expected.json'), 'utf8')) as Expectation, // likewise
    environment: { SUPPORT_PLANS: file('plans.yaml'), SUPPORT_OVERRIDES: file('overrides.yaml') },
  }
}

export type Organization = Sandbox['zendesk'][string]['organizations'][number]

/** The organization that an expectation speaks of. */
export function organizationOf(
  organizations: readonly Organization[],
  { key, ids }: Expected,
): Organization | undefined {
  const [id] = ids ?? []
  return organizations.find((one) =>
    id === undefined ? one.organization_fields['salesforce_id'] === key : one.id === id,
  )
}

/** Null, '' and false count as equal for empty. */
export const emptied = (value: unknown): unknown =>
  value === '' || value === false || value === undefined ? null : value
