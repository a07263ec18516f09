import { Option } from '@commander-js/extra-typings'
import { AS_OF, CONFIG, ENV_FILE, EXIT_CODES, FROM, age, outFile, type Declaring } from './options.ts'
import { FIELD, KEY, OP, RETIRE, SYNC } from './part.ts'

/** What answers a question of a plan or of a run, and changes nothing. */
export function declareAnswers({ program, signal, ended }: Declaring): void {
  program
    .command('show')
    .description('show a saved plan, or what a run planned and what became of it')
    .argument('<file|run>', 'a plan saved by zds plan --out, the id of a run (zds status), or last')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--all', 'also show every change with every field')
    .addOption(KEY())
    .addOption(SYNC())
    .addOption(FIELD())
    .addOption(OP())
    .option(...RETIRE)
    .addOption(
      new Option('--format <format>', 'the form in which it is shown')
        .choices(['text', 'md', 'html', 'csv', 'ndjson', 'json'] as const)
        .default('text' as const)
        .conflicts('json'),
    )
    .option('--json', 'print the plan document, and nothing else, on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  zds show plan.json\n  zds show plan.json --key 001000000043kk9AAA\n  zds show plan.json --sync us-gov --field account_owner\n  zds show plan.json --retire --format csv > retired.csv\n  zds show plan.json --all\n  zds show last',
    )
    .action(async (asked, options) => {
      const { showCommand } = await import('../commands/show.ts')
      ended(await showCommand(asked, options, signal))
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

  program
    .command('report')
    .description('write a plan, or a run and what became of it, as a page, for a merge request, or for CI')
    .argument('[run|plan]', 'the id of a run (zds status), last, or a plan saved by zds plan --out', 'last')
    .option('--html <file>', 'one page that needs nothing else: tables, charts, every change', outFile)
    .option('--markdown <file>', 'for a comment of a merge request: at most 65,535 characters', outFile)
    .option('--junit <file>', 'test results: limits, and the changes that were attempted', outFile)
    .option('--gitlab <dir>', 'a file a sync for the reports:terraform of GitLab')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .addHelpText(
      'after',
      '\nWhat an instance keeps to itself (confined: true) is in files of its own, like\npage.us-gov.html.\n\nExamples:\n  zds report --html page.html\n  zds report plan.json --markdown comment.md --gitlab reports/',
    )
    .action(async (asked, options) => {
      const { reportCommand } = await import('../commands/report.ts')
      ended(await reportCommand(asked, options, signal))
    })

  program
    .command('log')
    .description('show the history: plans, applies, refusals and failures')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--since <age>', 'not what is older, as 7d or 36h', age)
    .option('--failed', 'only what was refused, failed, stopped or left undone')
    .option('--key <key>', 'only what concerns a record: its key, its id there, or its name')
    .option('--json', 'print the history, and nothing else, on stdout')
    .addHelpText('after', '\nExamples:\n  zds log --since 7d\n  zds log --failed\n  zds log --key 001000000000001AAA')
    .action(async (options) => {
      const { logCommand } = await import('../commands/log.ts')
      ended(await logCommand(options, signal))
    })

  program
    .command('impact')
    .description('show what a change of the configuration or its files would cause; changes nothing')
    .requiredOption('--base <ref>', 'what it is held against: a git reference, or a configuration file')
    .option('--from <run>', 'make no request: read what a run (its id, or last) or a directory of stages has gathered')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .addOption(new Option('--json', 'print it as one document').conflicts('markdown'))
    .option('--markdown', 'print it for a comment of a merge request')
    .option('--all', 'show every record instead of the first of each field')
    .option('--detailed-exitcode', 'exit with 2 when something would change')
    .addHelpText(
      'after',
      `\nExamples:\n  zds impact --base main\n  zds impact --base origin/main --from last --markdown\n${EXIT_CODES}`,
    )
    .action(async (options) => {
      const { impactCommand } = await import('../commands/impact.ts')
      ended(await impactCommand(options, signal))
    })

  program
    .command('diff')
    .description('show what differs between two saved plans')
    .argument('<before>', 'a plan saved by zds plan --out')
    .argument('<after>', 'another one')
    .option(...ENV_FILE)
    .option('--json', 'print the differences as one document')
    .option('--all', 'show every difference instead of the first')
    .option('--detailed-exitcode', 'exit with 2 when the plans differ')
    .addHelpText(
      'after',
      '\nExamples:\n  zds diff plan-before.json plan-after.json\n  zds diff plan-before.json plan-after.json --json',
    )
    .action(async (before, after, options) => {
      const { diffCommand } = await import('../commands/diff.ts')
      ended(await diffCommand(before, after, options))
    })

  program
    .command('explain')
    .description('say why a record is as it is: rules, charges, overrides, and what becomes of it')
    .argument('<key>', 'a Salesforce id (15 or 18 characters), a Zendesk id, an e-mail address, or the name')
    .argument('[field]', 'only this field')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--sync <name>', 'only this sync')
    .option(...FROM)
    .option('--json', 'print the explanation as JSON, and nothing else, on stdout')
    .option('--all', 'show every rule, row and field')
    .addHelpText(
      'after',
      '\nExamples:\n  zds explain 001000000000001AAA\n  zds explain 001000000000001AAA support_level --from last\n  zds explain "Example Ltd" --as-of 2026-12-31',
    )
    .action(async (key, field, options) => {
      const { explainCommand } = await import('../commands/explain.ts')
      ended(await explainCommand(key, field, options, signal))
    })

  program
    .command('forecast')
    .description('say what time alone will change: who expires, loses or gains a level, reaches retention')
    .requiredOption('--until <date>', 'the last day to look at, YYYY-MM-DD')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option(...AS_OF)
    .option('--sync <name>', 'only this sync')
    .option('--field <name>', 'only this field')
    .option(...FROM)
    .option('--json', 'print the forecast as JSON, and nothing else, on stdout')
    .option('--all', 'show every record instead of the first of each day')
    .addHelpText(
      'after',
      '\nExamples:\n  zds forecast --until 2026-12-31\n  zds forecast --until 2026-12-31 --field support_level --from last',
    )
    .action(async (options) => {
      const { forecastCommand } = await import('../commands/forecast.ts')
      ended(await forecastCommand(options, signal))
    })

  program
    .command('mcp')
    .description('answer an assistant by the Model Context Protocol on stdin and stdout; changes nothing')
    .option(...CONFIG)
    .option(...ENV_FILE)
    .option('--include <names>', 'also tell of these confined instances, as us-gov,other')
    .addHelpText(
      'after',
      '\nIts tools are explain, plan_summary, impact, forecast, log and validate. They\nread what the last run has left, and make no request unless they are asked to.\n\nExamples:\n  zds mcp\n  zds mcp --include us-gov',
    )
    .action(async (options) => {
      const { mcpCommand } = await import('../commands/mcp.ts')
      ended(await mcpCommand(options, signal))
    })
}
