import type { World } from 'zds/sandbox'
import { compared, type Desired, type Expected, type Sync } from './compare.ts'
import { entitlement, partnerFields, unknownCharges } from './entitlement.ts'
import { setFor, type InstanceName, type Override } from './overrides.ts'
import { soldTo, withFates } from './people.ts'
import { accountsOf, isCustomer, isPartner, type Account } from './salesforce.ts'
import { usersAfter } from './users.ts'
import { textOf } from './values.ts'

/** What one run is to do to a world, by the rules alone. */
export function expectedOf(
  world: World,
  today: string,
  overrides: readonly Override[],
): Expected & { readonly unknown: readonly string[] } {
  const accounts = accountsOf(world, today)
  const { global: desk, us_gov: gov } = world.zendesk
  if (desk === undefined || gov === undefined) throw new Error('The world lacks an instance')
  const alliance = world.allianceAccountId ?? ''
  const partners = accounts.filter((account) => isPartner(account, alliance))
  const ids = new Set(accounts.map(({ id }) => id))

  /** PROC-10, AMB-19: whom the partner sync desires is no customer where the partners are. */
  const readFor = (instance: InstanceName) =>
    accounts.filter((account) => isCustomer(account) && !(instance === 'global' && partners.includes(account)))

  const customers = (instance: InstanceName): Sync => {
    const objects = readFor(instance).map((account) => ({
      account,
      said: entitlement(account, instance, today, setFor(account.id, instance, today, overrides)),
    }))
    const desired = objects.flatMap(({ account, said }): Desired[] => {
      if ('absent' in said) return []
      // GEN-08: in Global users come with a new organization only, in US Government by themselves.
      const sold = instance === 'global' ? soldTo(account, said.kept, today) : []
      return [{ key: account.id, name: textOf(account.row['Name']), fields: said.fields, sold }]
    })
    return {
      name: instance,
      desired,
      // AMB-17.
      why: (key) => {
        const said = objects.find(({ account }) => account.id === key)?.said
        if (said !== undefined && 'absent' in said) return said.absent
        return ids.has(key) ? 'type-changed' : 'gone'
      },
      unless: (key) => (world.protectedIds?.includes(key) === true ? 'protected' : undefined), // CMP-05, CMP-06
      holds: (fields) => (fields['support_level'] === 'expired' ? 'expired-not-created' : undefined), // CMP-04
    }
  }
  const partnerSync: Sync = {
    name: 'partners',
    desired: partners.map((account) => ({
      key: account.id,
      name: textOf(account.row['Name']),
      fields: partnerFields(account, alliance),
    })),
    why: (key) => (ids.has(key) ? 'type-changed' : 'gone'),
    // PART-08 has no protected ones; SAFE-02: what was read without any row retires nobody.
    unless: () => (partners.length === 0 ? 'incomplete-listing' : undefined),
    holds: () => undefined,
  }

  // Of another account the organization would be retired, whichever case its id has.
  const read = (all: readonly Account[]): string[] => all.map(({ id }) => id)
  const global = compared(
    desk.organizations,
    [customers('global'), partnerSync],
    read(accounts.filter((account) => isCustomer(account) || partners.includes(account))),
  )
  const known = read(accounts.filter(isCustomer))
  const usGov = compared(gov.organizations, [customers('us-gov')], known)
  const users = usersAfter(gov, usGov, world.salesforce, known)
  return {
    changes: [...withFates(global.changes, desk.users), ...usGov.changes, ...users.changes],
    skips: [...global.skips, ...usGov.skips, ...users.skips],
    // AMB-03.
    unknown: (['global', 'us-gov'] as const).flatMap((instance) =>
      readFor(instance).flatMap((account) => unknownCharges(account, instance).map((name) => `${instance} ${name}`)),
    ),
  }
}
