import { defineConfig } from 'vitest/config'
import { findChromium, MISSING_CHROMIUM } from './test/support/chromium.ts'
import { findPostgres, MISSING } from './test/support/postgres.ts'

/** A machine may do without a PostgreSQL, and leaves these tests out; CI may not. */
const postgres = findPostgres() !== undefined || process.env['CI'] ? ['test/postgres/**/*.test.ts'] : []
if (postgres.length === 0) process.stderr.write(`Left out: test/postgres/, since ${MISSING}\n`)
const browser = findChromium() !== undefined || process.env['CI'] ? ['test/browser/**/*.test.ts'] : []
if (browser.length === 0) process.stderr.write(`Left out: test/browser/, since ${MISSING_CHROMIUM}\n`)

/**
 * Unit tests share threads; end-to-end tests drive the command line and its servers, each file in a
 * process of its own; so do those with a PostgreSQL, which they share. Those of the package install
 * it, from a registry: `npm run test:package`. Pages are looked at in a Chromium.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/package/**', 'test/postgres/**', 'test/browser/**'],
          pool: 'threads',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/setup.ts',
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: browser,
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'postgres',
          include: postgres,
          globalSetup: postgres.length === 0 ? [] : ['test/postgres/setup.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
