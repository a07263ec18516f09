import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** What fetch tells right before it writes a request to its connection. */
type Sending = { readonly request: { readonly origin: unknown; readonly method: string }; readonly socket: Socket }

/**
 * Holds each request that may change something at one of these addresses back until its bytes are
 * whole, and lets them go only if `assert` does not throw: a process may have been stopped anywhere
 * between deciding to send and sending. The function that is returned ends this.
 */
export function lastLook(addresses: readonly string[], assert: () => void): () => void {
  const origins = new Set(addresses.flatMap((address) => (URL.canParse(address) ? [new URL(address).origin] : [])))
  const look = (message: unknown): void => {
    const { request, socket } = message as Sending // as undici documents the channel
    if (request.method === 'GET' || !origins.has(String(request.origin))) return
    socket.cork()
    setImmediate(() => {
      try {
        assert()
        socket.uncork()
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }
  subscribe('undici:client:sendHeaders', look)
  return () => void unsubscribe('undici:client:sendHeaders', look)
}
