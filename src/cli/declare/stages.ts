import { CONFIG, ENV_FILE, type Declaring } from './options.ts'

/** What has to do with single stages, and with whoever runs them. */
export function declareStages({ program, signal, ended }: Declaring): void {
  program
    .command('graph')
    .description('show the stages that the configuration implies')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--json', 'print the graph as JSON')
    .addHelpText('after', '\nExamples:\n  zds graph\n  zds graph --json')
    .action(async (options) => {
      const { graphCommand } = await import('../commands/graph.ts')
      ended(await graphCommand(options, signal))
    })
}
