import { Option } from '@commander-js/extra-typings'
import { AS_OF, CONFIG, ENV_FILE, outFile, type Declaring } from './options.ts'

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
        .default('table' as const)
        .conflicts('json'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  zds fields\n  zds fields --format curl\n  zds fields --format terraform > fields.tf',
    )
    .action(async (options) => {
      const { fieldsCommand } = await import('../commands/fields.ts')
      ended(await fieldsCommand(options, signal))
    })

  program
    .command('types')
    .description('write the fields, options, columns and facts that there are, so that the compiler knows them')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--out <file>', 'the file (default: zds.types.d.ts beside the configuration)', outFile)
    .option('--check', 'write nothing, and end with 1 where the file is not as the services are')
    .option('--json', 'print what is new and what is gone, and nothing else, on stdout')
    .addHelpText('after', '\nExamples:\n  zds types && npx tsc\n  zds types --check')
    .action(async (options) => {
      const { typesCommand } = await import('../commands/types.ts')
      ended(await typesCommand(options, signal))
    })

  program
    .command('test')
    .description('hold what comes of given rows against what is expected; asks no service')
    .argument('[files...]', 'files of mappings (default: every *.mapping.yaml and .ts here and below)')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--update', 'write what comes out into the files, where they expect something else')
    .option('--json', 'print what was checked, and nothing else, on stdout')
    .addHelpText('after', '\nExamples:\n  zds test\n  zds test mappings/former-customer.mapping.yaml --update')
    .action(async (files, options) => {
      const { testCommand } = await import('../commands/test.ts')
      ended(await testCommand(files, options, signal))
    })

  program
    .command('record')
    .description('write a file for zds test from what a run has gathered, with names and addresses replaced')
    .argument('<key>', 'a Salesforce id (15 or 18 characters), a Zendesk id, an e-mail address, or the name')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--from <run>', 'the run that has gathered it (its id, or last), or a directory of stages', 'last')
    .option('--sync <name>', 'only this sync')
    .option('--out <file>', 'the file (default: KEY.mapping.yaml)', outFile)
    .addHelpText(
      'after',
      '\nExamples:\n  zds record 001000000000001AAA\n  zds record "Example Ltd" --sync global --out mappings/example.mapping.yaml',
    )
    .action(async (key, options) => {
      const { recordCommand } = await import('../commands/record.ts')
      ended(await recordCommand(key, options, signal))
    })
}
