/** Opens once as many have passed it as it was made for. */
export interface Gate {
  pass(): void
  /** Rejects with the signal's reason when it aborts meanwhile. */
  wait(signal: AbortSignal): Promise<void>
}

export function gate(count: number): Gate {
  const opened = Promise.withResolvers<void>()
  let left = count
  const openWhenPassed = (): void => {
    if (left <= 0) opened.resolve()
  }
  openWhenPassed()
  return {
    pass: () => {
      left -= 1
      openWhenPassed()
    },
    wait: async (signal) => {
      signal.throwIfAborted()
      const aborted = Promise.withResolvers<never>()
      const leave = (): void => aborted.reject(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      await Promise.race([opened.promise, aborted.promise]).finally(() => signal.removeEventListener('abort', leave))
    },
  }
}
