/** Shares of the existing records that a plan may touch before somebody must approve (SAFE-01). 0.05 is 5 %. */
export type Limits = {
  readonly update?: number
  readonly retire?: number
  /** Below this many existing records, shares say nothing and are not checked. Default 10. */
  readonly floor?: number
}

/** What of a plan goes beyond its limits. */
export type Excess = {
  readonly op: 'update' | 'retire'
  readonly count: number
  readonly existing: number
  readonly limit: number
  readonly message: string
}

const DEFAULTS = { update: 0.3, retire: 0.05, floor: 10 } as const

/** Why this many changes need an approval; empty when they need none. */
export function excesses(counts: { update: number; retire: number; existing: number }, limits: Limits = {}): Excess[] {
  const { existing } = counts
  if (existing < (limits.floor ?? DEFAULTS.floor)) return []
  return (['update', 'retire'] as const).flatMap((op) => {
    const limit = limits[op] ?? DEFAULTS[op]
    const count = counts[op]
    if (count / existing <= limit) return []
    const message = `${count} of ${existing} records would be ${op}d (${percent(count / existing)}), the limit is ${percent(limit)}`
    return [{ op, count, existing, limit, message }]
  })
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`
}
