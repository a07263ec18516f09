import { Console } from 'node:console'
import { writeSync } from 'node:fs'
import { CommanderError } from '@commander-js/extra-typings'
import { ZdsError } from '../core/errors.ts'
import { runCommand } from './program.ts'

/** While a configuration is loaded, the process has another one. */
const exit = process.exit.bind(process)

/**
 * Runs the command line and ends the process: whatever a configuration or a plugin left running, a
 * timer or a connection, keeps nothing alive.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = interruptions()
  // stdout is what was asked for, a document mostly: what a configuration or a plugin says is beside it.
  globalThis.console = new Console(process.stderr)
  // A plugin that throws where nobody waits: told like any other fault, without what Node would
  // print of the error's contents.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => void explainLoose(thrown).finally(() => exit(1)))
  }
  outlive(process.stdout, 'stdout', interruption)
  outlive(process.stderr, 'stderr', interruption)
  process.on('exit', tellEnded)
  try {
    endWith(await runCommand(argv, interruption.signal))
  } catch (error) {
    endWith(error instanceof CommanderError ? Math.min(1, error.exitCode) : await explained(error))
  }
  for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done))
  process.off('exit', tellEnded)
  // What could not be written is told in a turn of its own.
  setImmediate(() => exit())
}

/** What ends the process in the midst of a command, and calls it well, is a plugin: that is no success. */
function tellEnded(code: number): void {
  if (code !== 0) return
  process.exitCode = 1
  // Nothing is heard any more that takes a turn.
  writeSync(
    process.stderr.fd,
    'Error [CONFIG_BROKEN] A plugin, or the configuration, ended the process (process.exit), and the command with it\n' +
      '  Take that out. What an apply has done is kept: zds status tells of it, and zds apply goes on.\n',
  )
}

/** The exit code, unless output was lost before: that stays. */
function endWith(code: number): void {
  process.exitCode ||= code
}

/** Tells what went wrong, by code that most runs never load, and returns the exit code. */
async function explained(error: unknown): Promise<number> {
  const { packageMissing } = await import('../core/package.ts')
  const { explainFailure } = await import('./render/failure.ts')
  return explainFailure(packageMissing(error) ?? error)
}

/** What is thrown where nobody waits is told as a fault of the configuration where it is one. */
async function explainLoose(thrown: unknown): Promise<void> {
  const { brokenBy } = await import('../core/config/import.ts')
  await explained(brokenBy(thrown) ?? thrown)
}

/**
 * Whoever reads the output may stop (`| head`): that is no failure, and no reason to leave an apply
 * half done. Output that is lost, as to a full disk, stops the run as a signal does.
 */
function outlive(stream: NodeJS.WriteStream, name: string, interruption: AbortController): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    endWith(1)
    if (interruption.signal.aborted) return
    const lost = interrupted(`${name} cannot be written (${error.code ?? 'unknown'})`)
    interruption.abort(lost)
    // Whatever was under way tells of it; there may be nothing any more.
    if (name === 'stdout') void explained(lost)
  })
}

/** Whoever passes a signal on to all processes, and on through npm, sends it more than once. */
const ONE_SIGNAL_MS = 1_000

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP: what is under way ends between two requests, with
 * its journal whole, however often a system sends it. A person who presses Ctrl+C once more does not
 * want to wait: that ends the process at once.
 */
function interruptions(): AbortController {
  const controller = new AbortController()
  let since = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // The listener stays: where it is the last one to go, libraries that restore the cursor end the
    // process themselves.
    process.on(name, () => {
      if (!controller.signal.aborted) since = performance.now()
      else if (name === 'SIGINT' && performance.now() - since > ONE_SIGNAL_MS) exit(130)
      controller.abort(interrupted(`Stopped by ${name}`))
    })
  }
  return controller
}

const interrupted = (message: string): ZdsError =>
  new ZdsError('INTERRUPTED', message, { hint: 'Run the same command again: it starts from what is there then.' })
