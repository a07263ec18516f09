import { ZdsError } from '../../core/errors.ts'
import { nameFrom, respelt, spelling } from './spelling.ts'

/** Whose rules an instance is computed by, as the reference configuration names its instances. */
type InstanceKind = 'global' | 'us-gov'

/** An instance to write a block for. */
export type Instance = { readonly name: string; readonly kind: InstanceKind }

export const INSTANCES = 'global,us-gov'

/** The instances of a list such as `global,us-gov,emea=global`. Throws USAGE, naming all that is wrong. */
export function instancesFrom(list: string): Instance[] {
  const instances = list.split(',').map((part) => {
    const [name = '', kind = 'global'] = part.split('=').map(nameFrom)
    return { name, kind: part.includes('=') ? kind : name === 'us-gov' ? 'us-gov' : 'global' }
  })
  const issues = instances.flatMap(({ name, kind }, at) => [
    ...(isKind(kind)
      ? []
      : [issue(name, `has the rules of ${kind}, which are not known`, 'They are global or us-gov.')]),
    ...(instances.findIndex((other) => other.name === name) < at
      ? [issue(name, 'is there twice', 'Name it once.')]
      : []),
  ])
  if (issues.length > 0) throw new ZdsError('USAGE', '--instances cannot be used', { issues })
  return instances.filter((one): one is Instance => isKind(one.kind))
}

const isKind = (kind: string): kind is InstanceKind => kind === 'global' || kind === 'us-gov'
const issue = (where: string, message: string, hint: string) => ({ code: 'USAGE', where, message, hint })

/**
 * What of the reference configuration is there for whom. Its names begin with that of the instance;
 * partners are a matter of the one that is called global.
 */
const OWNED: readonly { readonly names: RegExp; readonly by: (instance: Instance) => boolean }[] = [
  { names: /^'?(?:alliance|partner)/, by: ({ name }) => name === 'global' },
  { names: /^'?us-?gov(?!UserSync)|^US Gov/i, by: ({ kind }) => kind === 'us-gov' },
  { names: /^'?global/i, by: ({ kind }) => kind === 'global' },
]

/**
 * The instances that something of this name is written for; undefined where it is for all of them
 * at once.
 */
function ownersOf(name: string, instances: readonly Instance[]): Instance[] | undefined {
  const owned = OWNED.find(({ names }) => names.test(name))
  return owned && instances.filter(owned.by)
}

/**
 * The reference configuration for other instances: what belongs to an instance stands there once
 * for each that has its kind, under its name, or not at all.
 */
export function configFor(instances: readonly Instance[], reference: string): string {
  const [, ...paragraphs] = reference.replace(/^\/\*\*[^]*?\*\/\n/, 'head\n\n').split('\n\n')
  const body = sectionsOf(paragraphs)
    .flatMap((section) => sectionFor(section, instances))
    .join('\n\n')
  refuseTaken(body)
  const names = instances.map(({ name }) => name).join(', ')
  const head = `Keeps organizations of Zendesk in step with Salesforce, in ${names}: zds plan shows what`
  const more = 'would change, zds apply carries it out. A field is a line of its table, an instance is a block.'
  return `/**\n * ${head}\n * ${more}\n */\n${withoutUnused(body.replace(/ {2}processors: \{ *\},\n/, ''))}`
}

/** A name that the configuration has for something else already. */
function refuseTaken(code: string): void {
  const imports = [...code.matchAll(/^import \{([^}]*)\}/gm)]
  const imported = new Set(imports.flatMap(([, names = '']) => names.match(/\w+/g) ?? []))
  const declared = [...code.matchAll(/^const (\w+)/gm)].map(([, name = '']) => name)
  // In defineConfig, what the syncs of instances are called beside sources and hooks.
  const entries = [
    ...code.slice(code.lastIndexOf('defineConfig(')).matchAll(/(?:[{,] |^ {4})'?([\w-]+)'?(?=: |,| \})/gm),
  ]
  const named = entries.map(([, name = '']) => name)
  const isTwice = (name: string, at: number, all: readonly string[]): boolean => all.indexOf(name) < at
  const taken = new Set([
    ...declared.filter((name, at) => imported.has(name) || isTwice(name, at, declared)),
    ...named.filter(isTwice),
  ])
  const issues = Array.from(taken, (name) =>
    issue(name, 'is something else in the configuration', 'Give the instance another name.'),
  )
  if (issues.length > 0) throw new ZdsError('USAGE', '--instances cannot be used', { issues })
}

/** Paragraphs, each with a heading together with those below it. */
function sectionsOf(paragraphs: readonly string[]): (readonly string[])[] {
  const starts = paragraphs.flatMap((paragraph, at) => (at === 0 || paragraph.startsWith('// --- ') ? [at] : []))
  return starts.map((start, nth) => paragraphs.slice(start, starts[nth + 1]))
}

/** What stands below the heading of an instance, whole for one and then for the next. */
function sectionFor(section: readonly string[], instances: readonly Instance[]): string[] {
  const [, heading] = HEADING.exec(section[0] ?? '') ?? []
  const each = heading === undefined ? undefined : ownersOf(heading, instances)?.map((instance) => [instance])
  return (each ?? [instances]).flatMap((some) => section.flatMap((paragraph) => blocksOf(paragraph, some)))
}

const HEADING = /^\/\/ --- Zendesk (\w+(?: \w+)?)/m

/** A top-level statement, or a heading, for each instance that it is written for. */
function blocksOf(paragraph: string, instances: readonly Instance[]): string[] {
  const [, named = ''] = /^const (\w+)/m.exec(paragraph) ?? HEADING.exec(paragraph) ?? []
  const owners = ownersOf(named, instances)
  if (owners === undefined) return [entriesFor(paragraph, instances)]
  return owners.map((instance) => called(entriesFor(paragraph, [instance]), instance))
}

/** Lists and objects in a text, with their entries for these instances only. */
function entriesFor(text: string, instances: readonly Instance[]): string {
  const lines = text.split('\n').flatMap((line) => {
    const key = /^ +(?<key>'?[\w-]+'?)(?:: .*)?,$/.exec(line)?.groups?.['key']
    const owners = key === undefined ? undefined : ownersOf(key, instances)
    return owners === undefined ? [line] : owners.map((instance) => called(line, instance))
  })
  return lines
    .join('\n')
    .replaceAll(/(?<=[[{] ?)[\w':-][\w':, -]*?(?= ?[\]}])/g, (list) => listFor(list, ', ', instances))
    .replaceAll(/(?<=<)'[\w-]+'(?: \| '[\w-]+')*/g, (names) => listFor(names, ' | ', instances))
}

const listFor = (list: string, between: string, instances: readonly Instance[]): string =>
  list
    .split(between)
    .flatMap((entry) => ownersOf(entry, instances)?.map((instance) => called(entry, instance)) ?? [entry])
    .join(between)

/** What looks like the name of an instance and is none. */
const OTHERS = /(side: 'global'|usGovUserSync)/

/** What is written of an instance of the reference, of another one of its kind. */
function called(text: string, { name, kind }: Instance): string {
  if (name === kind) return text
  const { camel } = spelling(name)
  const entry = camel === name ? name : `'${name}': ${camel}`
  return text
    .replace(/^(?:global|'us-gov': usGov)$/, entry)
    .replace(/^(?:global|'us-gov')(?=: )/, entry.replace(/:.*/, ''))
    .replace(/^\/\/ --- Zendesk .*/, `// --- Zendesk ${name} `.padEnd(100, '-'))
    .split(OTHERS)
    .map((part) => (OTHERS.test(part) ? part : respelt(part, kind, name)))
    .join('')
}

/** Without the names that only what is left out needed. */
function withoutUnused(code: string): string {
  return code.replaceAll(/^import \{([^}]*)\} from ('[^']+')\n/gm, (whole, names: string, from: string) => {
    const rest = code.replace(whole, '')
    const used = names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && new RegExp(`\\b${name.replace('type ', '')}\\b`).test(rest))
    const one = `import { ${used.join(', ')} } from ${from}\n`
    if (used.length === 0) return ''
    return one.length <= 120 ? one : `import {\n${used.map((name) => `  ${name},\n`).join('')}} from ${from}\n`
  })
}
