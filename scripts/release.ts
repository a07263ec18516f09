/**
 * `npm run release -- prepare VERSION`, and `publish` in the CI job of its tag: docs/install.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, checkout, ROOT } from './build.ts'

const SHELL = process.platform === 'win32'
const VERSION = /^(\d+)\.(\d+)\.(\d+)$/
const UNRELEASED = '## Unreleased'

/**
 * Writes version and day into package.json, the lock file and the changelog below `root`. Throws
 * where one of them says otherwise.
 */
export function prepare(root: string, version: string, day: string): void {
  const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')
  const { version: before } = JSON.parse(textOf('package.json')) as { version: string } // our own package.json
  if (!isLater(version, before))
    throw new Error(`${version} is no version after ${before}: three numbers, such as 1.2.0`)
  const changelog = released(textOf('CHANGELOG.md'), version, day)
  for (const file of ['package.json', 'package-lock.json'])
    writeFileSync(join(root, file), withVersion(textOf(file), before, version))
  writeFileSync(join(root, 'CHANGELOG.md'), changelog)
}

function isLater(version: string, before: string): boolean {
  const numbers = (text: string): number[] => (VERSION.exec(text) ?? []).slice(1).map(Number)
  const [old, now] = [numbers(before), numbers(version)]
  const first = now.findIndex((number, at) => number !== old[at])
  return first >= 0 && (now[first] ?? 0) > (old[first] ?? 0)
}

/**
 * Where npm writes our own version: at the beginning of package.json, and twice at that of the lock
 * file.
 */
function withVersion(text: string, before: string, version: string): string {
  const [head = '', ...rest] = text.split(/(?="(?:description|node_modules\/)[^"]*")/)
  return [head.replaceAll(`"version": "${before}"`, `"version": "${version}"`), ...rest].join('')
}

/**
 * The changelog with what was unreleased under `version`. Throws where there is nothing, or that
 * version is there already.
 */
export function released(changelog: string, version: string, day: string): string {
  const [head, rest] = changelog.split(`${UNRELEASED}\n`)
  const news = rest?.split(/^## /m)[0]?.trim()
  if (rest === undefined || news === undefined || news === '')
    throw new Error(`CHANGELOG.md has nothing under "${UNRELEASED}"`)
  if (sectionOf(changelog, version)) throw new Error(`CHANGELOG.md has a section for ${version} already`)
  return `${head}${UNRELEASED}\n\n## ${version} - ${day}\n${rest}`
}

const sectionOf = (changelog: string, version: string): boolean => changelog.includes(`\n## ${version} - `)

/** What speaks against publishing what is here. */
function problems(version: string): string[] {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  return [
    ...(git('status', '--porcelain') === '' ? [] : ['there are changes that are not committed']),
    ...(git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`)
      ? []
      : [`this commit has no tag v${version}`]),
    ...(sectionOf(changelog, version) ? [] : [`CHANGELOG.md has no section for ${version}`]),
  ]
}

/**
 * Builds apart from whatever lies in `dist/`, and hands that and all `options` to `npm publish`.
 */
function publish(options: readonly string[]): void {
  const { version } = checkout()
  const found = problems(version)
  for (const problem of found) tell(`zds ${version} is not to be published: ${problem}`)
  if (found.length > 0 && !options.includes('--dry-run')) throw new Error('Nothing was published.')
  const out = mkdtempSync(join(tmpdir(), 'zds-release-'))
  try {
    build(out, repositoryOf(process.env))
    execFileSync('npm', ['publish', out, '--provenance', ...options], { cwd: ROOT, stdio: 'inherit', shell: SHELL })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** Where the sources are, as CI knows it: what the provenance is held against. */
export function repositoryOf({
  GITHUB_SERVER_URL: server,
  GITHUB_REPOSITORY: name,
  CI_PROJECT_URL: project,
}: NodeJS.ProcessEnv) {
  const url = server === undefined || name === undefined ? project : `${server}/${name}`
  return url === undefined ? undefined : `git+${url}.git`
}

const tell = (line: string): boolean => process.stderr.write(`${line}\n`)

function main([command, ...rest]: readonly string[]): void {
  if (command === 'publish') return publish(rest)
  const [version] = rest
  if (command !== 'prepare' || version === undefined)
    throw new Error('npm run release -- prepare VERSION | publish [--dry-run] [options of npm publish]')
  prepare(ROOT, version, new Date().toISOString().slice(0, 10))
  tell(`Look at it, then: git commit -am "zds ${version}" && git tag v${version} && git push --follow-tags`)
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
