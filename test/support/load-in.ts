/**
 * Loads a configuration as the command line does, in a Node of its own, and prints what came of it
 * as JSON: vitest compiles what Node refuses.
 */
import { load, type LoadOptions } from '../../src/core/config/load.ts'
import { ZdsError } from '../../src/core/errors.ts'

const [from = '', options = '{}'] = process.argv.slice(2)
try {
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const { config, ...found } = await load(from, { warn, ...(JSON.parse(options) as LoadOptions) }) // given by the test

  process.stdout.write(
    JSON.stringify({
      ...found,
      warnings,
      targets: Object.keys(config.targets),
      seen: process.env['ZDS_TEST_SEEN'] ?? null,
    }),
  )
} catch (error) {
  if (!(error instanceof ZdsError)) throw error
  const { code, message, hint, issues } = error
  process.stdout.write(JSON.stringify({ code, message, hint, issues }))
}
// Whatever the configuration left running.
process.exit()
