import { afterAll, afterEach, beforeEach, vi } from 'vitest'

/**
 * Tests that share a process load once what they import: what a file or a test sets
 * in the environment ends with it.
 */
const beforeFile = { ...process.env }
let beforeTest = beforeFile

beforeEach(() => {
  beforeTest = { ...process.env }
})
afterEach(() => restore(beforeTest))
afterAll(() => restore(beforeFile))

function restore(before: NodeJS.ProcessEnv): void {
  vi.unstubAllEnvs()
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
}
