import {
  well,
  wordsType,
  type Declared,
  type FieldTable,
  type Issue,
  type Json,
  type Run,
  type Sight,
  type Values,
} from 'zds'
import type { CatalogueFile } from './catalogue.ts'
import { contextOf } from './context.ts'
import { inEffect } from './overrides/entries.ts'
import { sameInstance } from './overrides/instances.ts'
import { toldElsewhere, type OverridesSource } from './overrides/overrides.ts'
import { optionsOf } from './overrides/problems.ts'
import type { Side } from './rule.ts'
import { FACTS } from './rules.ts'

/** What can be known of an instance before anything is read. */
type Inspected = {
  readonly instance: string
  readonly side: Side
  readonly catalogue: Partial<Pick<CatalogueFile, 'load'>>
  readonly overrides: OverridesSource
  readonly fields: FieldTable
}

/** Whether the plans file knows what the fields read. */
export async function* inspect(options: Inspected, run: Run): AsyncGenerator<Sight> {
  const file = await fileThatFits(options, run)
  if (file !== undefined) yield well(`${options.instance}: fields`, `${file} knows all that they read`)
}

/** The same before a run: it would be found out when all accounts were read. */
export async function check(options: Inspected, run: Run): Promise<readonly Issue[]> {
  await fileThatFits(options, run)
  return []
}

/** The plans file, if it can be read. Throws CONFIG_INVALID for fields that read what it does not know. */
async function fileThatFits(options: Inspected, run: Run): Promise<string | undefined> {
  const catalogue = await options.catalogue.load?.().catch(toldElsewhere)
  if (catalogue !== undefined) contextOf(options, options.fields, catalogue, [], run.clock.today)
  return catalogue?.where
}

/** What a fact is that is none of a few words, and no subscription type. */
const HOLDS: { readonly [fact: string]: string } = { arr: 'number', seats: 'number', expiry: 'string' }

/** The facts that fields may read, for the compiler: ours, and a subscription type each. */
export async function declares({ catalogue: file }: Pick<Inspected, 'catalogue'>): Promise<Declared[]> {
  const catalogue = await file.load?.()
  if (catalogue === undefined) return []
  const typed = (name: string): [string, string] => {
    const options = optionsOf(name, catalogue)
    return [name, options === undefined ? (HOLDS[name] ?? 'boolean') : wordsType(options)]
  }
  const members = Object.fromEntries([...FACTS, ...Object.keys(catalogue.subscriptions)].map(typed))
  return [{ module: 'zds', within: ['Facts'], members }]
}

/** What the dropdowns may get: the options of their facts, and what overrides set. */
export async function valuesOf({ instance, catalogue: file, overrides, fields }: Inspected, run: Run): Promise<Values> {
  const catalogue = await file.load?.()
  const entries = ((await overrides.load?.(run).catch(toldElsewhere)) ?? [])
    .filter(inEffect(run.clock.today))
    .filter((entry) => entry.instance === null || sameInstance(entry.instance, instance))
  const dropdowns = Object.entries(fields).filter(([, { type }]) => type.name === 'dropdown')
  return Object.fromEntries(
    dropdowns.map(([name, { reads, derive }]) => {
      const options = reads.kind === 'fact' && catalogue !== undefined ? optionsOf(reads.fact, catalogue) : undefined
      const known = options ?? derive.values ?? []
      const set = entries.flatMap((entry) => textOf(entry.set[name]))
      return [name, [...new Set([...known, ...set])]]
    }),
  )
}

const textOf = (value: Json | undefined): string[] => (typeof value === 'string' ? [value] : [])
