import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import type { Plan } from 'zds'
import { emptied, organizationOf, sampleWorld, type Expected, type Organization } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

/** Fields of an organization that its sync may change; everything else must stay as it was. */
const MOVES = new Set(['name', 'external_id', 'tags', 'updated_at', 'organization_fields'])

describe.each(['cases', 'plain'] as const)('the world %s, after one apply', (name) => {
  const { world, expected, environment } = sampleWorld(name)
  let sandbox: Sandbox
  let here: Project
  let applied: Result
  /** What the instances held before, by instance and id. */
  let before: Map<string, Map<number, Organization>>

  beforeAll(async () => {
    sandbox = await startSandbox({ world })
    before = new Map(
      Object.entries(sandbox.zendesk).map(([instance, { organizations }]) => [
        instance,
        new Map(organizations.map((one) => [one.id, one])),
      ]),
    )
    here = project({ ...sandbox.env, ...environment })
    applied = await here.zds('apply', '--yes', '--as-of', expected.asOf, ...(name === 'cases' ? ['--force'] : []))
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })

  test('the apply succeeded', () => {
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
  })

  describe.each([
    ['global', 'global'],
    ['us-gov', 'us_gov'],
    ['partners', 'global'],
  ] as const)('%s', (sync, instance) => {
    const judged = expected[sync].filter(({ action }) => action !== 'unjudged')
    const was = ({ ids }: Expected): Organization | undefined => before.get(instance)?.get(ids?.[0] ?? 0)
    const now = (one: Expected): Organization | undefined => organizationOf(sandbox.zendesk[instance]?.organizations ?? [], one)

    test.each(judged.filter(({ action, fields }) => action !== 'retire' && fields !== undefined).map((one) => [one.key, one] as const))(
      '%s is as it should be',
      (_, one) => {
        const organization = now(one)
        expect(organization?.name.trim()).toBe(one.name?.trim())
        expect(one.external_id).toContain(organization?.external_id ?? null)
        const fields = Object.entries(one.fields ?? {}).map(([field, value]) => [field, emptied(value)])
        const found = Object.entries(one.fields ?? {}).map(([field]) => [field, emptied(organization?.organization_fields[field])])
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(fields))
      },
    )

    test('retired organizations are marked, and nothing else of them has changed', () => {
      for (const one of judged.filter(({ action }) => action === 'retire')) {
        const old = was(one)
        const { updated_at: _now, tags: _tags, ...kept } = now(one) ?? {}
        const { updated_at: _then, tags: _old, ...had } = old ?? {}
        expect(kept).toEqual({ ...had, organization_fields: { ...old?.organization_fields, mark_for_deletion: true } })
      }
    })

    test('what is in sync, held or not ours is byte-identical', () => {
      for (const one of judged.filter(({ action }) => action === 'none' || action === 'held')) {
        const old = was(one)
        expect(JSON.stringify(now(one))).toBe(JSON.stringify(old))
      }
    })

    test('of what was written, agents’ fields and hand-set tags stay (SYN-11)', () => {
      for (const one of judged.filter(({ action }) => action === 'update')) {
        const old = was(one)
        const organization = now(one)
        const kept = (side: object | undefined) => Object.entries(side ?? {}).filter(([key]) => !MOVES.has(key))
        expect(kept(organization)).toEqual(kept(old))
        const foreign = Object.entries(old?.organization_fields ?? {}).filter(([field]) => one.fields?.[field] === undefined)
        for (const [field, value] of foreign) expect(organization?.organization_fields[field], `${one.key} ${field}`).toEqual(value)
      }
    })
  })

  test('every organization of both instances is one that is expected or was not touched', () => {
    for (const [instance, syncs] of [
      ['global', [...expected.global, ...expected.partners]],
      ['us_gov', expected['us-gov']],
    ] as const) {
      const known = new Set(syncs.flatMap(({ ids }) => ids ?? []))
      const created = syncs.filter(({ action }) => action === 'create').length
      const old = before.get(instance) ?? new Map<number, Organization>()
      const after = sandbox.zendesk[instance]?.organizations ?? []
      expect(after).toHaveLength(old.size + created)
      const others = [...old.values()].filter(({ id }) => !known.has(id))
      expect(after.filter(({ id }) => old.has(id) && !known.has(id))).toEqual(others)
    }
  })

  test('the next plan is empty, but for a name that was freed (GEN-07, AMB-20)', async () => {
    const { code, stdout, stderr } = await here.zds('plan', '--json', '--as-of', expected.asOf)
    expect(code, stderr).toBe(0)
    const plan = JSON.parse(stdout) as Plan // what --json prints
    expect(plan.syncs.flatMap(({ changes }) => changes)).toEqual([])
  })
})
