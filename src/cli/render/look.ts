import type { Paint } from './paint.ts'

/** How something is shown: columns to fit in, colours, and everything instead of the beginning. */
export type Look = { readonly columns: number; readonly paint: Paint; readonly all: boolean }
