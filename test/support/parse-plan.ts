import type { Plan } from 'zds'
import { planReader } from '../../src/core/plan/schema.ts'

/** The plan in a text that comes in pieces of `size` characters. */
export function parsePlan(text: string, file: string, size = 7): Plan {
  const reader = planReader(file)
  for (let at = 0; at < text.length; at += size) reader.add(text.slice(at, at + size))
  return reader.plan()
}
