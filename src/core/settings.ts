import { inspect } from 'node:util'
import { ZdsError, type Issue } from './errors.ts'
import { conceal } from './secrets.ts'

/**
 * A value of the environment, read when it is first used: a stage asks only for what it needs, and
 * nothing prints it by accident.
 */
export interface Setting {
  /** The name of the variable, for messages. */
  readonly name: string
  /** The value; throws ENV_MISSING when there is neither a value nor a default. */
  read(): string
  /** The value, or undefined where it is not set. */
  readonly peek: () => string | undefined
}

/** An environment variable. An empty value counts as not set. */
export function env(name: string, fallback?: string): Setting {
  return setting(name, () => process.env[name] || fallback)
}

/**
 * An environment variable whose value must never be seen: it is replaced by `***` in everything
 * that zds prints or writes, from now on, not from its first use: what fails before may quote it.
 */
export function secret(name: string): Setting {
  const peek = (): string | undefined => conceal(process.env[name] || undefined)
  peek()
  return setting(name, peek)
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

function setting(name: string, peek: () => string | undefined): Setting {
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
