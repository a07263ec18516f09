import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const all = (pattern: RegExp, text: string): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, found = '']) => found))].toSorted()

const page = textOf('docs/errors.md')
/** The codes in the first column of the tables below a heading. */
const documented = (...headings: readonly string[]): string[] =>
  headings
    .flatMap((heading) => all(/^\| `([\w-]+)`/gm, page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''))
    .toSorted()
const sources = globSync(['src/core/**/*.ts', 'src/cli/**/*.ts', 'plugins/**/*.ts'], { cwd: root })
  .map(textOf)
  .join('\n')

const VARIABLE = /^(?:ZDS|OTEL|EXAMPLE)_|_PROXY$/
/** Codes of Salesforce, of YAML and of Node, which zds reads. */
const THEIRS = [
  'INVALID_FIELD',
  'INVALID_TYPE',
  'MALFORMED_QUERY',
  'REQUEST_LIMIT_EXCEEDED',
  'UNABLE_TO_LOCK_ROW',
  'BAD_ALIAS',
  'IMPOSSIBLE',
  'DUPLICATE_KEY',
  'MISSING_CHAR',
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
]

describe('docs/errors.md', () => {
  test('has every error code, and no other', () => {
    const declared = all(/\| '([A-Z_]+)'/g, textOf('src/core/errors.ts').split('export type Issue')[0] ?? '')
    expect(declared.length).toBeGreaterThan(20)
    expect(documented('Before the run', 'While it reads', 'Before and while it applies')).toEqual(declared)
    for (const code of ['INTERNAL', 'SYSTEM']) expect(page).toContain(`\`${code}\``)
  })

  test('says of every error code what it means, why it comes and what to do', () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|.*\|$/gm)].map(([row, code = '']) => [code, row] as const)
    expect(rows.length).toBeGreaterThan(30)
    for (const [code, row] of rows) {
      const cells = row.split(' | ').map((cell) => cell.replaceAll(/^\||\|$/g, '').trim())
      expect(cells.length, code).toBe(4)
      expect(
        cells.every((cell) => cell.length > 5),
        code,
      ).toBe(true)
    }
  })

  test('no text of the sources that looks like a code is missing here or among the findings of doctor.md', () => {
    const found = all(/(?:(?<=\bcode: )|(?='[A-Z]+_))'([A-Z_]+)'/g, sources)
    const findings = all(/^\| `([a-z-]+)` \| (?:warning|error) \|/gm, textOf('docs/doctor.md'))
    const known = new Set([
      ...documented('Before the run', 'While it reads', 'Before and while it applies', 'Of plugins'),
      ...THEIRS,
      'INTERNAL',
      'SYSTEM',
    ])
    const ours = found.filter((code) => !known.has(code) && !VARIABLE.test(code))
    expect(ours.map((code) => code.toLowerCase().replaceAll('_', '-')).toSorted()).toEqual(findings)
  })

  test('has every code that an outcome, a notice or a remark of ours can have, and no other', () => {
    const used = all(/\bcode: '([a-z-]+)'/g, sources)
    const named = documented('Outcomes of changes', 'Notices', 'What comes along')
    /** Made from the name of a Zendesk field. */
    const derived = ['email-taken', 'external-id-taken', 'name-taken']
    expect(used.length).toBeGreaterThan(10)
    expect(named).toEqual([...used, ...derived].toSorted())
  })

  test('has every exit code of the table, and so has README.md, in its words', () => {
    const codes = EXIT_CODES.map(([code]) => String(code))
    expect(all(/^\| (\d+) /gm, page)).toEqual(codes.toSorted())
    const readme = textOf('README.md')
    for (const [code, meaning] of EXIT_CODES) expect(readme).toContain(`| ${code} | ${meaning} |`)
  })
})
