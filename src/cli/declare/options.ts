import { InvalidArgumentError, Option, type Command } from '@commander-js/extra-typings'
import { EXIT_CODES as CODES } from '../exit-codes.ts'

/** What a group of commands is declared with. */
export type Declaring = {
  readonly program: Command
  readonly signal: AbortSignal
  /** Told the exit code of the command that was carried out. */
  readonly ended: (code: number) => void
}

export const EXIT_CODES = `
Exit codes:
${CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`

export const CONFIG = ['--config <file>', 'the configuration (default: the nearest sync.config.ts)'] as const
export const ENV_FILE = ['--env <file>', 'read variables from a file; the environment wins'] as const
export const AS_OF = ['--as-of <date>', 'the date that the rules see, YYYY-MM-DD (default: today, UTC)'] as const

/** What every command has that works with a configuration. */
export const LOG_FORMAT = (): Option =>
  new Option('--log-format <format>', 'stderr for people, or as JSON lines')
    .choices(['text', 'json'])
    .env('ZDS_LOG_FORMAT')
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

export const LOG_LEVEL = (): Option =>
  new Option('--log-level <level>', 'how much the JSON lines tell; debug has each request')
    .choices(LEVELS)
    .env('ZDS_LOG_LEVEL')

/** Of what makes or carries out a plan. */
export const PROFILE = ['--profile', 'also say where the time went: services, limits, stages, own work'] as const

export const FROM = [
  '--from <run>',
  'make no request: read what a run (its id, or last) or a directory of stages has gathered',
] as const

/** Milliseconds of an age like `14d` or `36h`. */
export function age(text: string): number {
  const [, count, unit] = /^(\d+)([dh])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be days or hours, like 14d or 36h.')
  const hours = Number(count) * (unit === 'd' ? 24 : 1)
  if (hours > 876_000) throw new InvalidArgumentError('It must be at most 36500d, a hundred years.')
  return hours * 3_600_000
}

/** An option that may be given several times. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

/** A file to write. `-`, which is stdout elsewhere, would be a file of that name. */
export function outFile(text: string): string {
  if (text !== '' && text !== '-') return text
  throw new InvalidArgumentError('It must be the name of a file; --json, where there is one, prints on stdout.')
}

/** A whole number of the command line. */
export function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at most 10 digits.')
  return Number(text)
}

/** Seconds of at most a day. */
export function seconds(text: string): number {
  const value = whole(text)
  if (value > 86_400) throw new InvalidArgumentError('It must be at most 86400, a day.')
  return value
}
