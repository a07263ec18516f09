/** Lines of one shape are told to a log at most this often. */
const TELL_EVERY_MS = 30_000

/** A message without its numbers: what two lines about the same thing share. */
const shapeOf = (message: string): string => message.replaceAll(/\d[\d.,]*/g, '#')

/** Whether a message only says how far something is: `global: 100 of about 461 organizations`. */
export const counts = (message: string): boolean => /# of (about )?# /.test(shapeOf(message))

/**
 * Which messages are worth a line of a log. What only counts is due when the work has taken a while
 * and then now and then, anything else at once, and its repetitions now and then.
 */
export function dueNow(now: () => number): (message: string) => boolean {
  const began = now()
  const told = new Map<string, number>()
  return (message) => {
    const shape = shapeOf(message)
    const last = told.get(shape) ?? (counts(message) ? began : Number.NEGATIVE_INFINITY)
    if (now() - last < TELL_EVERY_MS) return false
    told.set(shape, now())
    return true
  }
}

/**
 * Remembers what went by on a terminal and is worth knowing afterwards: everything that does not
 * only count, each shape once.
 */
export function notebook(): { readonly note: (message: string) => void; readonly lines: () => string[] } {
  const seen = new Map<string, { readonly message: string; readonly times: number }>()
  return {
    note: (message) => {
      if (counts(message)) return
      const shape = shapeOf(message)
      seen.set(shape, { message, times: (seen.get(shape)?.times ?? 0) + 1 })
    },
    lines: () =>
      [...seen.values()].map(({ message, times }) => (times === 1 ? message : `${message} (${times} times)`)),
  }
}
