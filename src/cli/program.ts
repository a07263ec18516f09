import { Command } from '@commander-js/extra-typings'
import { ownDirectory, ownManifest } from '../core/package.ts'
import { declareAnswers } from './declare/answers.ts'
import { declareBeginning } from './declare/beginning.ts'
import { declareChecks } from './declare/checks.ts'
import { EXIT_CODES, LEVELS, LOG_FORMAT, LOG_LEVEL, type Declaring } from './declare/options.ts'
import { declareRuns } from './declare/runs.ts'
import { declareStages } from './declare/stages.ts'
import { declareState } from './declare/state.ts'
import { escapeControls } from './escapes.ts'
import type { Profile } from './profile.ts'

const EXAMPLES = `
Examples:
  zds sandbox --write-env .env   something to try it on
  zds plan                       see what would change
  zds apply                      see it, agree, and carry it out`

/**
 * Declares the commands, carries out the one that was asked for, and returns the exit code. Each
 * command loads what it needs itself.
 */
export async function runCommand(argv: readonly string[], signal: AbortSignal): Promise<number> {
  let code = 0
  const program = new Command('zds')
    .description(
      'Keeps several Zendesk instances in step with Salesforce: declare it in sync.config.ts, see the plan, apply it.',
    )
    .version(version(), '-V, --version', 'say which zds this is, and where')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(escapeControls(text.replace(/^error: /, 'Error [USAGE] '))),
    })
    .showHelpAfterError('(zds --help and zds <command> --help explain more)')
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)
  const declaring: Declaring = { program, signal, ended: (of) => (code = of) }
  const all = [declareRuns, declareChecks, declareAnswers, declareStages, declareState, declareBeginning]
  for (const declare of all) declare(declaring)
  addLogs(program)
  refuseRepetitions(program)
  const tellProfile = addProfiles(program)
  try {
    await program.parseAsync(argv)
  } finally {
    await tellProfile()
  }
  return code
}

/** The last one would count, without a word. What gathers its values in a list may be repeated. */
function refuseRepetitions(program: Command): void {
  for (const command of program.commands)
    for (const option of command.options.filter(({ required }) => required)) {
      let before: string | undefined
      command.on(`option:${option.name()}`, (value: string) => {
        const gathers = Array.isArray(command.getOptionValue(option.attributeName()))
        if (before !== undefined && !gathers)
          command.error(`error: option '${option.flags}' is given twice: ${before} and ${value}`)
        before = value
      })
    }
}

/** Whatever works with a configuration can tell what it does as JSON lines. */
function addLogs(program: Command): void {
  for (const command of program.commands)
    if (command.options.some(({ long }) => long === '--config')) command.addOption(LOG_FORMAT()).addOption(LOG_LEVEL())
  program.hook('preAction', async (_, command) => {
    const json = command.getOptionValue('logFormat') === 'json'
    if (!json && command.getOptionValueSource('logLevel') === 'cli')
      command.error("error: option '--log-level <level>' means nothing without --log-format json")
    if (!json) return
    const { startJsonLog } = await import('./log/json-log.ts')
    await startJsonLog(LEVELS.find((level) => level === command.getOptionValue('logLevel')) ?? 'info')
  })
}

/** What says where the time went, once the command has ended, where that was asked for. */
function addProfiles(program: Command): () => Promise<void> {
  let ended: (() => Profile) | undefined
  program.hook('preAction', async (_, command) => {
    if (command.getOptionValue('profile') === true) ended = (await import('./profile.ts')).startProfile()
  })
  return async () => {
    if (ended === undefined) return
    const [{ profileLines }, { tell }] = await Promise.all([import('./render/profile.ts'), import('./output.ts')])
    tell(profileLines(ended()))
  }
}

/** Which zds this is, and where: there may be one of a project and one for all. */
const version = (): string =>
  `zds ${ownManifest().version} (${ownDirectory()}) on Node ${process.versions.node} (${process.execPath})`
