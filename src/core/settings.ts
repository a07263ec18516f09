import { inspect } from 'node:util'
import { ZdsError, type Issue } from './errors.ts'
import { conceal } from './secrets.ts'

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
  /** All that is wrong with a value that is set, for checks before the run (SAFE-07). */
  issues?(): readonly Issue[]
}

/**
 * An environment variable. An empty or blank one counts as not set; blanks and line ends around a
 * value are no part of it.
 */
export function env(name: string, fallback?: string): Setting {
  return setting(name, () => valueOf(name) ?? fallback)
}

/**
 * An environment variable whose value must never be seen: it is replaced by `***` in everything
 * that zds prints or writes, from now on, not from its first use: what fails before may quote it.
 */
export function secret(name: string): Setting {
  const peek = (): string | undefined => {
    conceal(process.env[name])
    return valueOf(name)
  }
  peek()
  return setting(name, peek)
}

/** Whether somebody set the variable, rather than that its default holds. */
export const isGiven = ({ name }: { readonly name: string }): boolean => valueOf(name) !== undefined

/** What is left of a shell's empty quotes is empty too. */
function valueOf(name: string): string | undefined {
  const value = process.env[name]?.trim() ?? ''
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
  issues?: () => readonly Issue[],
): Setting<Value> {
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
    ...(issues && { issues }),
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
