import { ZdsError } from '../../core/errors.ts'
import type { Files } from './files.ts'
import { respelt, spelling } from './spelling.ts'
import { template } from './template.ts'

export const PLUGIN_KINDS = ['source', 'processor', 'target', 'observer'] as const
export type PluginKind = (typeof PLUGIN_KINDS)[number]

const SERVICE = "url: env('EXAMPLE_PLUGIN_URL'), token: secret('EXAMPLE_PLUGIN_TOKEN')"

/** What each kind is called, and how a configuration uses one. */
const KINDS: { readonly [kind in PluginKind]: { readonly article: string; readonly use: string } } = {
  source: { article: 'a source', use: `const items = examplePlugin({ name: 'items', ${SERVICE} })` },
  processor: {
    article: 'a processor',
    use: "const people = sync({ fields: examplePluginFields, desired: examplePlugin({ rows }), target, rules: { key: 'email' } })",
  },
  target: {
    article: 'a target',
    use: `const target = examplePlugin({ name: 'people', ${SERVICE}, fields, unique: 'email' })`,
  },
  observer: {
    article: 'an observer',
    use: "hooks: { examplePlugin: examplePlugin({ url: env('EXAMPLE_PLUGIN_URL') }) },",
  },
}

/** A plugin, its test and its README, below `plugins/`. Throws USAGE for a name that its code has for something else. */
export function pluginFiles(name: string, kind: PluginKind): Files {
  const { article, use } = KINDS[kind]
  const imports = "import { examplePlugin } from './plugins/example-plugin/index.ts'"
  const readme = template('plugin/README.md')
    .replace(/^KIND/m, article.charAt(0).toUpperCase() + article.slice(1))
    .replaceAll('KIND', article)
    .replace('USE', () => `${imports}\n\n${use}`)
  const texts = {
    'index.ts': template(`plugin/${kind}/index.ts`),
    'example-plugin.test.ts': template(`plugin/${kind}/test.ts`),
    'README.md': readme,
  }
  const taken = namesIn(`${texts['index.ts']}${texts['example-plugin.test.ts']}`)
  if (taken.has(spelling(name).camel))
    throw new ZdsError('USAGE', `${name} is something else in the code of ${article}`, {
      hint: `Give it another name: my-${name}`,
    })
  const ours = (text: string): string => respelt(text, 'example-plugin', name)
  return Object.fromEntries(Object.entries(texts).map(([file, text]) => [`plugins/${name}/${ours(file)}`, ours(text)]))
}

/** What code calls something, apart from members: comments and texts are no code. */
function namesIn(code: string): ReadonlySet<string> {
  const bare = code.replaceAll(/\/\*[^]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '')
  return new Set(bare.match(/(?<![.\w])[a-z]\w*(?!\w|\??:)/g))
}
