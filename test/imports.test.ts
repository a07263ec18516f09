import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * What each part may import besides node: and its own folder. A library belongs to the part that
 * needs it: add it here on purpose.
 */
const CORE = ['ajv', 'cosmiconfig', 'fastest-levenshtein', 'json-diff-ts', 'p-queue', 'p-retry']
const CLI = [
  '@commander-js/extra-typings',
  'json-diff-ts',
  'listr2',
  'pino',
  'string-width',
  'hono',
  '@modelcontextprotocol/sdk',
  'yaml',
]
const SANDBOX = ['@commander-js/extra-typings', '@hono/node-server', '@jetstreamapp/soql-parser-js', 'hono', 'yaml']
const PLUGINS: Record<string, readonly string[]> = {
  'salesforce-source': ['csv-parse', 'jsforce'],
  'zendesk-target': ['node-zendesk'],
  entitlements: ['yaml'],
  'slack-notify': ['@slack/web-api'],
  opentelemetry: [
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace-base',
  ],
  'postgres-state': ['pg'],
  'dbos-engine': ['@dbos-inc/dbos-sdk', 'pg'],
}

const root = join(import.meta.dirname, '..')
const files = globSync(['src/**/*.ts', 'plugins/**/*.ts'], { cwd: root })
  .map((file) => file.replaceAll(sep, '/'))
  .toSorted()
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The text of a file without its comments, with as many lines. */
const codeOf = (file: string): string =>
  textOf(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/(^|\s)\/\/ .*$/gm, '')

type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean; readonly lazy: boolean }

/** The imports and re-exports of a file. `typeOnly`: nothing of it is left at run time. */
function importsOf(file: string): Import[] {
  const text = textOf(file).replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const statements = [...text.matchAll(/^(?:import|export)\s+(?:(type)\s)?([^'"`;]*?from\s+)?['"]([^'"]+)['"]/gm)]
  const lazy = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)]
  return [
    ...statements.map(([, type, names = '', to = '']) => {
      const named = /\{([^}]*)\}\s*from/
        .exec(names)?.[1]
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean)
      const allTypes =
        named !== undefined &&
        !/^[\w*]/.test(names.trim()) &&
        named.length > 0 &&
        named.every((name) => name.startsWith('type '))
      return { from: file, to, typeOnly: type !== undefined || allTypes, lazy: false }
    }),
    ...lazy.map(([, to = '']) => ({ from: file, to, typeOnly: false, lazy: true })),
  ]
}

/** The rooms of core from the ground up; the words, and the plan that they speak of, are the ground. */
const STOREYS = ['http', 'state', 'compare', 'config', 'apply', 'run', 'answers']

function storeyOf(file: string): number {
  const [, , room = '', inner] = file.split('/')
  if (['engine.ts', 'open.ts', 'index.ts'].includes(room)) return STOREYS.length
  return inner === undefined ? -1 : STOREYS.indexOf(room)
}

const imports = files.flatMap(importsOf)
const relative = ({ to }: Import): boolean => to.startsWith('.')
const target = ({ from, to }: Import): string => normalize(join(dirname(from), to)).replaceAll(sep, '/')
const library = ({ to }: Import): string =>
  to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/')
const show = ({ from, to }: Import): string => `${from} imports ${to}`
const of = (folder: string): Import[] => imports.filter(({ from }) => from.startsWith(folder))
const outside = (all: readonly Import[], ...folders: string[]): string[] =>
  all.filter((one) => relative(one) && !folders.some((folder) => target(one).startsWith(folder))).map(show)
const unlisted = (all: readonly Import[], libraries: readonly string[]): string[] =>
  all.filter((one) => !relative(one) && !one.to.startsWith('node:') && !libraries.includes(library(one))).map(show)

describe('who imports whom (docs: architecture)', () => {
  it('reads every file, and finds what is in them', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(imports).toContainEqual({ from: 'src/core/http/http.ts', to: 'p-retry', typeOnly: false, lazy: false })
    expect(imports).toContainEqual({
      from: 'src/core/http/request.ts',
      to: '../types.ts',
      typeOnly: true,
      lazy: false,
    })
    expect(imports).toContainEqual({
      from: 'src/core/http/http.ts',
      to: './authorized.ts',
      typeOnly: false,
      lazy: false,
    })
  })

  it('every relative import names a file that is there, with its ending', () => {
    expect(imports.filter((one) => relative(one) && !files.includes(target(one))).map(show)).toEqual([])
  })

  it('core: node, its libraries and itself; no plugin, no terminal, no sandbox', () => {
    expect(outside(of('src/core/'), 'src/core/')).toEqual([])
    expect(unlisted(of('src/core/'), CORE)).toEqual([])
  })

  it('the laws for tests: core, the sandbox as a whole, and no test runner; nothing that ships imports them', () => {
    expect(outside(of('src/testing/'), 'src/testing/', 'src/core/', 'src/sandbox/index.ts')).toEqual([])
    expect(unlisted(of('src/testing/'), [])).toEqual([])
    const users = imports.filter(
      (one) => one.to === 'zds/testing' || (relative(one) && target(one).startsWith('src/testing/')),
    )
    expect(users.filter(({ from }) => !from.startsWith('src/testing/')).map(show)).toEqual([])
  })

  it('the command line: core, the sandbox as a whole, its libraries; no plugin', () => {
    expect(outside(of('src/cli/'), 'src/cli/', 'src/core/', 'src/sandbox/command.ts')).toEqual([])
    expect(unlisted(of('src/cli/'), CLI)).toEqual([])
  })

  it('the sandbox: node and its libraries, neither core nor plugins', () => {
    expect(outside(of('src/sandbox/'), 'src/sandbox/')).toEqual([])
    expect(unlisted(of('src/sandbox/'), SANDBOX)).toEqual([])
  })

  it('a plugin: zds by its name, its libraries and its own folder; no other plugin', () => {
    const names = new Set(files.flatMap((file) => /^plugins\/([^/]+)\//.exec(file)?.[1] ?? []))
    expect(names.size).toBeGreaterThanOrEqual(4)
    for (const name of names) {
      const own = of(`plugins/${name}/`)
      expect(outside(own, `plugins/${name}/`)).toEqual([])
      expect(unlisted(own, ['zds', ...(PLUGINS[name] ?? [])])).toEqual([])
      expect(own.filter(({ to }) => to.startsWith('zds/')).map(show)).toEqual([])
    }
  })

  it('only the command line imports listr2', () => {
    expect(imports.filter((one) => library(one) === 'listr2' && !one.from.startsWith('src/cli/')).map(show)).toEqual([])
  })

  it('has no cycle, of types neither', () => {
    const graph = Map.groupBy(
      imports.filter((one) => relative(one) && !one.lazy),
      ({ from }) => from,
    )
    const settled = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      if (settled.has(file) || path.includes(file)) return
      for (const one of graph.get(file) ?? []) visit(target(one), [...path, file])
      settled.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })
})

describe('core', () => {
  it('the rooms of core are storeys: each imports those before it only', () => {
    const up = of('src/core/').filter((one) => relative(one) && storeyOf(target(one)) > storeyOf(one.from))
    expect(up.map(show)).toEqual([])
  })

  it('names no service, but in comments that say where a fact was found', () => {
    const naming = files
      .filter((file) => file.startsWith('src/core/'))
      .flatMap((file) =>
        codeOf(file)
          .split('\n')
          .flatMap((line, index) =>
            /zendesk|salesforce|slack|gitlab/i.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [],
          ),
      )
    expect(naming).toEqual([])
  })
})

describe('every file', () => {
  it('has at most 250 lines', () => {
    const long = files
      .map((file) => [file, textOf(file).trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > 250)
    expect(long).toEqual([])
  })

  it('gives no type the name of another one, but for the sandbox, which knows nothing of the others', () => {
    const ours = files.filter((file) => !file.startsWith('src/sandbox/'))
    const types = ours.flatMap((file) =>
      [...codeOf(file).matchAll(/^export (?:type|interface) (\w+)\b.* [={]/gm)].map(([, name = '']) => ({
        name,
        file,
      })),
    )
    expect(types.length).toBeGreaterThan(100)
    const twice = [...Map.groupBy(types, ({ name }) => name)].filter(([, some]) => some.length > 1)
    expect(twice.map(([name, some]) => `${name}: ${some.map(({ file }) => file).join(', ')}`)).toEqual([])
  })

  it('uses neither any nor a comment that silences the compiler', () => {
    const code = (line: string): string =>
      line
        .replace(/^\s*(\/?\*|\/\/).*$/, '')
        .replace(/\s\/\/ .*$/, '')
        .replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "''")
    const found = files.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) =>
          /@ts-(ignore|expect-error|nocheck)/.test(line) || /(?:[:<|&,(=]|\bas)\s*any\b|\bany\[\]/.test(code(line))
            ? [`${file}:${index + 1} ${line.trim()}`]
            : [],
        ),
    )
    expect(found).toEqual([])
  })

  it('writes to no console and ends no process, but for the command line', () => {
    const ambient = files.filter((file) => !/^src\/(cli|sandbox)\//.test(file))
    const found = ambient.filter((file) => /\bconsole\.|process\.(exit|stdout|stderr|argv|on)\b/.test(textOf(file)))
    expect(found).toEqual([])
  })
})
