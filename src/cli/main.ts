import { CommanderError } from '@commander-js/extra-typings'
import { ZdsError } from '../core/errors.ts'
import { runCommand } from './program.ts'

/** Runs the command line and leaves the exit code in `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = interruptions()
  // A plugin that throws where nobody waits: told like any other fault, without what Node would
  // print of the error's contents.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => void explained(thrown).finally(() => process.exit(1)))
  }
  outlive(process.stdout)
  outlive(process.stderr)
  try {
    process.exitCode = await runCommand(argv, interruption)
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1
    else process.exitCode = await explained(error)
  }
}

/** Tells what went wrong, by code that most runs never load, and returns the exit code. */
async function explained(error: unknown): Promise<number> {
  const { packageMissing } = await import('../core/package.ts')
  const { explainFailure } = await import('./render/failure.ts')
  return explainFailure(packageMissing(error) ?? error)
}

/**
 * Whoever reads the output may stop (`| head`): that is no failure, and no reason to leave an apply
 * half done.
 */
function outlive(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
function interruptions(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // The listener stays: where it is the last one to go, libraries that restore the cursor end the
    // process themselves.
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(
        new ZdsError('INTERRUPTED', `Stopped by ${name}`, {
          hint: 'Run the same command again: it starts from what is there then.',
        }),
      )
    })
  }
  return controller.signal
}
