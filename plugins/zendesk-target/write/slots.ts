/** A number of places, taken and given back; who finds none free waits for one. */
export interface Slots {
  /** Rejects with the signal's reason when it aborts meanwhile. */
  take(signal: AbortSignal): Promise<void>
  give(): void
}

export function slots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  return {
    take: async (signal) => {
      signal.throwIfAborted()
      if (free > 0) {
        free -= 1
        return
      }
      await new Promise<void>((resolve, reject) => {
        const place = (): void => {
          signal.removeEventListener('abort', leave)
          resolve()
        }
        const leave = (): void => {
          waiting.delete(place)
          reject(signal.reason)
        }
        waiting.add(place)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    give: () => {
      const [next] = waiting
      if (next === undefined) free += 1
      else {
        waiting.delete(next)
        next()
      }
    },
  }
}

/**
 * One holder's share of `places`: at most one place, so taking it again, or giving back what was
 * not taken, changes nothing.
 */
export function hold(places: Slots): Slots {
  let taken = false
  return {
    take: async (signal) => {
      if (!taken) await places.take(signal)
      taken = true
    },
    give: () => {
      if (taken) places.give()
      taken = false
    },
  }
}
