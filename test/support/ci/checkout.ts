import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ROOT } from '../../docs/pages.ts'

export type Variables = { readonly [name: string]: string }

/** What a job of a CI system ended with, and what it wrote. */
export type Ran = { readonly code: number; readonly output: string }

/** A repository, and what a CI system keeps of its jobs: artifacts, in a directory for each. */
export interface Host {
  /** A fresh clone of the repository, without anything of another job. */
  clone(): string
  /**
   * Runs a shell script there, as the runners of both systems do. On the signal the job is
   * cancelled, as by a runner that dies: with all its processes, at once.
   */
  run(script: string, directory: string, env: Variables, cancelled?: AbortSignal): Promise<Ran>
  /** Keeps files of a job; those that are not there are left out. */
  keep(name: string, paths: readonly string[], directory: string): void
  /** Puts what a job has left into a directory. */
  restore(name: string, directory: string): void
  /** Where what is kept lies. */
  readonly artifacts: string
  remove(): void
}

/** A host of a repository with these files. */
export function hostOf(files: { readonly [path: string]: string }): Host {
  const root = mkdtempSync(join(tmpdir(), 'zds-ci-'))
  const [origin, artifacts, bin] = ['origin', 'artifacts', 'bin'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ] // three names, three paths
  for (const directory of [origin, artifacts, bin]) mkdirSync(directory)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(origin, path)), { recursive: true })
    writeFileSync(join(origin, path), text)
  }
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: origin,
      stdio: 'pipe',
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'A configuration')
  writeNpm(join(bin, 'npm'))
  let clones = 0
  return {
    artifacts,
    clone: () => {
      const directory = join(root, `clone-${(clones += 1)}`)
      execFileSync('git', ['clone', '--quiet', origin, directory], { stdio: 'pipe' })
      return directory
    },
    run: (script, directory, env, cancelled) =>
      shell(script, directory, { ...env, PATH: pathOf(bin), HOME: root }, cancelled),
    keep: (name, paths, directory) => {
      for (const path of paths.filter((one) => existsSync(join(directory, one))))
        cpSync(join(directory, path), join(artifacts, name, path), { recursive: true })
    },
    restore: (name, directory) => {
      if (existsSync(join(artifacts, name))) cpSync(join(artifacts, name), directory, { recursive: true })
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

const pathOf = (bin: string): string => [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)

/** `npm ci`, as it leaves a project whose lock file has zds; no other command of npm. */
function writeNpm(file: string): void {
  const links = [
    'mkdir -p node_modules/.bin',
    `ln -s '${ROOT}' node_modules/zds`,
    `ln -s '${join(ROOT, 'bin/zds.js')}' node_modules/.bin/zds`,
  ]
  writeFileSync(file, `#!/bin/sh\nset -e\n[ "$1" = ci ]\n${links.join('\n')}\n`)
  chmodSync(file, 0o755)
}

function shell(script: string, cwd: string, env: Variables, cancelled?: AbortSignal): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { NO_COLOR: '1', ...env }, detached: true }
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], options)
    cancelled?.addEventListener('abort', () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'))
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
