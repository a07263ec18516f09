import type { DesiredNotice } from 'zds'
import { inEffect, type Override } from './entries.ts'
import type { Draft } from '../rule.ts'

/**
 * Watches which overrides of an instance meet an account, and reports those that expired or had no
 * effect (OVR-04).
 */
export function overrideUse(
  entries: readonly Override[],
  today: string,
): { see(draft: Draft): void; notices(): Generator<DesiredNotice> } {
  const ids = new Set(entries.map(({ salesforce_id: id }) => id))
  const used = new Set<string>()
  const foreign = new Set<string>()
  return {
    see({ account, subscriptions, absent }) {
      if (!ids.has(account.id)) return
      if (absent !== 'no-subscription') used.add(account.id)
      if (subscriptions.length === 0 && account.subscriptions.length > 0) foreign.add(account.id)
    },
    *notices() {
      for (const entry of entries) {
        const { salesforce_id: id, where, instance } = entry
        // An account of another instance only is not to be named here (OPS-08), unless the entry is
        // for this one expressly.
        if (foreign.has(id) && instance === null) continue
        const key = foreign.has(id) ? where : id
        if (!inEffect(today)(entry)) {
          yield {
            kind: 'notice',
            key,
            code: 'override-expired',
            message: `the override at ${where} ended on ${entry.expires_on} and is ignored`,
          }
        } else if (!used.has(id)) {
          const message = `the override at ${where} has no effect: no account with this id has a subscription for this instance`
          yield { kind: 'notice', key, code: 'override-without-account', message }
        }
      }
    },
  }
}
