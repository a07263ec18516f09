/** `npm run build`: leaves the package in `dist/`, as `npm pack ./dist` packs it. */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { manifestOf, type Checkout } from './manifest.ts'

export const ROOT = join(import.meta.dirname, '..')

/** What is published as it is. */
const COPIED = {
  'README.md': '.',
  'CHANGELOG.md': '.',
  LICENSE: '.',
  docs: '.',
  templates: '.',
  'sync.config.ts': 'reference',
  data: 'reference',
  'src/cli/render/page/style.css': '.',
}

/**
 * Builds into `out`, which is emptied first. `repository` is what a registry shows and provenance
 * is held against.
 */
export function build(out = join(ROOT, 'dist'), repository?: string): void {
  rmSync(out, { recursive: true, force: true })
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const project = join(ROOT, 'tsconfig.build.json')
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', out], { stdio: 'inherit' })
  for (const [from, to] of Object.entries(COPIED)) cpSync(join(ROOT, from), join(out, to, from), { recursive: true })
  const manifest = manifestOf(checkout(), repository)
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  keepDeclarations(
    out,
    Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.types])),
  )
}

export const checkout = (): Checkout => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Checkout // our own package.json

const RELATIVE = /(\bfrom |\bimport\()(['"])(\.[^'"]+)\.ts\2/g

/**
 * Keeps the declarations that an export leads to: the others speak of Node and of clients, which a
 * consumer's compiler may not know. The compiler leaves the endings in them as they are in the
 * sources.
 */
function keepDeclarations(out: string, entries: readonly string[]): void {
  const reached = new Set<string>()
  const reach = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll(RELATIVE, '$1$2$3.js$2'))
    for (const [, , , link = ''] of text.matchAll(RELATIVE)) reach(resolve(dirname(file), `${link}.d.ts`))
  }
  for (const entry of entries) reach(resolve(out, entry))
  for (const file of globSync('**/*.d.ts', { cwd: out })) if (!reached.has(join(out, file))) rmSync(join(out, file))
}

if (import.meta.main) build()
