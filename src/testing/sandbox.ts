import type { Sandbox, SandboxOptions } from '../sandbox/index.ts'

/**
 * A sandbox for the time of some work, closed however that ends. Without options it has a generated
 * world.
 */
export async function withSandbox<Result>(
  options: SandboxOptions,
  work: (sandbox: Sandbox) => Promise<Result>,
): Promise<Result> {
  // Who tests without it needs none of its libraries.
  const { startSandbox } = await import('../sandbox/index.ts')
  const sandbox = await startSandbox(options)
  try {
    return await work(sandbox)
  } finally {
    await sandbox.close()
  }
}
