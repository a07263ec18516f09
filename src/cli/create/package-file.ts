import { existsSync, readFileSync } from 'node:fs'
import { isObject, parseJson, type Json } from '../../core/json.ts'
import { ownManifest } from '../../core/package.ts'

/** Packages and their versions. */
type Versions = { readonly [name: string]: string }

/** What a project with this configuration installs: what its parts need, and what tries and checks it. */
export type Needs = { readonly dependencies: Versions; readonly devDependencies: Versions }

/** To check the types of a configuration and of plugins. */
const CHECKING: Versions = { '@types/node': '^24.0.0', typescript: '^7.0.0' }

export function needsOf(config: string): Needs {
  const { optionalFor } = ownManifest()
  const imported = [...config.matchAll(/'zds\/([\w-]+)'/g)].flatMap(([, part = '']) => optionalFor[part] ?? [])
  return {
    dependencies: versionsOf(imported),
    devDependencies: { ...versionsOf(optionalFor['sandbox'] ?? []), ...CHECKING },
  }
}

function versionsOf(names: readonly string[]): Versions {
  const { dependencies, peerDependencies = {} } = ownManifest()
  return Object.fromEntries(
    names.toSorted().map((name) => [name, peerDependencies[name] ?? `^${dependencies[name] ?? ''}`]),
  )
}

/**
 * The package.json of a project. zds itself is not in it: by its name alone npm would fetch a
 * stranger's package.
 */
export function packageFile(directory: string, needs: Needs): string {
  const name =
    directory
      .toLowerCase()
      .replaceAll(/[^a-z\d]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'zendesk'
  const scripts = { plan: 'zds plan', apply: 'zds apply', check: 'tsc' }
  return `${JSON.stringify({ name, private: true, type: 'module', scripts, ...needs }, null, 2)}\n`
}

/** Commands that bring a package.json that is there already to what the configuration needs. */
export function additionsTo(file: string, needs: Needs): string[] {
  const found = existsSync(file) ? parseJson(readFileSync(file, 'utf8')) : undefined
  const has = isObject(found) ? found : {}
  const keysOf = (value: Json | undefined): string[] => (isObject(value) ? Object.keys(value) : [])
  const there = new Set(['dependencies', 'devDependencies'].flatMap((kind) => keysOf(has[kind])))
  const lacking = (wanted: Versions): string[] =>
    Object.entries(wanted).flatMap(([name, range]) => (there.has(name) ? [] : [`${name}@${major(range)}`]))
  const install = (flag: string, names: string[]): string[] =>
    names.length === 0 ? [] : [`npm install ${flag}${names.join(' ')}`]
  return [
    ...(there.has('zds') ? [] : [`npm install ./zds-${ownManifest().version}.tgz`]),
    ...(has['type'] === 'module' ? [] : ['npm pkg set type=module']),
    ...install('', lacking(needs.dependencies)),
    ...install('-D ', lacking(needs.devDependencies)),
  ]
}

/** Enough for npm, and nothing that a shell would read. */
const major = (range: string): string => /\d+/.exec(range)?.[0] ?? 'latest'
