import type { Plan } from 'zds'
import { LATENCY } from './latencies.ts'
import type { Counted } from './services.ts'

/**
 * The seconds that nobody can be faster than: Salesforce in eight ranges side by side, one chain of
 * cursor pages a listing, then everything at once, the updates spread over all thirty jobs. What
 * the limit of a minute makes to wait is not in it.
 */
export function boundOf(plan: Plan, reference: Counted): number {
  const count = (wanted: RegExp): number =>
    Object.entries(reference).reduce((total, [call, times]) => total + (wanted.test(call) ? times : 0), 0)
  // The reference way lists each instance twice.
  const listings = ['global', 'us_gov'].map((name) => count(new RegExp(`^${name} GET .*/organizations$`)) / 2)
  const salesforce = Math.ceil(count(/^salesforce GET/) / 8) * LATENCY.salesforce
  const reading = Math.max(salesforce, ...listings.map((pages) => pages * LATENCY.read))
  const rows = Math.max(0, ...plan.syncs.map(({ changes }) => [...changes].filter(({ op }) => op !== 'create').length))
  const job = rows === 0 ? 0 : LATENCY.job + Math.min(100, Math.ceil(rows / 30)) * LATENCY.row
  return (reading + LATENCY.read + LATENCY.write + job) / 1000
}
