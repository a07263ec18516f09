import { defineConfig } from 'vitest/config'
import { findChromium, MISSING_CHROMIUM } from './test/support/chromium.ts'
import { findPostgres, MISSING } from './test/support/postgres.ts'

/** A machine may do without a PostgreSQL, and leaves these tests out; CI may not. */
const postgres = findPostgres() !== undefined || process.env['CI'] ? ['test/postgres/**/*.test.ts'] : []
if (postgres.length === 0) process.stderr.write(`Left out: test/postgres/, since ${MISSING}\n`)
const browser = findChromium() !== undefined || process.env['CI'] ? ['test/browser/**/*.test.ts'] : []
if (browser.length === 0) process.stderr.write(`Left out: test/browser/, since ${MISSING_CHROMIUM}\n`)

/** Files that share modules leave the environment as it was. */
const SHARING = ['test/support/as-before.ts']

/** Tests that drive the command line and its servers, each file in a process of its own unless it is said that they share. */
const driving = (
  name: string,
  include: readonly string[],
  more: { globalSetup?: string; hookTimeout?: number; isolate?: boolean; setupFiles?: string[] } = {},
) => ({
  test: { name, include: [...include], pool: 'forks' as const, testTimeout: 120_000, hookTimeout: 60_000, ...more },
})

/** What has a project of its own. */
const APART = ['e2e', 'crash', 'answers', 'telling', 'pipelines', 'browser', 'postgres', 'package']

/**
 * Unit tests share threads and the modules in them, those of `e2e` processes: what engine, sandbox and clients take to
 * load and to become quick was a tenth of all. `npm test` is these and `e2e`, which plans and applies; CI also runs
 * what kills applies, what answers questions of runs, what runs tell, pipelines and single stages, pages in a
 * Chromium, a state in a PostgreSQL that its tests share, and the package, installed from a
 * registry.
 */
export default defineConfig({
  test: {
    // `npm test` takes one more than CI has cores: while one waits, for a process or for time, the others compute.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: APART.map((folder) => `test/${folder}/**`),
          pool: 'threads',
          isolate: false,
          setupFiles: SHARING,
          testTimeout: 30_000,
        },
      },
      driving('e2e', ['test/e2e/**/*.test.ts'], { isolate: false, setupFiles: SHARING }),
      driving('crash', ['test/crash/**/*.test.ts']),
      driving('answers', ['test/answers/**/*.test.ts']),
      driving('telling', ['test/telling/**/*.test.ts']),
      driving('pipelines', ['test/pipelines/**/*.test.ts']),
      driving('browser', browser),
      driving('postgres', postgres, postgres.length === 0 ? {} : { globalSetup: 'test/postgres/setup.ts' }),
      driving('package', ['test/package/**/*.test.ts'], { globalSetup: 'test/package/setup.ts', hookTimeout: 300_000 }),
    ],
  },
})
