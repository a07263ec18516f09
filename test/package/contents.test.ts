import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import type { Manifest } from '../../scripts/manifest.ts'
import { page, ROOT, textOf } from '../docs/pages.ts'

const DIST = join(ROOT, 'dist')
const manifest = JSON.parse(textOf('dist/package.json')) as Manifest // as scripts/build.ts wrote it
const npm = (...args: string[]): string =>
  execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' })
const tool = (path: string, ...args: string[]): string =>
  execFileSync(process.execPath, [join(ROOT, 'node_modules', path), ...args], { cwd: ROOT, encoding: 'utf8' })
const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '')

/** What editors read. */
const SCHEMAS = ['faults', 'overrides', 'plan', 'plans', 'report', 'world'].map((name) => `docs/${name}.schema.json`)

describe('what is published', () => {
  const stray = ['plan.json', '.env', 'zds-0.0.0.tgz'].map((name) => join(DIST, name))
  afterAll(() => stray.forEach((file) => rmSync(file, { force: true })))

  it('is code, declarations, documentation and the reference configuration: nothing of tests, CI or a stray plan', () => {
    for (const file of stray) writeFileSync(file, '{}')
    const [packed] = JSON.parse(npm('pack', './dist', '--dry-run', '--json')) as { files: { path: string }[] }[] // npm's own form
    const paths = packed?.files.map(({ path }) => path) ?? []
    const places = new Set(paths.map((path) => path.replace(/\/.*/, '')))
    expect([...places].toSorted()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'bin',
        'docs',
        'package.json',
        'plugins',
        'reference',
        'src',
        'templates',
      ].toSorted(),
    )
    const odd = paths.filter((path) => !/\.(js|d\.ts|md)$|^(package\.json|LICENSE)$|^templates\//.test(path))
    expect(odd.toSorted()).toEqual(
      [
        ...SCHEMAS,
        ...['apply', 'doctor', 'explain', 'plan'].map((name) => `docs/screens/${name}.svg`),
        'reference/data/overrides.yaml',
        'reference/data/plans.yaml',
        'reference/sync.config.ts',
        'src/cli/render/page/style.css',
      ].toSorted(),
    )
    const tests = paths.filter((path) => /\btest\b|\bvitest\b|\.tmp/.test(path) && !/^(docs|templates)\//.test(path))
    expect(tests.toSorted()).toEqual(['src/cli/commands/test.js'])
  })

  it('exports what the checkout exports, each with its declarations, and zds as the only program', () => {
    const { exports } = checkout()
    expect(Object.keys(manifest.exports)).toEqual([...Object.keys(exports), './package.json'])
    for (const entry of Object.values(manifest.exports))
      for (const file of typeof entry === 'string' ? [entry] : Object.values(entry))
        expect(globSync(file, { cwd: DIST })).toHaveLength(1)
    expect(manifest.bin).toEqual({ zds: 'bin/zds.js' })
    expect(manifest.engines['node']).toMatch(/^>=24\b/)
    expect(textOf('dist/bin/zds.js')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it('brings nothing of the checkout: no Node, no scripts, no development', () => {
    const keys = Object.keys(manifest)
    for (const key of ['private', 'scripts', 'devDependencies', 'optionalDependencies']) expect(keys).not.toContain(key)
    expect(inject('tarball')).toMatch(new RegExp(`zds-${manifest.version.replaceAll('.', '\\.')}\\.tgz$`))
  })
})

describe('what it needs', () => {
  const { optionalFor } = manifest
  /** The packages that files of a folder import, whenever they do. */
  const importedIn = (folder: string): Set<string> =>
    new Set(
      globSync(`${folder}/**/*.js`, { cwd: DIST }).flatMap((file) => {
        const text = withoutComments(readFileSync(join(DIST, file), 'utf8'))
        return [
          ...text.matchAll(
            /(?:^import |^export [^;]*?\bfrom |\bfrom |\bimport\(|\bcreateRequire\(import\.meta\.url\)\()['"]((?:@[\w-]+\/)?[a-z][\w-]*)/gm,
          ),
        ]
          .map(([, name = '']) => name)
          .filter((name) => !name.startsWith('node') || name === 'node-zendesk')
      }),
    )

  it('by every installation is what the core and the command line import', () => {
    const needed = new Set([...importedIn('src/core'), ...importedIn('src/cli')])
    needed.delete('zds')
    for (const one of ['mcp', 'mapping', 'log'].flatMap((part) => optionalFor[part] ?? [])) needed.delete(one)
    // A peer of the typings, which are all that is left of them at run time.
    expect([...needed, 'commander'].toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted())
  })

  it('by one part alone is an optional peer, said by its name', () => {
    const parts = {
      ...Object.fromEntries(globSync('*', { cwd: join(DIST, 'plugins') }).map((one) => [one, `plugins/${one}`])),
      sandbox: 'src/sandbox',
      mcp: 'src/cli/mcp',
      mapping: 'src/cli/mapping',
      log: 'src/cli/log',
    }
    for (const [part, folder] of Object.entries(parts)) {
      const own = [...importedIn(folder)].filter((name) => name !== 'zds' && !(name in manifest.dependencies))
      expect(own.toSorted(), part).toEqual(optionalFor[part] ?? [])
    }
    expect(Object.keys(manifest.peerDependencies)).toEqual([...new Set(Object.values(optionalFor).flat())].toSorted())
    for (const meta of Object.values(manifest.peerDependenciesMeta)) expect(meta).toEqual({ optional: true })
  })

  it('is listed in docs/install.md, part by part', () => {
    const rows = [...page('docs/install.md').text.matchAll(/^\| `zds[/ ]([\w-]+)`[^|]*\| (.*?) \|$/gm)]
    const listed = rows.map(([, part = '', cell = '']) => [
      part,
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).toSorted(),
    ])
    expect(Object.fromEntries(listed)).toEqual(optionalFor)
  })
})

describe('its declarations', () => {
  it('name no module but their own: no type of Node or of a client', () => {
    const files = globSync('**/*.d.ts', { cwd: DIST })
    expect(files.length).toBeGreaterThan(50)
    const strangers = files.flatMap((file) => {
      const code = withoutComments(readFileSync(join(DIST, file), 'utf8'))
      const found = [...code.matchAll(/(?:\bfrom |\bimport\(|^import )['"]([^.'"][^'"]*)['"]|\b(NodeJS|Buffer)\b/gm)]
      return found
        .map(([, module, global]) => module ?? global)
        .filter((name) => name !== 'zds')
        .map((name) => `${file}: ${name}`)
    })
    expect(strangers).toEqual([])
  })
})

describe('linters of packages', () => {
  it('publint finds nothing', () => {
    expect(tool('publint/src/cli.js', 'dist', '--strict')).toContain('All good!')
  })

  it('are-the-types-wrong finds nothing, for a package of ES modules', () => {
    expect(tool('@arethetypeswrong/cli/dist/index.js', inject('tarball'))).toContain(
      "(ignoring resolutions: 'node10', 'node16-cjs')",
    )
  }, 60_000)
})
