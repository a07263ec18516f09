import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, blocksOf, codeOf, pages, proseOf, ROOT, type Page } from './pages.ts'

const OURS = /^(?:src|plugins|test|docs|data|examples|bin)\/[\w./-]*\w$|^(?:sync\.config\.ts|package\.json)$/

/** The pages of the documentation, by their paths. */
const byPath = new Map(pages.map((one) => [one.path, one]))

/** What is wrong with the links of a page. */
function brokenIn(one: Page): string[] {
  const links = [...proseOf(one).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
  return links.flatMap((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? one.path : join(dirname(one.path), path).replaceAll('\\', '/')
    if (!existsSync(join(ROOT, target))) return [`${link}: there is no ${target}`]
    const there = byPath.get(target)
    return anchor === undefined || (there !== undefined && anchorsOf(there).has(anchor))
      ? []
      : [`${link}: no such heading`]
  })
}

const help = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--', join(ROOT, 'bin/zds.js'), ...args, '--help'], { encoding: 'utf8' })

const commands = new Map(
  [...(help().split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help')
    .map((name) => [name, new Set([...help(name).matchAll(/--[a-z][\w-]*/g)].map(([option]) => option))]),
)
const general = new Set(['--help', '--version'])

/**
 * Every command line of zds that a page shows, in its prose or in a block of commands or output.
 */
function shownIn(one: Page): string[] {
  const blocks = blocksOf(one).filter(({ language }) => ['', 'sh', 'bash', 'console', 'yaml'].includes(language))
  const lines = [...blocks.flatMap(({ text }) => text.split('\n')), ...codeOf(one)]
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s:])(?:npx |npm run )?zds (?:-- )?([a-z-][^|&;#]*)/g)].map(([, rest = '']) =>
      rest.trim(),
    ),
  )
}

/** What is wrong with a command line, or nothing. */
function problemsOf(line: string): string[] {
  const [name = '', ...words] = line.split(/\s+/)
  const options = [name, ...words].flatMap((word) => /^\[?(--[a-z][\w-]*)/.exec(word)?.[1] ?? [])
  const known = commands.get(name)
  if (known === undefined && !name.startsWith('-') && !name.startsWith('<'))
    return [`zds ${line}: there is no command ${name}`]
  return options
    .filter((option) => !general.has(option) && known?.has(option) !== true)
    .map((option) => `zds ${line}: has no ${option}`)
}

describe.each(pages)('$path', (one) => {
  it('has no broken link', () => {
    expect(brokenIn(one)).toEqual([])
  })

  it('names only files that exist', () => {
    expect(codeOf(one).filter((code) => OURS.test(code) && !existsSync(join(ROOT, code)))).toEqual([])
  })

  it('shows only commands and options that zds has', () => {
    expect(shownIn(one).flatMap(problemsOf)).toEqual([])
  })
})

describe('the checks above', () => {
  it('find what is wrong', () => {
    const bad = {
      path: 'docs/bad.md',
      text: '# A page\n[a](none.md) [b](#nothing) `src/none.ts` `zds plan --outt x`\n\n```sh\nnpx zds fly\n```\n',
    }
    expect(brokenIn(bad)).toHaveLength(2)
    expect(shownIn(bad).flatMap(problemsOf)).toHaveLength(2)
  })

  it('read commands and options from the help', () => {
    expect([...commands.keys()]).toEqual(expect.arrayContaining(['plan', 'apply', 'graph', 'sandbox']))
    expect(commands.get('plan')).toContain('--out')
  })
})
