import type { Desired } from 'zds'

/** Why an organization is left whose id may be that of an account, but for its case (SAFE-10). */
export const CASE_LOST = {
  'id-case-lost': 'its id is that of an account in another case, as some tools leave it',
} as const

/**
 * Whether the letters of an id are all of one case and may have been of both: of 15 characters
 * nothing says what they were; the last three of 18 do.
 */
export const mayHaveLostCase = (id: string): boolean => /^(?:[a-z\d]{15}|[A-Z\d]{15})$/.test(id.trim())

/**
 * Watches for accounts whose ids are those of `caseless` in another case: which account such an
 * organization belongs to nobody knows, so nobody says that it is gone.
 */
export function caseLost(caseless: readonly string[]): { see(id: string): void; skips(): Generator<Desired> } {
  const lower = (id: string): string => id.slice(0, 15).toLowerCase()
  const keys = Map.groupBy(caseless, lower)
  const alike = new Set<string>()
  const found = new Set<string>()
  return {
    see: (id) => {
      const like = keys.size === 0 ? [] : (keys.get(lower(id)) ?? [])
      for (const key of like) (key === id ? found : alike).add(key)
    },
    *skips() {
      for (const key of alike.difference(found)) yield { kind: 'skip', key, reason: 'id-case-lost' }
    },
  }
}
