import { createHmac } from 'node:crypto'
import { conceal } from 'zds'
import type { Event } from './events.ts'

/**
 * The headers of a signed event, as Standard Webhooks has them: an HMAC-SHA256 over its id, its
 * moment in seconds and its body.
 */
export function signatureHeaders(
  { id, timestamp }: Event,
  body: string,
  secret: string,
): { readonly [name: string]: string } {
  const seconds = String(Math.floor(Date.parse(timestamp) / 1000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  }
}

function keyOf(secret: string): Buffer {
  conceal(secret)
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
}
