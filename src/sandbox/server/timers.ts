/** Work for later that does not outlive its server. */
export type Timers = { later(ms: number, run: () => void): void; readonly close: () => void }

export function createTimers(): Timers {
  const timers = new Set<NodeJS.Timeout>()
  return {
    later: (ms, run) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms)
      timers.add(timer)
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
