import { Option } from '@commander-js/extra-typings'
import { AS_OF, CONFIG, ENV_FILE, type Declaring } from './options.ts'

/** What says whether a run could go well, and changes nothing. */
export function declareChecks({ program, signal, ended }: Declaring): void {
  program
    .command('validate')
    .description('check the configuration and its files; asks no service, needs no variable')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--json', 'print the findings, and nothing else, on stdout')
    .addHelpText('after', `\nExamples:\n  zds validate\n  zds validate --json | jq '.findings[].message'`)
    .action(async (options) => {
      const { validateCommand } = await import('../commands/validate.ts')
      ended(await validateCommand(options, signal))
    })

  program
    .command('doctor')
    .description('look at every service: sign-in, rights, fields, columns, limits, clocks')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--json', 'print the findings, and nothing else, on stdout')
    .addHelpText(
      'after',
      `\nExamples:\n  zds doctor\n  zds doctor --json | jq '.findings[] | select(.level == "error")'`,
    )
    .action(async (options) => {
      const { doctorCommand } = await import('../commands/doctor.ts')
      ended(await doctorCommand(options, signal))
    })

  program
    .command('fields')
    .description('show the fields and options that instances lack, and how to make them')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--json', 'print what is missing, and nothing else, on stdout')
    .addOption(
      new Option('--format <format>', 'the form')
        .choices(['table', 'curl', 'terraform'] as const)
        .default('table' as const),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  zds fields\n  zds fields --format curl\n  zds fields --format terraform > fields.tf',
    )
    .action(async (options) => {
      const { fieldsCommand } = await import('../commands/fields.ts')
      ended(await fieldsCommand(options, signal))
    })
}
