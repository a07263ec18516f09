import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isObject, textOf } from './json.ts'
import type { SlackMessage } from './slack/app.ts'
import { startSandbox, type Sandbox } from './start.ts'
import type { World } from './types.ts'
import { extended, type Additions } from './world/additions.ts'
import { generateWorld } from './world/generate.ts'
import { isDay, readFaults, readWorld } from './world/read.ts'

export type SandboxCommandOptions = Additions & {
  /** How many accounts to generate (default 500); not together with `world`. */
  readonly accounts?: number
  readonly seed?: number
  /** A world file, JSON. */
  readonly world?: string
  /** A fault file: a JSON list of faults. */
  readonly faults?: string
  /** Where to write the data that the sandbox starts with, as a world file. */
  readonly writeWorld?: string
  /**
   * Where to write the environment file (mode 0600); a file of somebody else is not replaced, unless
   * it is the example beside it (`.env.example`), copied and not filled in.
   */
  readonly writeEnv?: string
  /** The first port; the services take this one and the next ones (default: any free). */
  readonly port?: number
  /** The date of the generated data, `YYYY-MM-DD` (default today). */
  readonly asOf?: string
}

/**
 * Runs a sandbox for `zds sandbox` until the signal aborts; throws an Error that says what to
 * correct.
 */
export async function sandboxCommand(
  options: SandboxCommandOptions,
  io: { out(line: string): void; signal: AbortSignal },
): Promise<void> {
  check(options)
  const world = extended(options.world === undefined ? generated(options) : readWorld(options.world), options)
  if (options.writeWorld !== undefined) writeWorld(options.writeWorld, world)
  const faults = options.faults === undefined ? [] : readFaults(options.faults, Object.keys(world.zendesk))
  const told = (message: SlackMessage): void => messageLines(message).forEach((line) => io.out(line))
  const port = options.port === undefined ? {} : { port: options.port }
  const sandbox = await startSandbox({ world, faults, slack: { told }, ...port })
  try {
    report(sandbox, planCommand(world.asOf, options.writeEnv), options.writeEnv, (line) => io.out(line))
    await aborted(io.signal)
  } finally {
    await sandbox.close()
  }
  io.out('The sandbox has stopped; its data is gone.')
}

const generated = ({ accounts, seed, asOf }: SandboxCommandOptions): World =>
  generateWorld({
    ...(accounts === undefined ? {} : { accounts }),
    ...(seed === undefined ? {} : { seed }),
    ...(asOf === undefined ? {} : { asOf }),
  })

function check({ accounts, seed, world, port, asOf, writeEnv, writeWorld }: SandboxCommandOptions): void {
  const whole = (name: string, value: number | undefined, most: number): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= most)) {
      throw new Error(`${name} must be a whole number from 0 to ${most}, not ${value}`)
    }
  }
  whole('--accounts', accounts, 1_000_000)
  whole('--seed', seed, 2_147_483_647)
  whole('--port', port, 65_500)
  if (asOf !== undefined && !isDay(asOf)) throw new Error(`--as-of must be a date such as 2026-03-16, not ${asOf}`)
  const generated = [accounts, seed, asOf].some((value) => value !== undefined)
  if (world !== undefined && generated)
    throw new Error('--world brings its own data: leave out --accounts, --seed and --as-of')
  if (writeEnv !== undefined) checkOurs('--write-env', writeEnv, OURS)
  if (writeWorld !== undefined) checkOurs('--write-world', writeWorld, OUR_WORLD)
}

/** The first line of a file that a sandbox wrote: by it the next one knows that it may. */
const OURS = '# Written by zds sandbox'

/** How a world file begins that a sandbox wrote. */
const OUR_WORLD = '{"writtenBy":"zds sandbox",'

/** What is only a copy of the example beside it, not filled in, is nobody's either. */
function checkOurs(option: string, file: string, ours: string): void {
  const textIn = (name: string): string => (existsSync(name) ? readFileSync(name, 'utf8').trim() : '')
  const text = textIn(file)
  if (text === '' || text.startsWith(ours) || text === textIn(`${file}.example`)) return
  throw new Error(
    `${file} was not written by zds sandbox and is left alone: give ${option} another name, or move it away`,
  )
}

const writeWorld = (file: string, world: World): void =>
  writeFileSync(file, `${OUR_WORLD}${JSON.stringify(world).slice(1)}\n`)

/** A message that Slack has got, as a person reads it. */
function messageLines({ channel, text, blocks }: SlackMessage): string[] {
  const told = blocks.flatMap((block) =>
    isObject(block) && isObject(block['text']) ? textOf(block['text']['text']) : [],
  )
  return [`Slack ${channel}: ${text}`, ...told.flatMap((part) => part.split('\n')).map((line) => `  ${line}`)]
}

function report(sandbox: Sandbox, command: string, envFile: string | undefined, out: (line: string) => void): void {
  out(`Salesforce  ${sandbox.salesforce.url}  ${sandbox.salesforce.tables['Account']?.length ?? 0} accounts`)
  for (const [name, instance] of Object.entries(sandbox.zendesk)) {
    out(
      `Zendesk     ${instance.url}  ${name}: ${instance.organizations.length} organizations, ${instance.users.length} users`,
    )
  }
  out(`Slack       ${sandbox.slack.url}`)
  out('')
  const lines = Object.entries(sandbox.env).map(([name, value]) => `${name}=${value}`)
  if (envFile === undefined) {
    out('The environment of a client:')
    for (const line of lines) out(`  ${line}`)
    out('')
    out(`With --write-env .env the sandbox writes this to a file. Then, in another terminal: ${command}`)
  } else {
    const head = `${OURS}; the next one that is told to replaces it.`
    writeFileSync(envFile, `${[head, ...lines].join('\n')}\n`, { mode: 0o600 })
    // The mode above counts for a new file only.
    chmodSync(envFile, 0o600)
    out(`The environment is in ${envFile}. In another terminal: ${command}`)
  }
  out('Press Ctrl+C to stop; all data is in memory.')
}

/**
 * Data of another day is planned as of that day, else subscriptions would have run out meanwhile; a
 * file of variables has to be named unless it is the `.env` that is read anyway.
 */
function planCommand(asOf: string | undefined, envFile: string | undefined): string {
  const today = new Date().toISOString().slice(0, 10)
  const day = asOf === undefined || asOf === today ? [] : ['--as-of', asOf]
  const env = envFile === undefined || resolve(envFile) === resolve('.env') ? [] : ['--env', quoted(envFile)]
  return ['npx zds plan', ...env, ...day].join(' ')
}

/** A path as a shell reads it. */
const quoted = (path: string): string =>
  /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
