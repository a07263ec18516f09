import type { Json } from './json.ts'

/** A name as names are compared (AMB-20): trimmed and without case; empty for what is no text. */
export const foldName = (value: Json | undefined): string =>
  typeof value === 'string' ? value.trim().toLowerCase() : ''
