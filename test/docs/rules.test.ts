import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { idsIn, page, ROOT, textOf } from './pages.ts'

type Row = { readonly id: string; readonly does: string; readonly proof: string }
type Section = { readonly prefix: string; readonly listed: readonly string[]; readonly rows: readonly Row[] }

const { text } = page('docs/rules.md')
const headings = [...text.matchAll(/^## .+ \(([A-Z]+-\d\d.*)\)$/gm)]
const prefixes = new Set(headings.map(([, ranges = '']) => ranges.slice(0, ranges.indexOf('-'))))

const sections: readonly Section[] = headings.map(({ 1: ranges = '', index }, number) => {
  const end = headings[number + 1]?.index ?? text.length
  const rows = [...text.slice(index, end).matchAll(/^\| ([A-Z]+-\d\d) +\| (.*?) +\| (.*?) +\|$/gm)]
  return {
    prefix: ranges.slice(0, ranges.indexOf('-')),
    listed: [...idsIn(ranges, prefixes)],
    rows: rows.map(([, id = '', does = '', proof = '']) => ({ id, does, proof })),
  }
})
const rows = sections.flatMap((section) => section.rows)
const byId = new Map(rows.map((row) => [row.id, row]))

const testsOf = ({ proof }: Row): string[] =>
  [...proof.matchAll(/`((?:test|src\/testing)\/[^`]+)`/g)].map(([, path = '']) => path)

/** What is wrong with the last column of a row. */
function unproved(row: Row): string[] {
  const { id, proof } = row
  const tests = testsOf(row)
  if (tests.length > 0) {
    return tests.flatMap((path) => {
      if (!existsSync(join(ROOT, path))) return [`there is no ${path}`]
      return idsIn(textOf(path), prefixes).has(id) ? [] : [`${path} does not cite it`]
    })
  }
  const other = /^see ([A-Z]+-\d\d)$/.exec(proof)?.[1]
  if (other !== undefined) {
    const same = byId.get(other)
    return same === undefined || testsOf(same).length === 0 ? [`${other} has no tests either`] : []
  }
  return /^out of scope: .{10}/.test(proof) ? [] : ['has neither a test nor a reason']
}

describe('docs/rules.md', () => {
  it('has all sections, and in each the rules that its heading lists, in order and once', () => {
    expect(sections.map(({ prefix }) => prefix)).toEqual(
      'GEN SFA ORG PLAN OVR PROC CMP SYN PART USR CTC DEL FLD OPS CHG SAFE AMB'.split(' '),
    )
    for (const { listed, rows: found } of sections) expect(found.map(({ id }) => id)).toEqual(listed)
    expect(byId.size).toBe(rows.length)
  })

  it('knows every rule that the code or a test cites', () => {
    const files = globSync(['src/**/*.ts', 'plugins/**/*.ts', 'test/**/*.ts', 'sync.config.ts'], { cwd: ROOT })
    const cited = new Map(
      files
        .filter((file) => !file.includes('.tmp-') && !file.startsWith(join('test', 'docs')))
        .map((file) => [file, idsIn(textOf(file), prefixes)] as const),
    )
    const strangers = [...cited].flatMap(([file, ids]) =>
      [...ids].filter((id) => !byId.has(id)).map((id) => `${file} cites ${id}`),
    )
    expect(strangers).toEqual([])
  })

  it.each(rows)('$id says what zds does, and who proves it', (row) => {
    expect(row.does.length).toBeGreaterThan(10)
    expect(unproved(row)).toEqual([])
  })
})
