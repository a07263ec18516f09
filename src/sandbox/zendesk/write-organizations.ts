import { isDeepStrictEqual } from 'node:util'
import { textOf } from '../json.ts'
import type { Json, Organization } from '../types.ts'
import type { Instance } from './instance.ts'
import { organizationOf } from './records.ts'
import { mergeValues, problem, readTags, tagsAfter, type Problems, type Written } from './values.ts'
import { setOrganization } from './write-users.ts'

type Change = { readonly [key: string]: Json }

/**
 * Creates an organization, or updates `old`: given keys only, custom fields merged, tags and
 * domains replaced as a whole.
 */
export function writeOrganization(
  instance: Instance,
  old: Organization | undefined,
  change: Change,
): Written<Organization> {
  const problems: Problems = {}
  const dropped: string[] = []
  const fields = instance.organizationFields
  const base = old ?? organizationOf(0, { name: '' }, fields, instance.origin())
  const next: { -readonly [K in keyof Organization]: Organization[K] } = { ...base }

  for (const [key, value] of Object.entries(change)) {
    switch (key) {
      case 'name':
        if (typeof value === 'string' || typeof value === 'number') next.name = String(value).trim()
        else next.name = ''
        break
      case 'external_id':
        next.external_id = value === null || value === '' ? null : textOf(value)
        break
      case 'details':
      case 'notes':
        next[key] = value === null ? null : textOf(value)
        break
      case 'shared_tickets':
      case 'shared_comments':
        next[key] = value === true
        break
      case 'group_id':
        next.group_id = typeof value === 'number' ? value : null
        break
      case 'domain_names':
        if (Array.isArray(value)) next.domain_names = value.map(String)
        else problem(problems, key, 'Domain names: is invalid', 'InvalidValue')
        break
      case 'tags':
        next.tags = readTags(value) ?? next.tags
        break
      case 'organization_fields': {
        const unknown: string[] = []
        next.organization_fields = mergeValues(base.organization_fields, value, fields, problems, unknown)
        dropped.push(...unknown.map((name) => `organization_fields.${name}`))
        break
      }
      default:
        dropped.push(key)
    }
  }
  next.tags = tagsAfter(next.tags, base.organization_fields, next.organization_fields, fields, 'tags' in change)

  if (next.name === '') problem(problems, 'name', 'Name: cannot be blank', 'BlankValue')
  const sameName = instance.organizations.find('name', next.name)
  // A seeded twin may stay: only a name that this write brings is checked.
  if (sameName !== undefined && sameName.id !== old?.id && next.name !== old?.name) {
    problem(problems, 'name', `Name: ${next.name} has already been taken`, 'DuplicateValue')
  }
  const sameExternal =
    next.external_id === null ? undefined : instance.organizations.find('external_id', next.external_id)
  if (sameExternal !== undefined && sameExternal.id !== old?.id && next.external_id !== old?.external_id) {
    problem(problems, 'external_id', 'External has already been taken', 'DuplicateValue')
  }
  if (Object.keys(problems).length > 0) return { ok: false, problems }

  if (old === undefined) {
    const record = organizationOf(
      instance.nextId(),
      { ...next, created_at: undefined, updated_at: undefined },
      fields,
      instance.origin(),
    )
    instance.organizations.put(record)
    return { ok: true, record, dropped }
  }
  if (isDeepStrictEqual(next, old)) return { ok: true, record: old, dropped }
  next.updated_at = instance.origin().now
  instance.organizations.put(next)
  return { ok: true, record: next, dropped }
}

/** Deletes an organization; its users stay, without an organization. */
export function removeOrganization(instance: Instance, id: number): boolean {
  if (instance.organizations.get(id) === undefined) return false
  instance.organizations.remove(id)
  for (const membership of instance.memberships.all().filter((member) => member.organization_id === id)) {
    const user = instance.users.get(membership.user_id)
    if (user !== undefined) setOrganization(instance, user, null)
  }
  return true
}
