import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox, type World } from 'zds/sandbox'
import { page } from '../docs/pages.ts'
import { project } from '../support/zds.ts'

const AS_OF = '2026-03-16'

/** The recipes of docs/state.md for DuckDB, in their order, for a run in a directory. */
function recipes(directory: string, run: string): string[] {
  const [, sql = ''] = /reads them as they are:\n\n```sql\n([^]*?)```/.exec(page('docs/state.md').text) ?? []
  return sql
    .replaceAll('RUN/', `${run}/`)
    .replaceAll(/'(\.zds|outcomes)/g, (_, place: string) => `'${join(directory, place)}`)
    .split(';')
    .filter((one) => one.trim() !== '')
}

/** Somebody has another level than the one that is desired. */
function worldWithAnotherLevel(): World {
  const world = generateWorld({ accounts: 60, asOf: AS_OF })
  const { global } = world.zendesk
  const at = global?.organizations?.findIndex((one) => one.organization_fields?.['support_level'] === 'premium') ?? -1
  const premium = global?.organizations?.[at]
  if (global === undefined || premium === undefined) throw new Error('Somebody has premium')
  const silver = { ...premium, organization_fields: { ...premium.organization_fields, support_level: 'silver' } }
  const organizations = global.organizations?.with(at, silver) ?? []
  return { ...world, zendesk: { ...world.zendesk, global: { ...global, organizations } } }
}

test('DuckDB reads what a run has left, as docs/state.md shows', async () => {
  const sandbox = await startSandbox({ world: worldWithAnotherLevel() })
  const here = project(sandbox.env)
  onTestFinished(async () => {
    here.remove()
    await sandbox.close()
  })
  const organizations = structuredClone(sandbox.zendesk['global']?.organizations ?? [])
  const planned = await here.zds('plan', '--json', '--as-of', AS_OF)
  const { syncs } = JSON.parse(planned.stdout) as Plan // what --json prints
  const applied = await here.zds('apply', '--yes', '--force', '--as-of', AS_OF)
  expect(applied, applied.stderr).toMatchObject({ code: 0 })
  const { stdout } = await here.zds('outcomes', 'last')
  writeFileSync(join(here.directory, 'outcomes.ndjson'), stdout)
  const [run = ''] = (await here.zds('status')).stdout.split(' ')

  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  onTestFinished(() => connection.closeSync())
  const rows = await Promise.all(
    recipes(here.directory, run).map(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson()),
  )
  const [levels = [], differing = [], outcomes = []] = rows
  expect(rows).toHaveLength(3)

  const held = Map.groupBy(organizations, ({ organization_fields }) => organization_fields['support_level'] ?? null)
  expect(new Map(levels.map(({ level, organizations: count }) => [level, Number(count)]))).toEqual(
    new Map([...held].map(([level, some]) => [level, some.length])),
  )

  const changes = [...(syncs.find(({ name }) => name === 'global')?.changes ?? [])]
  const turned = changes.filter(({ op, fields }) => op === 'update' && fields['support_level']?.from != null)
  expect(new Map(differing.map(({ key, is, should }) => [key, [is, should]]))).toEqual(
    new Map(turned.map(({ key, fields: { support_level: level } }) => [key, [level?.from, level?.to]])),
  )
  expect(turned.length).toBeGreaterThan(0)

  expect(outcomes.reduce((sum, { changes: count }) => sum + Number(count), 0)).toBe(
    syncs.reduce((sum, sync) => sum + sync.changes.length, 0),
  )
  const next = await here.zds('plan', '--detailed-exitcode', '--as-of', AS_OF)
  expect(next, next.stdout).toMatchObject({ code: 0 })
})
