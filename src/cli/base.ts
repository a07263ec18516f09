import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { load, type Project } from '../core/config/load.ts'
import { messageOf, ZdsError } from '../core/errors.ts'

const run = promisify(execFile)

/**
 * Work with the configuration that `base` names: a file, or the one of today as a git reference has
 * it, beside the files that it had then. Those lie below `scratch` meanwhile, where packages resolve
 * as they do for the project; the work tree and the index stay as they are.
 */
export async function withBase<Result>(
  base: string,
  { file, directory }: Project,
  scratch: string,
  work: (base: Project) => Promise<Result>,
): Promise<Result> {
  const loaded = (config: string): Promise<Project> => load(dirname(config), { config }).catch(ofBase(base))
  if (isFile(base)) return work(await loaded(base))
  const unknown = (cause?: unknown): never => {
    const message = `${base} is neither a file nor a reference of git that is known here${saidBy(cause)}`
    const hint = 'Give --base a branch, a tag or a commit (git fetch, where it is elsewhere), or a configuration file.'
    throw new ZdsError('USAGE', message, { cause, hint })
  }
  const root = await git(directory, 'rev-parse', '--show-toplevel').catch(unknown)
  if (base.startsWith('-')) return unknown()
  const commit = await git(directory, 'rev-parse', '--verify', '--quiet', `${base}^{commit}`).catch(unknown)
  const tree = await mkdtemp(join(scratch, 'base-'))
  try {
    await checkOut(root, commit, tree)
    const then = join(tree, relative(root, await realpath(file)))
    if (existsSync(then)) return await work(await loaded(then))
    throw new ZdsError('CONFIG_NOT_FOUND', `There is no ${relative(root, await realpath(file))} in ${base}`, {
      hint: 'Give --base a reference that has it, or a configuration file.',
    })
  } finally {
    await rm(tree, { recursive: true, force: true })
  }
}

/** The files of a commit, by an index of their own, which is not that of the work tree. */
async function checkOut(root: string, commit: string, tree: string): Promise<void> {
  const env = { GIT_INDEX_FILE: join(tree, '.index') }
  try {
    await run('git', ['-C', root, 'read-tree', commit], { env: { ...process.env, ...env } })
    await run('git', ['-C', root, 'checkout-index', '--all', `--prefix=${tree}/`], { env: { ...process.env, ...env } })
  } catch (cause) {
    throw new ZdsError('USAGE', `git cannot give the files of ${commit}: ${messageOf(cause)}`, { cause })
  } finally {
    await rm(env.GIT_INDEX_FILE, { force: true })
  }
}

/** Why git says nothing at all: there is none, no repository, or one of another user, as in a container. */
function saidBy(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  const said = 'stderr' in cause ? String(cause.stderr).trim() : cause.message
  return said === '' ? '' : ` (${said.split('\n')[0]})`
}

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', resolve(directory), ...args])
  return stdout.trim()
}

/** A directory may have the name of a branch. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** What is wrong with the base is not to be looked for in the files of today. */
const ofBase =
  (base: string) =>
  (error: unknown): never => {
    if (!(error instanceof ZdsError) || error.code === 'INTERRUPTED') throw error
    const { code, message, hint, issues } = error
    throw new ZdsError(code, `In ${base}, the base: ${message}`, { cause: error, hint, issues })
  }

/** Relative paths of a configuration count from its directory. */
export const insideOf =
  (directory: string, base: string) =>
  async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const before = process.cwd()
    process.chdir(directory)
    try {
      return await work().catch(ofBase(base))
    } finally {
      process.chdir(before)
    }
  }
