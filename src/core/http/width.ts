/** Never fewer at a time because answers are slow. */
const LEAST = 4
/** An answer that takes so many times as long as the quickest of its lane waits over there. */
const STRAINED = 4
/** Answers that the strain is the mean of, about. */
const LOOKED_AT = 8
/** Ends of one window may be told so far apart, being rounded. */
const ROUNDED_MS = 2_000

/** How many requests may be open at a time: what the service bears, within what is left of its window. */
export interface Width {
  at(): number
  /** Takes note of how long an answer took, in milliseconds. */
  took(ms: number, lane: string): void
  /** Takes note that so many more may be sent until then, in milliseconds since 1970. */
  left(spare: number, ends: number): void
}

/**
 * At most `most`. Fewer, one less with each answer, while answers are strained: more would only wait
 * over there. Never more than half of what is left of a window: those under way may not be counted
 * yet, and what is left can be spent to the last one without one too many.
 */
export function width(most: number): Width {
  const quickest = new Map<string, number>()
  let bears = most
  let strain = 1
  let window = { ends: 0, spare: Infinity }
  return {
    at: () => Math.max(1, Math.min(bears, Math.floor(window.spare / 2))),
    took: (ms, lane) => {
      const quick = Math.min(quickest.get(lane) ?? Infinity, Math.max(1, ms))
      quickest.set(lane, quick)
      strain += (ms / quick - strain) / LOOKED_AT
      bears = Math.max(Math.min(LEAST, most), Math.min(most, strain > STRAINED ? bears - 1 : bears + 1))
    },
    left: (spare, ends) => {
      const same = ends <= window.ends + ROUNDED_MS
      window = same ? { ...window, spare: Math.min(window.spare, spare) } : { ends, spare }
    },
  }
}
