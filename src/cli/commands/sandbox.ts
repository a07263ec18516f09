import { messageOf, ZdsError } from '../../core/errors.ts'
import { sandboxCommand as run, type SandboxCommandOptions } from '../../sandbox/command.ts'
import { print } from '../output.ts'

/**
 * `zds sandbox`: runs until the signal aborts. The sandbox throws plain errors that say what to
 * correct: it knows nothing of zds.
 */
export async function sandboxCommand(options: SandboxCommandOptions, signal: AbortSignal): Promise<number> {
  try {
    await run(options, { out: (line) => print([line]), signal })
    return 0
  } catch (cause) {
    throw new ZdsError('USAGE', messageOf(cause), { cause })
  }
}
