import { CONFIG, ENV_FILE, age, type Declaring } from './options.ts'

/** What has to do with what outlives a run. */
export function declareState({ program, signal, ended }: Declaring): void {
  program
    .command('status')
    .description('show the last runs, one that stopped before it was done, locks, and how much is kept')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addHelpText('after', '\nExamples:\n  zds status')
    .action(async (options) => {
      const { statusCommand } = await import('../commands/status.ts')
      ended(await statusCommand(options, signal))
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
      const { unlockCommand } = await import('../commands/unlock.ts')
      ended(await unlockCommand(instance, options, signal))
    })

  program
    .command('prune')
    .description('forget old runs: plans, outcomes, artifacts, and what killed runs left behind')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--keep <age>', 'how old what stays may be, as 14d or 36h (default: what the configuration keeps)', age)
    .addHelpText('after', '\nExamples:\n  zds prune --keep 14d')
    .action(async (options) => {
      const { pruneCommand } = await import('../commands/prune.ts')
      ended(await pruneCommand(options, signal))
    })
}
