import type { Json } from '../json.ts'

/**
 * The text of an answer, read as it comes and unpacked; undefined as soon as it has more than
 * `most` bytes. Rejects where it breaks off.
 */
export async function boundedText(response: Response, most: number): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > most) return undefined
    parts.push(part)
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

/** Deeper than any answer of any service, and shallow enough for whatever walks through it. */
const DEEPEST = 100

/**
 * Whether what was parsed can be trusted to be the JSON it seems: `1e400` is read as Infinity,
 * which would be written as null.
 */
export function isSound(value: Json, depth = DEEPEST): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((part: Json) => isSound(part, depth - 1))
}
