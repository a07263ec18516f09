import { defineConfig } from 'vitest/config'

/**
 * The tests that judge mutants of src/core: those of the core itself, without the ones that start
 * processes. They share modules and time as those of `unit` do.
 */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    exclude: ['test/core/config/load.test.ts'],
    pool: 'threads',
    isolate: false,
    setupFiles: ['test/support/as-before.ts'],
    testTimeout: 20_000,
  },
})
