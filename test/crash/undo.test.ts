import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import type { Organization, Sandbox, User } from 'zds/sandbox'
import { crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, byHand, victim, type Victim } from '../support/crash.ts'
import { emptied } from '../support/worlds.ts'

const planIn = ({ directory }: Victim, file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Plan // made by zds

type Records = ReadonlyMap<string, Organization | User>

const recordsIn = ({ zendesk }: Sandbox): Records =>
  new Map<string, Organization | User>(
    Object.entries(zendesk).flatMap(([instance, { organizations, users }]) => [
      ...organizations.map((one) => [`${instance} organization ${one.id}`, one] as const),
      ...users.map((one) => [`${instance} user ${one.id}`, one] as const),
    ]),
  )

/** What syncs manage of a record. */
function managed(record: Organization | User): { readonly [field: string]: unknown } {
  const fields = 'organization_fields' in record ? record.organization_fields : record.user_fields
  const own =
    'organization_fields' in record ? { external_id: record.external_id } : { organization_id: record.organization_id }
  return Object.fromEntries(
    Object.entries({ name: record.name, ...own, ...fields }).map(([field, value]) => [field, emptied(value)]),
  )
}

describe('SAFE-06: undo is a plan', () => {
  test('undo(apply(x)) restores all managed fields and retires what was created; what was changed since is listed and left', async () => {
    const here = await victim(crashWorld(TINY))
    onTestFinished(() => here.close())
    const { sandbox } = here
    const before = recordsIn(sandbox)
    expect(await here.zds(APPLY)).toMatchObject({ code: 0 })
    const done = await here.outcomes()
    const applied = recordsIn(sandbox)

    const key = done.find(({ sync, op }) => sync === 'global' && op === 'update')?.key
    const edited =
      sandbox.zendesk['global']?.organizations.find(({ organization_fields: { salesforce_id: id } }) => id === key)
        ?.id ?? 0
    await byHand(sandbox, 'global', `/organizations/${edited}`, {
      organization: { organization_fields: { account_owner: 'Set By Hand' } },
    })

    const undo = await here.zds(['undo', 'last', '--out', 'undo.json'])
    expect(undo, undo.stderr).toMatchObject({ code: 0 })
    const plan = planIn(here, 'undo.json')
    expect(plan.syncs.flatMap(({ skipped }) => skipped)).toMatchObject([
      { key, id: String(edited), reason: 'changed-since' },
    ])
    expect(undo.stdout).toMatch(/changed since/i)
    expect(plan.syncs.flatMap(({ changes }) => [...changes])).toHaveLength(done.length - 1)
    expect(plan.syncs.flatMap(({ changes }) => [...changes]).filter(({ op }) => op === 'create')).toEqual([])

    const asked = sandbox.requests.length
    const undone = await here.zds(['apply', 'undo.json', '--force'])
    expect(undone, undone.stderr).toMatchObject({ code: 0 })
    // Users are set back while the organizations that they were moved to are still as the run left
    // them.
    const written = sandbox.requests
      .slice(asked)
      .filter(({ service, path }) => service === 'us_gov' && path.includes('update_many'))
      .map(({ path }) => (path.includes('users') ? 'users' : 'organizations'))
    expect(new Set(written)).toEqual(new Set(['users', 'organizations']))
    expect(written).toEqual(written.toSorted().toReversed())
    const after = recordsIn(sandbox)
    // Who came with a new organization is no record of a sync, so nothing is undone of them.
    const ours = [...before].filter(
      ([name]) => name !== `global organization ${edited}` && !name.startsWith('global user'),
    )
    for (const [name, record] of ours) {
      const now = after.get(name)
      expect(now && managed(now), name).toEqual(managed(record))
    }
    const left = after.get(`global organization ${edited}`)
    expect(left && managed(left)).toMatchObject({ account_owner: 'Set By Hand' })
    const fresh = [...applied.keys()].filter((name) => !before.has(name) && !name.startsWith('global user'))
    expect(fresh).toHaveLength(done.filter(({ op }) => op === 'create').length)
    expect(fresh.some((name) => name.startsWith('us_gov user'))).toBe(true)
    for (const name of fresh) {
      const record = after.get(name)
      expect(record && managed(record), name).toMatchObject(
        name.includes('user') ? { not_in_sfdc: true } : { mark_for_deletion: true },
      )
    }
  })

  test('an undo of a run that was killed sets back what it had done, and nothing else', async () => {
    const here = await victim(crashWorld(TINY))
    onTestFinished(() => here.close())
    // Partners go beside customers; the jobs of these begin once their creates have been answered.
    const customers = new Set(
      here.sandbox.zendesk['global']?.organizations
        .filter(({ organization_fields: { account_type: type } }) => !JSON.stringify(type ?? null).includes('partner'))
        .map(({ id }) => id),
    )
    const firstOf = (body: unknown) => Number(/"id":(\d+)/.exec(JSON.stringify(body))?.[1])
    const seen = ({ requests }: Sandbox) =>
      requests
        .filter(({ service, path }) => service === 'global' && path.endsWith('update_many'))
        .some(({ body }) => customers.has(firstOf(body)))
    expect(await here.zds(APPLY, { kind: 'seen', seen, signal: 'SIGKILL' })).toMatchObject({ code: 'killed' })
    const done = (await here.outcomes()).filter(({ status }) => status === 'done').map(({ key }) => key)
    expect(done.length).toBeGreaterThan(0)
    expect(await here.zds(['undo', 'last', '--out', 'undo.json'])).toMatchObject({ code: 0 })
    const { syncs } = planIn(here, 'undo.json')
    const planned = syncs.flatMap(({ changes, skipped }) => [...changes, ...skipped]).map(({ key }) => key)
    expect(planned.toSorted()).toEqual(done.toSorted())
  })

  test('an unknown run is refused', async () => {
    const here = await victim(crashWorld(TINY))
    onTestFinished(() => here.close())
    const { code, stderr } = await here.zds(['undo', '20260101T000000-abcdef', '--out', 'undo.json'])
    expect(code).toBe(1)
    expect(stderr).toContain('There is no run 20260101T000000-abcdef')
  })
})
