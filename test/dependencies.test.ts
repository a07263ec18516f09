import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

type Locked = {
  readonly version: string
  readonly license?: string
  readonly hasInstallScript?: true
  readonly dev?: true
  readonly optional?: true
}

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as { packages: { [path: string]: Locked } } // npm's form
const { dependencies, optionalFor } = JSON.parse(read('package.json')) as {
  dependencies: { [name: string]: string }
  optionalFor: { [part: string]: string[] }
} // our own

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
const runtime = Object.entries(packages).filter(
  ([path, { dev, optional }]) => path.includes('node_modules/') && dev !== true && optional !== true,
)

/** Licences that ask for no more than to be named. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  '(MIT OR CC0-1.0)',
])

/**
 * Packages with a script that runs when they are installed. Two only print thanks; that of the
 * bundler of the site saves it a start of Node.
 */
const SCRIPTS = ['core-js', 'core-js-pure', 'esbuild']

describe('what runs beside zds is listed here: whoever adds to it does so on purpose', () => {
  it('the packages that it depends on, each in one version', () => {
    expect(Object.keys(dependencies)).toEqual([
      '@commander-js/extra-typings',
      '@dbos-inc/dbos-sdk',
      '@hono/node-server',
      '@jetstreamapp/soql-parser-js',
      '@modelcontextprotocol/sdk',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace-base',
      '@slack/web-api',
      'ajv',
      'commander',
      'cosmiconfig',
      'csv-parse',
      'fastest-levenshtein',
      'hono',
      'jsforce',
      'json-diff-ts',
      'listr2',
      'node-zendesk',
      'p-queue',
      'p-retry',
      'pg',
      'pino',
      'string-width',
      'yaml',
    ])
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('what only the sandbox needs is no part of what a plan needs', () => {
    expect(optionalFor['sandbox']).toEqual(['@hono/node-server', '@jetstreamapp/soql-parser-js', 'hono'])
  })

  it('what only an assistant needs is no part of it either', () => {
    expect(optionalFor['mcp']).toEqual(['@modelcontextprotocol/sdk'])
  })

  it('their licences, with those of all that they bring', () => {
    expect(runtime.length).toBeGreaterThan(100)
    const others = runtime.filter(([, { license = 'none' }]) => !LICENCES.has(license))
    expect(others.map(([path, { license }]) => `${nameOf(path)}: ${license}`)).toEqual([])
  })

  it('no script runs when they are installed, and which would is known by name', () => {
    const all = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true)
    expect(all.map(([path]) => nameOf(path)).toSorted()).toEqual(SCRIPTS)
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m)
  })
})
