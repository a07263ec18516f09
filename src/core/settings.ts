import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { ZdsError, type Issue } from './errors.ts'
import { conceal } from './secrets.ts'

/** Variables by name. */
export type Environment = { [name: string]: string | undefined }

const lent = new AsyncLocalStorage<Environment>()

/**
 * Where the settings that are made now will be read: what `within` lends, else the environment of
 * the process.
 */
export const environment = (): Environment => lent.getStore() ?? process.env

/** Settings that are made during `work` are read from `variables`, and from nowhere else. */
export const within = <Result>(variables: Environment, work: () => Result): Result => lent.run(variables, work)

/**
 * A value of the environment, read when it is first used: a stage asks only for what it needs, and
 * nothing prints it by accident.
 */
export interface Setting<Value = string> {
  /** The name of the variable, for messages. */
  readonly name: string
  /**
   * The value. Throws ENV_MISSING when there is neither a value nor a default, ENV_INVALID when it
   * cannot be meant.
   */
  read(): Value
  /** The value, or undefined where it is not set. Throws ENV_INVALID as `read` does. */
  readonly peek: () => Value | undefined
  /** Whether somebody set the variable, rather than that its default holds. */
  readonly given?: () => boolean
  /** All that is wrong with a value that is set, for checks before the run (SAFE-07). */
  issues?(): readonly Issue[]
}

/**
 * For the schema of options: a setting. Where its text stands instead, no variable is read, and a
 * secret would be in the configuration.
 */
export const settingSchema: object = {
  type: 'object',
  required: ['read', 'peek'],
  title: "a setting: env('NAME'), or secret('NAME')",
}

/** A setting whose values stand for records by their keys (SAFE-09). */
export interface Guard {
  readonly setting: Setting<string | readonly string[]>
  /** Whether a value means the record with this key; the same text, unless given. */
  readonly means?: (value: string, key: string) => boolean
}

const named = new Set<string>()

/** The variables of all settings that were made in this process: what can be meant by a name. */
export const settingNames = (): ReadonlySet<string> => named

/**
 * An environment variable. An empty or blank one counts as not set; blanks and line ends around a
 * value are no part of it.
 */
export function env(name: string, fallback?: string): Setting {
  const variables = environment()
  const value = (): string | undefined => valueIn(variables, name)
  return setting(name, () => value() ?? fallback, { given: () => value() !== undefined })
}

/**
 * An environment variable whose value must never be seen: it is replaced by `***` in everything
 * that zds prints or writes, from now on, not from its first use: what fails before may quote it.
 */
export function secret(name: string): Setting {
  const variables = environment()
  const peek = (): string | undefined => {
    conceal(variables[name])
    return valueIn(variables, name)
  }
  peek()
  return setting(name, peek, { given: () => peek() !== undefined })
}

/**
 * The value of a variable, or undefined where it is not set. What is left of a shell's empty quotes
 * is empty too.
 */
export function valueIn(variables: Environment, name: string): string | undefined {
  const value = variables[name]?.trim() ?? ''
  return ['', '""', "''"].includes(value) ? undefined : value
}

/**
 * The settings that have neither a value nor a default, as issues: for checks that name all of them
 * at once (SAFE-07).
 */
export function unset(...settings: readonly Setting[]): Issue[] {
  return settings
    .filter(({ peek }) => peek() === undefined)
    .map(({ name }) => ({ code: 'ENV_MISSING', where: name, message: 'is not set' }))
}

/** What is wrong with settings that are set, as issues. */
export function invalid(...settings: readonly { issues?(): readonly Issue[] }[]): Issue[] {
  return settings.flatMap((from) => from.issues?.() ?? [])
}

/** A setting that shows nobody its value: only `read` and `peek` give it. */
export function setting<Value>(
  name: string,
  peek: () => Value | undefined,
  more: Pick<Setting, 'given' | 'issues'> = {},
): Setting<Value> {
  named.add(name)
  const shown = `[environment variable ${name}]`
  const made = {
    name,
    peek,
    read: () => {
      const value = peek()
      if (value === undefined) {
        throw new ZdsError('ENV_MISSING', `The environment variable ${name} is not set`, {
          hint: `Set it in the environment or in the .env file beside the configuration.`,
          issues: [{ code: 'ENV_MISSING', where: name, message: 'is not set' }],
        })
      }
      return value
    },
    ...more,
    toJSON: () => shown,
    toString: () => shown,
    [inspect.custom]: () => shown,
  }
  return Object.freeze(made)
}

/** The parts of a comma-separated variable, trimmed, without empty ones. */
export function list(from: Setting): readonly string[] {
  return (from.peek() ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
