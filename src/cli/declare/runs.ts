import { AS_OF, CONFIG, ENV_FILE, EXIT_CODES, FROM, PROFILE, outFile, seconds, type Declaring } from './options.ts'
import { FIELD, KEY, OP, RETIRE, SYNC } from './part.ts'

/** What changes a service, or says what would change. */
export function declareRuns({ program, signal, ended }: Declaring): void {
  program
    .command('plan')
    .description('show what an apply would do; changes nothing')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--json', 'print the plan document, and nothing else, on stdout')
    .option('--out <file>', 'also save the plan document, for zds apply FILE', outFile)
    .option('--redact', 'show numbers only, no data of any record; --out saves the plan encrypted (ZDS_PLAN_KEY)')
    .option('--failed-from <run>', 'plan only what a run did not get done: its id (zds status), or last')
    .option(...FROM)
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .option('--all', 'also show every change with every field')
    .option(...PROFILE)
    .addOption(KEY())
    .addOption(SYNC())
    .addOption(FIELD())
    .addOption(OP())
    .option(...RETIRE)
    .addHelpText(
      'after',
      `\nExamples:\n  zds plan\n  zds plan --out plan.json --detailed-exitcode\n  zds plan --redact --out plan.sealed\n  zds plan --from last      without any request, from what was gathered last\n  zds plan --json | jq '.syncs[].changes[].key'\n${EXIT_CODES}`,
    )
    .action(async (options) => {
      const { planCommand } = await import('../commands/plan.ts')
      ended(await planCommand(options, signal))
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
    .option('--lock-timeout <seconds>', 'how long to wait for another apply (default: 0)', seconds)
    .option('--json', 'print the report, and nothing else, on stdout')
    .option('--redact', 'show numbers only, no data of any record')
    .option('--all', 'also show every change with every field, and every failure')
    .option(...PROFILE)
    .addHelpText(
      'after',
      `\nExamples:\n  zds apply                 plan, ask, apply\n  zds apply --yes           in CI, within the limits\n  zds apply plan.json       exactly what was saved and looked at\n${EXIT_CODES}`,
    )
    .action(async (file, options) => {
      const { applyCommand } = await import('../commands/apply.ts')
      ended(await applyCommand(file, options, signal))
    })

  program
    .command('undo')
    .description('make a plan that sets back what a run changed; changes nothing itself')
    .argument('<run>', 'the id of a run (zds status), or last')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--out <file>', 'where to save the plan (default: below .zds)', outFile)
    .option('--json', 'print the plan document, and nothing else, on stdout')
    .option('--all', 'also show every change with every field')
    .addHelpText('after', '\nExamples:\n  zds undo last --out undo.json\n  zds apply undo.json')
    .action(async (run, options) => {
      const { undoCommand } = await import('../commands/undo.ts')
      ended(await undoCommand(run, options, signal))
    })
}
