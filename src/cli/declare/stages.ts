import { Option } from '@commander-js/extra-typings'
import { AS_OF, CONFIG, ENV_FILE, EXIT_CODES, outFile, seconds, type Declaring } from './options.ts'

/** What has to do with single stages, and with whoever runs them. */
export function declareStages({ program, signal, ended }: Declaring): void {
  program
    .command('graph')
    .description('show the stages that the configuration implies')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addOption(new Option('--json', 'print it as one document').conflicts(['mermaid', 'dot']))
    .addOption(new Option('--mermaid', 'print it as a Mermaid flowchart').conflicts('dot'))
    .option('--dot', 'print it for Graphviz')
    .addHelpText(
      'after',
      '\nExamples:\n  zds graph\n  zds graph --json | jq .stages\n  zds graph --dot | dot -Tsvg > graph.svg',
    )
    .action(async (options) => {
      const { graphCommand } = await import('../commands/graph.ts')
      ended(await graphCommand(options, signal))
    })

  program
    .command('stage')
    .description('run one stage as a job of its own, from the artifacts in a directory and into it')
    .argument('<id>', 'a stage of zds graph (gather:accounts, compare:global, apply:global), or plan')
    .requiredOption('--run <directory>', 'where the stages leave their artifacts for one another')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--out <file>', 'plan: save the plan document, for apply:NAME and zds apply', outFile)
    .option('--detailed-exitcode', 'plan: exit with 2 when there are changes')
    .option('--plan <file>', 'apply:NAME: the plan whose part for that sync is carried out')
    .option('--yes', 'apply:NAME: carry out without asking, as with any saved plan; limits still hold')
    .option('--force', 'apply:NAME: pass every limit unseen; marked as such in the journal')
    .option('--approve <digest>', 'apply:NAME: pass the limits with exactly this plan; DIGEST:NAME,… as for zds apply')
    .option('--because <reason>', 'apply:NAME: why it was approved, for the journal')
    .option('--lock-timeout <seconds>', 'apply:NAME: how long to wait for another apply (default: 0)', seconds)
    .option('--json', 'print what the stage came to as one document, and nothing else, on stdout')
    .option('--redact', 'show numbers only; plan --out saves the plan encrypted (ZDS_PLAN_KEY)')
    .option('--all', 'show every change and failure instead of the first of each kind')
    .addHelpText(
      'after',
      `\nExamples:\n  zds stage gather:accounts --run run/\n  zds stage plan --run run/ --out plan.json\n  zds stage apply:global --run run/ --plan plan.json\n${EXIT_CODES}`,
    )
    .action(async (id, options) => {
      const { stageCommand } = await import('../commands/stage.ts')
      ended(await stageCommand(id, options, signal))
    })

  program
    .command('worker')
    .description('lend this process: carry out stages of the runs that others ask for, until it is ended')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addHelpText(
      'after',
      '\nA configuration with an engine (ZDS_ENGINE=dbos in the reference) has its plans\nand applies carried out by workers with the same files and variables. SIGTERM or\nCtrl-C ends one: another goes on with what it had begun.\n\nExamples:\n  zds worker\n  zds worker --env worker.env',
    )
    .action(async (options) => {
      const { workerCommand } = await import('../commands/worker.ts')
      ended(await workerCommand(options, signal))
    })
}
