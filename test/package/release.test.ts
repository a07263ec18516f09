import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import { manifestOf } from '../../scripts/manifest.ts'
import { prepare, released, repositoryOf } from '../../scripts/release.ts'
import { ROOT, textOf } from '../docs/pages.ts'

const FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md']

describe('release prepare', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'zds-release-'))
    for (const file of FILES) cpSync(join(ROOT, file), join(root, file))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))
  const now = (file: string): string => readFileSync(join(root, file), 'utf8')

  it('writes the version where it stands, and nothing else', () => {
    prepare(root, '7.8.9', '2026-03-16')
    for (const file of FILES.slice(0, 2)) {
      const before = textOf(file).split('\n')
      const changed = now(file)
        .split('\n')
        .filter((line, at) => line !== before[at])
      expect(changed.map((line) => line.trim())).toEqual(changed.map(() => '"version": "7.8.9",'))
      expect(changed).toHaveLength(file === 'package.json' ? 1 : 2)
    }
    const lock = JSON.parse(now('package-lock.json')) as { version: string; packages: { '': { version: string } } } // npm's own form
    expect([lock.version, lock.packages[''].version]).toEqual(['7.8.9', '7.8.9'])
  })

  it('gives what was unreleased the version and the day', () => {
    prepare(root, '7.8.9', '2026-03-16')
    expect(now('CHANGELOG.md')).toBe(
      textOf('CHANGELOG.md').replace('## Unreleased\n', '## Unreleased\n\n## 7.8.9 - 2026-03-16\n'),
    )
  })

  it.each(['0.0.1', '0.1.0', '0.1', 'v9.0.0', '9.0.0-rc.1'])('refuses %s, which is no later version', (version) => {
    expect(() => prepare(root, version, '2026-03-16')).toThrow('is no version after')
    for (const file of FILES) expect(now(file)).toBe(textOf(file))
  })
})

test('a changelog without news, or with the version, is refused', () => {
  const log = '# Changelog\n\n## Unreleased\n\n- News.\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n'
  expect(released(log, '0.2.0', '2026-02-02')).toBe(
    log.replace('## Unreleased\n', '## Unreleased\n\n## 0.2.0 - 2026-02-02\n'),
  )
  expect(() => released(log, '0.1.0', '2026-02-02')).toThrow('has a section for 0.1.0 already')
  expect(() => released(log.replace('- News.\n', ''), '0.2.0', '2026-02-02')).toThrow('has nothing under')
  expect(() => released('# Changelog\n', '0.2.0', '2026-02-02')).toThrow('has nothing under')
})

describe('release publish', () => {
  const publish = (root: string, ...options: string[]): Promise<{ code: unknown; said: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [join(root, 'scripts/release.ts'), 'publish', ...options], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, said: stdout + stderr }),
      )
    })

  it('refuses what is not committed, not tagged, or not in the changelog', async () => {
    // In a repository of its own: on the commit of a release, this one would be published.
    const root = mkdtempSync(join(tmpdir(), 'zds-release-'))
    for (const path of [...FILES, 'scripts']) cpSync(join(ROOT, path), join(root, path), { recursive: true })
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root })
    git('init', '--quiet')
    git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '--quiet', '--allow-empty', '-m', 'Begin')
    const { code, said } = await publish(root)
    rmSync(root, { recursive: true })
    expect(code).toBe(1)
    expect(said).toContain('there are changes that are not committed')
    expect(said).toMatch(/this commit has no tag v[\d.]+\n/)
    expect(said).toContain('CHANGELOG.md has no section for')
    expect(said).toMatch(/Nothing was published\.\n$/)
  })

  it('--dry-run says what npm would publish', async () => {
    const { code, said } = await publish(ROOT, '--dry-run', '--loglevel', 'notice')
    expect(code, said).toBe(0)
    expect(said).toMatch(/npm notice name: zds\n/)
    expect(said).toContain('(dry-run)')
  })

  it('names the repository as CI knows it, for the provenance', () => {
    expect(repositoryOf({})).toBeUndefined()
    expect(repositoryOf({ CI_PROJECT_URL: 'https://git.example/team/zds' })).toBe(
      'git+https://git.example/team/zds.git',
    )
    const github = { GITHUB_SERVER_URL: 'https://hub.example', GITHUB_REPOSITORY: 'team/zds' }
    expect(manifestOf(checkout(), repositoryOf(github)).repository).toEqual({
      type: 'git',
      url: 'git+https://hub.example/team/zds.git',
    })
  })
})
