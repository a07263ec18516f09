import { execFile, type ExecFileOptions } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { inject } from 'vitest'
import type { Result } from '../support/zds.ts'

const SHELL = process.platform === 'win32'

/** A directory of somebody who installed zds, far from the checkout. */
export interface Consumer {
  readonly directory: string
  /**
   * A program as a shell there finds it, under a given Node; nothing of the checkout or of this
   * test run reaches it.
   */
  run(command: string, args: readonly string[], env?: Variables, node?: string): Promise<Result>
  /** `npx zds`. */
  zds(args: readonly string[], env?: Variables, node?: string): Promise<Result>
  write(file: string, text: string): void
  remove(): void
}
type Variables = { readonly [name: string]: string }

/** Installs the tarball, and `packages`, into an empty directory. */
export async function consumer(...packages: readonly string[]): Promise<Consumer> {
  const here = emptyDirectory()
  await installed(here, inject('tarball'), ...packages)
  return here
}

export function emptyDirectory(): Consumer {
  const directory = mkdtempSync(join(tmpdir(), 'zds-consumer-'))
  const run: Consumer['run'] = (command, args, env = {}, node = process.execPath) =>
    result(command, args, { cwd: directory, env: { ...ownEnvironment(directory, node), ...env }, shell: SHELL })
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text)
  write('package.json', '{ "private": true, "type": "module" }\n')
  return {
    directory,
    run,
    zds: (args, env, node) => run('npx', ['--no', '--', 'zds', ...args], env, node),
    write,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Throws with what npm says where it cannot install. */
export async function installed(here: Consumer, ...packages: readonly string[]): Promise<void> {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--save-exact']
  const { code, stdout, stderr } = await here.run('npm', ['install', ...flags, ...packages])
  if (code !== 0) throw new Error(`npm install ${packages.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}

/**
 * What of our environment another program needs: npm's own settings, the network's, and no more of
 * this test run.
 */
function ownEnvironment(directory: string, node: string): Variables {
  const kept = /^(npm_config_(registry|cache|userconfig|globalconfig|cafile)|https?_proxy|no_proxy|HOME|USERPROFILE)$/i
  const more = /^(NODE_EXTRA_CA_CERTS|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|TEMP|TMP)$/i
  const known = Object.entries(process.env).filter(([name]) => kept.test(name) || more.test(name))
  return {
    ...Object.fromEntries(known.map(([name, value]) => [name, value ?? ''])),
    PATH: [dirname(node), process.env['PATH'] ?? ''].join(delimiter),
    XDG_CACHE_HOME: join(directory, '.cache'),
    NO_COLOR: '1',
  }
}

function result(command: string, args: readonly string[], options: ExecFileOptions): Promise<Result> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 1 << 28, ...options, encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr }),
    )
  })
}
