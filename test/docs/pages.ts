import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** A page of the documentation; `path` counts from the root of the repository. */
export type Page = { readonly path: string; readonly text: string }

export type Block = { readonly language: string; readonly text: string; readonly page: string; readonly line: number }

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

export const pages: readonly Page[] = ['README.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: ROOT })]
  .map((path) => path.replaceAll('\\', '/'))
  .map((path) => ({ path, text: textOf(path) }))

export const page = (path: string): Page => ({ path, text: textOf(path) })

/** The fenced blocks of a page. */
export function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: body = '', index }) => ({
    language,
    text: body,
    page: path,
    line: text.slice(0, index).split('\n').length,
  }))
}

/** A page without its fenced blocks. */
export const proseOf = ({ text }: Page): string => text.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '')

/** What stands between single backticks in the prose of a page. */
export const codeOf = (one: Page): string[] =>
  [...proseOf(one).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => code)

/** The part of a heading that links name. */
export function anchorsOf(one: Page): Set<string> {
  const headings = [...proseOf(one).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

const ID = /\b([A-Z]{2,4})-(\d\d)(?:\.\.(?:[A-Z]{2,4}-)?(\d\d))?/g

/** The rule ids in a text; `SFA-16..18` stands for three. */
export function idsIn(text: string, prefixes: ReadonlySet<string>): Set<string> {
  const ids = [...text.matchAll(ID)].flatMap(([, prefix = '', from, to = from]) => {
    if (!prefixes.has(prefix)) return []
    const first = Number(from)
    return Array.from(
      { length: Number(to) - first + 1 },
      (_, more) => `${prefix}-${String(first + more).padStart(2, '0')}`,
    )
  })
  return new Set(ids)
}
