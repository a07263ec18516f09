import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { ownDirectory, ownManifest } from '../core/package.ts'
import { EXIT_CODES as CODES } from './exit-codes.ts'

const EXIT_CODES = `
Exit codes:
${CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`

const EXAMPLES = `
Examples:
  zds sandbox --write-env .env   something to try it on
  zds plan                       see what would change
  zds apply                      see it, agree, and carry it out`

const CONFIG = ['--config <file>', 'the configuration (default: the nearest sync.config.ts)'] as const
const ENV_FILE = ['--env <file>', 'read variables from a file; the environment wins'] as const
const AS_OF = ['--as-of <date>', 'the date that the rules see, YYYY-MM-DD (default: today, UTC)'] as const

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
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'Error [USAGE] ')) })
    .showHelpAfterError('(zds --help and zds <command> --help explain more)')
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)

  program
    .command('plan')
    .description('show what an apply would do; changes nothing')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--json', 'print the plan document, and nothing else, on stdout')
    .option('--out <file>', 'also save the plan document, for zds apply FILE')
    .option('--redact', 'show numbers only, no data of any record; --out saves the plan encrypted (ZDS_PLAN_KEY)')
    .option('--failed-from <run>', 'plan only what a run did not get done: its id (zds status), or last')
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .option('--all', 'show every change instead of the first of each kind')
    .addHelpText(
      'after',
      `\nExamples:\n  zds plan\n  zds plan --out plan.json --detailed-exitcode\n  zds plan --redact --out plan.sealed\n  zds plan --json | jq '.syncs[].changes[].key'\n${EXIT_CODES}`,
    )
    .action(async (options) => {
      const { planCommand } = await import('./commands/plan.ts')
      code = await planCommand(options, signal)
    })

  program
    .command('apply')
    .description('carry out a saved plan, or plan now and carry that out')
    .argument('[file]', 'a plan saved by zds plan --out')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--yes', 'carry out without asking; limits still hold')
    .option('--force', 'pass every limit unseen; marked as such in the journal')
    .option('--approve <digest>', 'pass the limits with exactly this plan; DIGEST:NAME,… only those that are named')
    .option('--because <reason>', 'why it was approved, for the journal')
    .option('--new', 'start afresh instead of going on with a run that stopped')
    .option('--resume', 'go on with a run that stopped, and do nothing else')
    .option('--lock-timeout <seconds>', 'how long to wait for another apply (default: 0)', whole)
    .option('--json', 'print the report, and nothing else, on stdout')
    .option('--redact', 'show numbers only, no data of any record')
    .option('--all', 'show every change and failure instead of the first of each kind')
    .addHelpText(
      'after',
      `\nExamples:\n  zds apply                 plan, ask, apply\n  zds apply --yes           in CI, within the limits\n  zds apply plan.json       exactly what was saved and looked at\n${EXIT_CODES}`,
    )
    .action(async (file, options) => {
      const { applyCommand } = await import('./commands/apply.ts')
      code = await applyCommand(file, options, signal)
    })

  program
    .command('show')
    .description('show a saved plan')
    .argument('<file>', 'a plan saved by zds plan --out')
    .option(...ENV_FILE)
    .option('--all', 'show every change instead of the first of each kind')
    .addHelpText('after', '\nExamples:\n  zds show plan.json\n  zds show plan.json --all')
    .action(async (file, options) => {
      const { showCommand } = await import('./commands/show.ts')
      code = await showCommand(file, options)
    })

  program
    .command('status')
    .description('show the last runs, one that stopped before it was done, locks, and how much is kept')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addHelpText('after', '\nExamples:\n  zds status')
    .action(async (options) => {
      const { statusCommand } = await import('./commands/status.ts')
      code = await statusCommand(options, signal)
    })

  program
    .command('outcomes')
    .description('export what became of each change of a run')
    .argument('<run>', 'the id of a run (zds status), or last')
    .addOption(
      new Option('--format <format>', 'the form of the export')
        .choices(['ndjson', 'csv'] as const)
        .default('ndjson' as const),
    )
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addHelpText('after', '\nExamples:\n  zds outcomes last\n  zds outcomes last --format csv > outcomes.csv')
    .action(async (run, options) => {
      const { outcomesCommand } = await import('./commands/outcomes.ts')
      code = await outcomesCommand(run, options, signal)
    })

  program
    .command('undo')
    .description('make a plan that sets back what a run changed; changes nothing itself')
    .argument('<run>', 'the id of a run (zds status), or last')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--out <file>', 'where to save the plan (default: below .zds)')
    .option('--json', 'print the plan document, and nothing else, on stdout')
    .option('--all', 'show every change instead of the first of each kind')
    .addHelpText('after', '\nExamples:\n  zds undo last --out undo.json\n  zds apply undo.json')
    .action(async (run, options) => {
      const { undoCommand } = await import('./commands/undo.ts')
      code = await undoCommand(run, options, signal)
    })

  program
    .command('unlock')
    .description('take a lock away from a run that is known to be dead')
    .argument('[instance]', 'the instance (default: all)')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--force', 'also from a run that lives, as far as can be seen')
    .addHelpText('after', '\nExamples:\n  zds unlock global')
    .action(async (instance, options) => {
      const { unlockCommand } = await import('./commands/unlock.ts')
      code = await unlockCommand(instance, options, signal)
    })

  program
    .command('prune')
    .description('forget old runs: plans, outcomes, artifacts, and what killed runs left behind')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--keep <age>', 'how old what stays may be, as 14d or 36h (default: what the configuration keeps)', age)
    .addHelpText('after', '\nExamples:\n  zds prune --keep 14d')
    .action(async (options) => {
      const { pruneCommand } = await import('./commands/prune.ts')
      code = await pruneCommand(options, signal)
    })

  program
    .command('graph')
    .description('show the stages that the configuration implies')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--json', 'print the graph as JSON')
    .addHelpText('after', '\nExamples:\n  zds graph\n  zds graph --json')
    .action(async (options) => {
      const { graphCommand } = await import('./commands/graph.ts')
      code = await graphCommand(options)
    })

  program
    .command('sandbox')
    .description('run a local Salesforce, two Zendesk instances and Slack, to try a configuration on')
    .option('--accounts <number>', 'how many accounts to make up (default: 500)', whole)
    .option('--seed <number>', 'another number, other data (default: 1)', whole)
    .option('--as-of <date>', 'the date of the data, YYYY-MM-DD (default: today)')
    .option('--world <file>', 'data from a file instead (docs/sandbox.md)')
    .option('--faults <file>', 'what shall go wrong, from a file (docs/sandbox.md)')
    .option('--port <number>', 'the first of the ports (default: any that are free)', whole)
    .option('--write-env <file>', 'write the environment that clients need to a file')
    .addHelpText(
      'after',
      '\nExamples:\n  zds sandbox --accounts 500 --seed 1 --write-env .env.sandbox\n  zds plan --env .env.sandbox      in another terminal',
    )
    .action(async (options) => {
      const { sandboxCommand } = await import('./commands/sandbox.ts')
      code = await sandboxCommand(options, signal)
    })

  await program.parseAsync(argv)
  return code
}

/** Which zds this is, and where: there may be one of a project and one for all. */
const version = (): string =>
  `zds ${ownManifest().version} (${ownDirectory()}) on Node ${process.versions.node} (${process.execPath})`

/** Milliseconds of an age like `14d` or `36h`. */
function age(text: string): number {
  const [, count, unit] = /^(\d+)([dh])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be days or hours, like 14d or 36h.')
  return Number(count) * (unit === 'd' ? 24 : 1) * 3_600_000
}

/** A whole number of the command line. */
function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
