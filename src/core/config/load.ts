import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { refuse, ZdsError, type Issue } from '../errors.ts'
import { isRecord } from '../json.ts'
import { whyNotLoaded } from './broken.ts'
import { readVariables, slipsIn, type Variables } from './env-file.ts'
import { nearestConfig, PLACES } from './find.ts'
import { fingerprintOf } from './fingerprint.ts'
import { importWatched, LOADING_MS, type LoadedModule } from './import.ts'
import { within } from '../settings.ts'
import { NAMED, stages } from './stages.ts'
import type { Config } from './define.ts'

/** A configuration that was found and is whole. */
export type Project = {
  readonly config: Config
  readonly file: string
  /** The directory of the configuration: `.zds/`, `.env` and relative paths are there. */
  readonly directory: string
  /** Changes whenever the text of the configuration or an address that it writes to does. */
  readonly fingerprint: string
  /** The file of variables that was read, if any. */
  readonly variables?: Variables
}

/** Imports a configuration, and says what keeps it from being one. */
async function imported(file: string, { withinMs = LOADING_MS, signal }: LoadOptions): Promise<LoadedModule> {
  try {
    return await importWatched(file, withinMs, signal ?? new AbortController().signal)
  } catch (cause) {
    signal?.throwIfAborted()
    throw whyNotLoaded(file, cause)
  }
}

export type LoadOptions = {
  /** The configuration, when it is not to be searched for. */
  readonly config?: string
  /** A file of variables that is read instead of the `.env` file beside the configuration. */
  readonly env?: string
  /** The environment, where it is not that of the process. */
  readonly variables?: { readonly [name: string]: string | undefined }
  /** How long its code may run, in milliseconds. Default 30,000. */
  readonly withinMs?: number
  /** Gives up waiting for its code. */
  readonly signal?: AbortSignal
  /** Told what is most likely a slip. */
  readonly warn?: (message: string) => void
}

/**
 * Finds, loads and checks the configuration: `config`, or the nearest `sync.config.ts` from `from`
 * up to the project's root. Its variables are read first, from `env` or the `.env` file beside it;
 * the environment wins. Throws CONFIG_NOT_FOUND, CONFIG_BROKEN, CONFIG_INVALID, FILE_NOT_FOUND or
 * FILE_INVALID.
 */
export async function load(from: string, options: LoadOptions = {}): Promise<Project> {
  const { variables } = options
  return variables === undefined ? loadHere(from, options) : within({ ...variables }, () => loadHere(from, options))
}

async function loadHere(from: string, options: LoadOptions): Promise<Project> {
  const { config: named, env, warn } = options
  let variables = env === undefined ? undefined : await readVariables(resolve(from, env))
  const file = named === undefined ? await nearestConfig(from) : resolve(from, named)
  if (file === undefined) throw notFound(`There is no ${PLACES[0]} in ${from} or above it`)
  if (!existsSync(file)) throw notFound(`There is no file ${file}`)
  if (statSync(file).isDirectory()) throw notFound(`${file} is a directory`)
  const beside = join(dirname(file), '.env')
  if (env === undefined && existsSync(beside)) variables = await readVariables(beside)
  const { module, files } = await imported(file, options)
  if (variables && warn) slipsIn(variables).forEach(warn)
  const found = isRecord(module) ? module['default'] : undefined
  if (found === undefined || found === null) {
    throw new ZdsError('CONFIG_BROKEN', `${file} has no default export`, {
      hint: 'End it with: export default defineConfig({ ... })',
    })
  }
  refuse('CONFIG_INVALID', `${file} is not a configuration of zds`, shapeIssues(found))
  const config = found as Config // its shape was checked in the line above
  stages(config)
  return {
    config,
    file,
    directory: dirname(file),
    fingerprint: fingerprintOf(file, config, files),
    ...(variables && { variables }),
  }
}

function notFound(message: string): ZdsError {
  return new ZdsError('CONFIG_NOT_FOUND', message, {
    hint: 'Run zds where the configuration is, or name it: --config path/to/sync.config.ts',
  })
}

type Unknown = { readonly [key: string]: unknown }

const reads = (value: Unknown): boolean => typeof value['read'] === 'function'
const isSync = (value: Unknown): boolean => value['kind'] === 'sync'

/** What a configuration lists by name. */
const KINDS = {
  sources: { fits: reads, is: 'a source' },
  processors: { fits: reads, is: 'a processor' },
  targets: { fits: isSync, is: 'a sync, as sync({ desired, target, … }) makes it' },
  hooks: { fits: (value: Unknown) => isSync(value) || value['kind'] === 'observer', is: 'a sync or an observer' },
}
const REQUIRED = new Set(['sources', 'targets'])

const SETTINGS = {
  state: {
    fits: (value: unknown) => typeof value === 'function',
    is: 'what opens a state: localState, postgresState({ … })',
  },
  engine: {
    fits: (value: unknown) => isRecord(value) && typeof value['ask'] === 'function',
    is: 'who carries out runs: dbosEngine({ … })',
  },
  keepDays: {
    fits: (value: unknown) => typeof value === 'number' && value >= 0 && value <= 36_500,
    is: 'a number of days; 0 keeps all',
  },
  silenced: {
    fits: (value: unknown) =>
      isRecord(value) && Object.values(value).every((why) => typeof why === 'string' && why !== ''),
    is: 'ids of findings, each with why it is left: { "token-ends:global": "…" }',
  },
} as const

/**
 * All that is wrong with the outermost shape, each with its path. Plugins have checked their own
 * options when they were called.
 */
function shapeIssues(config: unknown): Issue[] {
  if (!isRecord(config))
    return [invalid('default export', 'must be an object with sources, processors, targets and hooks')]
  const strangers = Object.keys(config).filter((key) => !(key in KINDS) && !(key in SETTINGS))
  const names = new Set<string>()
  return [
    ...strangers.map((key) => invalid(key, `is not one of ${Object.keys({ ...KINDS, ...SETTINGS }).join(', ')}`)),
    ...Object.entries(SETTINGS).flatMap(([key, { fits, is }]) =>
      config[key] === undefined || fits(config[key]) ? [] : [strange(key, config[key], is)],
    ),
    ...Object.entries(KINDS).flatMap(([section, { fits, is }]) => {
      const entries = config[section]
      if (entries === undefined) return REQUIRED.has(section) ? [invalid(section, 'is missing')] : []
      if (!isRecord(entries)) return [invalid(section, 'must be an object: names and what they stand for')]
      return Object.entries(entries).flatMap(([name, value]) => {
        const path = `${section}.${name}`
        const problems = isRecord(value) && fits(value) ? [] : [strange(path, value, is)]
        if (!NAMED.test(name)) problems.push(invalid(path, 'must be named with letters, digits and hyphens'))
        if (names.has(name)) problems.push(invalid(path, 'has a name that another entry has'))
        names.add(name)
        return problems
      })
    }),
  ]
}

/** What stands where something else is due. A promise of it may fail, and nobody else waits for that. */
function strange(path: string, value: unknown, due: string): Issue {
  if (value instanceof Promise) value.catch(() => undefined)
  return invalid(path, `must be ${due}`)
}

const invalid = (where: string, message: string): Issue => ({ code: 'CONFIG_INVALID', where, message })
