import { invalid } from '../settings.ts'
import type { Issue } from '../errors.ts'
import type { Notice, SyncPlan } from '../plan/plan.ts'
import type { Guard, Sync } from '../types.ts'

const UNMET = { code: 'guard-without-record' }

/**
 * Is shown every key that has a record, and then tells which values of `guards` mean none of them
 * (SAFE-09). A default is nobody's slip.
 */
export function watchGuards(guards: readonly Guard[] = []): { see(key: string): void; notices(): Notice[] } {
  const open = guards
    .filter(({ setting }) => setting.given?.() ?? false)
    .map(({ setting, means = (value, key) => value === key }) => ({
      name: setting.name,
      means,
      values: new Set([setting.peek() ?? []].flat()),
    }))
  return {
    see: (key) => {
      for (const { means, values } of open) for (const value of values) if (means(value, key)) values.delete(value)
    },
    notices: () =>
      open.flatMap(({ name, values }) =>
        [...values].map((key) => ({ ...UNMET, key, message: `${name} names ${key}, and no record has it` })),
      ),
  }
}

/** What is wrong with the settings that guard records, before anything is read. */
export const guardIssues = ({ rules: { guards = [] } }: Sync): Issue[] =>
  invalid(...guards.map(({ setting }) => setting))

/**
 * The plans without the notices of guards that met a record in another sync: one variable may guard
 * several instances.
 */
export function unmetEverywhere(plans: readonly SyncPlan[], syncs: ReadonlyMap<string, Sync>): SyncPlan[] {
  const met = (message: string): boolean =>
    plans.some(({ name, notices }) => {
      const guards = syncs.get(name)?.rules.guards ?? []
      const guarded = guards.some(({ setting }) => message.startsWith(`${setting.name} `))
      return guarded && !notices.some((notice) => notice.message === message)
    })
  const isOpen = ({ code, message }: Notice): boolean => code !== UNMET.code || !met(message)
  return plans.map((plan) => ({ ...plan, notices: plan.notices.filter(isOpen) }))
}
