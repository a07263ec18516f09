import { whole, type Declaring } from './options.ts'

/** What one begins with. */
export function declareBeginning({ program, signal, ended }: Declaring): void {
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
      const { sandboxCommand } = await import('../commands/sandbox.ts')
      ended(await sandboxCommand(options, signal))
    })
}
