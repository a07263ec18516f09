import type { Rate } from 'zds'

/** How a made-up service speaks of its limits: numbers, and spans in seconds. */
export function rate(headers: Headers): Rate {
  const number = (name: string): number | undefined => {
    const value = headers.get(name)
    return value === null ? undefined : Number(value)
  }
  const ms = (name: string): number | undefined => {
    const seconds = number(name)
    return seconds === undefined ? undefined : seconds * 1000
  }
  return { left: number('x-left'), limit: number('x-limit'), resetMs: ms('x-reset'), endpointMs: ms('x-endpoint') }
}
