import { Argument, Option } from '@commander-js/extra-typings'
import { CONFIG, ENV_FILE, outFile, several, whole, type Declaring } from './options.ts'

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
    .option('--field <field>', 'one more organization field: global.account_industry:text', several)
    .option('--column <column>', 'one more column: Account.Industry, or Account.Industry=Energy,Finance', several)
    .option('--instance <name>', 'one more Zendesk, empty and with the fields of the first: emea', several)
    .option('--write-world <file>', 'write the data of the start to a file, for --world')
    .option('--port <number>', 'the first of the ports (default: any that are free)', whole)
    .option('--write-env <file>', 'write the environment that clients need to a file', outFile)
    .addHelpText(
      'after',
      '\nExamples:\n  zds sandbox --accounts 500 --seed 1 --write-env .env.sandbox\n  zds plan --env .env.sandbox      in another terminal\n  zds sandbox --field global.tier:text --column Account.Tier --write-env .env',
    )
    .action(async (options) => {
      const { sandboxCommand } = await import('../commands/sandbox.ts')
      ended(await sandboxCommand(options, signal))
    })

  program
    .command('create')
    .description('write what one begins with here: a configuration, or a plugin; replaces nothing')
    .addArgument(new Argument('<what>', 'what to write').choices(['config', 'plugin'] as const))
    .argument('[name]', 'the name of the plugin')
    .option('--instances <names>', 'Zendesk instances: global,us-gov, or emea=global with the rules of global')
    .addOption(
      new Option('--ci <system>', 'the CI to write a pipeline for').choices(['gitlab', 'github', 'none'] as const),
    )
    .addOption(
      new Option('--kind <kind>', 'what the plugin is').choices(['source', 'processor', 'target', 'observer'] as const),
    )
    .option('--keep', 'leave files that are there as they are, and write the others')
    .addHelpText(
      'after',
      '\nExamples:\n  zds create config\n  zds create config --instances global,emea=global --ci github\n  zds create plugin people-source --kind source',
    )
    .action(async (what, name, options) => {
      const { createCommand } = await import('../commands/create.ts')
      ended(await createCommand(what, name, options, signal))
    })

  program
    .command('ci')
    .description('print a pipeline that plans and applies the configuration')
    .addArgument(new Argument('<system>', 'the CI system').choices(['gitlab', 'github'] as const))
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--children', 'GitLab: start a child pipeline for each instance')
    .addOption(new Option('--instance <name>', 'GitLab: the child pipeline of one instance').conflicts('children'))
    .addHelpText(
      'after',
      '\nExamples:\n  zds ci gitlab > .gitlab-ci.yml\n  mkdir -p .github/workflows && zds ci github > .github/workflows/zds.yml\n  zds ci gitlab --children > .gitlab-ci.yml\n  mkdir -p .gitlab && zds ci gitlab --instance global > .gitlab/zds-global.yml',
    )
    .action(async (system, options) => {
      const { ciCommand } = await import('../commands/ci.ts')
      ended(await ciCommand(system, options))
    })

  program
    .command('completion')
    .description('print what completes commands, options, syncs, runs and stages in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'] as const))
    .option('--name <command>', 'the name by which the shell calls it (default: zds)')
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(zds completion bash)"     in ~/.bashrc\n  eval "$(zds completion zsh)"      in ~/.zshrc, after compinit\n  zds completion fish | source      in ~/.config/fish/config.fish',
    )
    .action(async (shell, options) => {
      const { completionCommand } = await import('../commands/completion.ts')
      ended(completionCommand(shell, options))
    })

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words) => {
      const { completeCommand } = await import('../commands/complete.ts')
      ended(await completeCommand(program, words))
    })
}
