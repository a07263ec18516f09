import { Option } from '@commander-js/extra-typings'
import { CONFIG, ENV_FILE, type Declaring } from './options.ts'

/** What answers a question of a plan or of a run, and changes nothing. */
export function declareAnswers({ program, signal, ended }: Declaring): void {
  program
    .command('show')
    .description('show a saved plan')
    .argument('<file>', 'a plan saved by zds plan --out')
    .option(...ENV_FILE)
    .option('--all', 'show every change instead of the first of each kind')
    .addHelpText('after', '\nExamples:\n  zds show plan.json\n  zds show plan.json --all')
    .action(async (file, options) => {
      const { showCommand } = await import('../commands/show.ts')
      ended(await showCommand(file, options))
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
      const { outcomesCommand } = await import('../commands/outcomes.ts')
      ended(await outcomesCommand(run, options, signal))
    })
}
