/** Pages of what can be imported, made from the declarations that the compiler writes. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** One export as its declaration has it. */
type Declared = { readonly name: string; readonly kind: string; readonly about: string; readonly code: string }

/**
 * A page for each entry of the package: its exports with their sentences and declarations.
 * `declarations` is the directory that the compiler wrote to.
 */
export function apiPages(
  exports: { readonly [path: string]: string },
  declarations: string,
): { readonly name: string; readonly text: string }[] {
  return Object.entries(exports).map(([path, source]) => {
    const entry = path === '.' ? 'zds' : `zds/${path.slice(2)}`
    const all = exportsOf(join(declarations, declarationOf(source)))
    return { name: `${entry.replace('/', '-')}.md`, text: pageOf(entry, all) }
  })
}

const declarationOf = (file: string): string => file.replace(/\.ts$/, '.d.ts')

function pageOf(entry: string, all: readonly Declared[]): string {
  const types = all.filter(({ kind }) => kind === 'type' || kind === 'interface')
  const values = all.filter((one) => !types.includes(one))
  const part = (title: string, some: readonly Declared[]): string[] =>
    some.length === 0 ? [] : [`## ${title}`, ...some.map(sectionOf)]
  return [
    `# ${entry}`,
    `What \`import … from '${entry}'\` has, from its declarations.`,
    ...part('Functions and values', values),
    ...part('Types', types),
    '',
  ].join('\n\n')
}

const sectionOf = ({ name, about, code }: Declared): string =>
  [`### ${name}`, ...(about === '' ? [] : [about]), `\`\`\`ts\n${code}\n\`\`\``].join('\n\n')

/** What a file exports, what it passes on of other files included, by name. */
function exportsOf(file: string): Declared[] {
  const text = readFileSync(file, 'utf8')
  const passed = [...text.matchAll(/^export (?:type )?(?:\*|\{([^}]*)\}) from '(\.[^']+)'/gm)]
  const all = passed.flatMap(([, names, from = '']) => {
    const wanted = names?.split(',').map((one) => one.trim().replace(/^type /, ''))
    const there = exportsOf(join(dirname(file), declarationOf(from)))
    return wanted === undefined ? there : there.filter(({ name }) => wanted.includes(name))
  })
  return [...all, ...declaredIn(text)].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

const DECLARATION =
  /(?:^\/\*\*(?<about>(?:[^*]|\*(?!\/))*)\*\/\n)?^export (?:declare )?(?<code>(?<kind>class|function|const|type|interface) (?<name>\w+)[\s\S]*?)(?=\n(?:\/\*\*|export|declare|type|interface|import|const|function|class)\b|\n\/\*\*|(?![\s\S]))/gm

/** The compiler indents whatever belongs to a declaration: the next one begins at the margin. */
function declaredIn(text: string): Declared[] {
  return [...text.matchAll(DECLARATION)].map(({ groups: { about = '', code = '', kind = '', name = '' } = {} }) => ({
    name,
    kind,
    about: proseOf(about),
    code: code.trimEnd(),
  }))
}

/** A comment as prose; what looks like a tag is none. */
function proseOf(comment: string): string {
  const text = comment.replaceAll(/^ *\* ?/gm, '').trim()
  return text.replaceAll(/`[^`]*`|[<{]/g, (found) => (found === '<' ? '&lt;' : found === '{' ? '&#123;' : found))
}
