import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { stateLines, violations, type Left, type OutcomeRow } from './crash-laws.ts'
import { AS_OF } from './crash-world.ts'
import { project, type Project } from './zds.ts'

const ROOT = join(import.meta.dirname, '../..')
const PRELOAD = fileURLToPath(new URL('./crash-at.ts', import.meta.url))

/**
 * When a process is sent a signal: at the n-th write of its journal, after so many milliseconds
 * (SIGKILL both), or once something is seen.
 */
export type Kill =
  | { readonly kind: 'boundary'; readonly at: number; readonly side: 'before' | 'after' }
  | { readonly kind: 'moment'; readonly ms: number }
  | { readonly kind: 'seen'; readonly seen: (sandbox: Sandbox) => boolean; readonly signal: NodeJS.Signals }

type Ended = { readonly code: number | 'killed'; readonly stdout: string; readonly stderr: string; readonly ms: number }

/** A `zds` that runs: what it has told so far, what became of it. */
export type Started = {
  readonly ended: Promise<Ended>
  told(): string
  signal(name: NodeJS.Signals): void
}

/** A project with a sandbox of its own, whose `zds` can be killed. */
export interface Victim {
  readonly sandbox: Sandbox
  /** Where `zds` runs; with a state database, where it ran last: each time in another one. */
  readonly directory: string
  /** Runs `zds`, which gets a signal at the moment that is given. */
  zds(args: readonly string[], kill?: Kill): Promise<Ended>
  /** The same, for those who want to do something while it runs. */
  start(args: readonly string[], kill?: Kill): Started
  outcomes(): Promise<OutcomeRow[]>
  close(): Promise<void>
}

/**
 * `working`: how long jobs work, in milliseconds. `state`: the address of a state database; then
 * every call of `zds` has a fresh directory, as jobs of CI have. `variables`: more of them, for all.
 */
export async function victim(
  world: World,
  working = 40,
  state?: string,
  variables: { readonly [name: string]: string } = {},
): Promise<Victim> {
  const sandbox = await startSandbox({
    world,
    zendesk: { jobMs: { queued: 5, working }, requestsPerMinute: 1_000_000 },
  })
  const places: Project[] = [project({})]
  const here = (): Project => places.at(-1) ?? project({})
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    NO_COLOR: '1',
    ...sandbox.env,
    ZDS_HTTP_BASE_DELAY_MS: '5',
    ...(state !== undefined && { ZDS_STATE_URL: state }),
    ...variables,
  }
  const start: Victim['start'] = (args, kill) => {
    if (state !== undefined) places.push(project({}))
    const { directory } = here()
    const started = performance.now()
    const env = {
      ...base,
      ...(kill?.kind === 'boundary' && { CRASH_AT: `${kill.at}:${kill.side}` }),
      CRASH_COUNT: join(directory, 'boundaries'),
    }
    const child = spawn(process.execPath, ['--import', PRELOAD, join(ROOT, 'bin/zds.js'), ...args], {
      cwd: directory,
      env,
    })
    const stop = kill === undefined ? () => undefined : watch(kill, sandbox, (signal) => void child.kill(signal))
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => void (said[name] += text))
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code, signal) => {
        stop()
        resolve({ code: signal === 'SIGKILL' ? 'killed' : (code ?? -1), ...said, ms: performance.now() - started })
      })
    })
    return { ended, told: () => said.stderr, signal: (name) => void child.kill(name) }
  }
  const zds: Victim['zds'] = (args, kill) => start(args, kill).ended
  return {
    sandbox,
    get directory() {
      return here().directory
    },
    start,
    zds,
    outcomes: async () => {
      const { code, stdout, stderr } = await zds(['outcomes', 'last'])
      if (code !== 0) throw new Error(`The outcomes cannot be told: ${stderr}`)
      return rowsIn(stdout)
    },
    close: async () => {
      for (const place of places) place.remove()
      await sandbox.close()
    },
  }
}

/** Sends the signal when it is due; the function that is returned ends the waiting. */
function watch(kill: Kill, sandbox: Sandbox, send: (signal: NodeJS.Signals) => void): () => void {
  switch (kill.kind) {
    case 'boundary':
      return () => undefined
    case 'moment': {
      const timer = setTimeout(() => send('SIGKILL'), kill.ms)
      return () => clearTimeout(timer)
    }
    case 'seen': {
      const timer = setInterval(() => {
        if (!kill.seen(sandbox)) return
        clearInterval(timer)
        send(kill.signal)
      }, 2)
      return () => clearInterval(timer)
    }
  }
}

export const APPLY = ['apply', '--yes', '--force', '--as-of', AS_OF] as const

/**
 * What an undisturbed apply leaves behind, at which boundaries of its journal, and how long it
 * took.
 */
export type Undisturbed = Left & { readonly boundaries: readonly string[]; readonly ms: number }

export async function undisturbed(world: World, state?: string): Promise<Undisturbed> {
  const here = await victim(world, undefined, state)
  try {
    const { code, stderr, ms } = await here.zds(APPLY)
    if (code !== 0) throw new Error(`The undisturbed apply failed: ${stderr}`)
    const boundaries = readFileSync(join(here.directory, 'boundaries'), 'utf8').split('\n')
    return {
      state: stateLines(here.sandbox),
      outcomes: await here.outcomes(),
      told: here.sandbox.slack.messages.length,
      boundaries,
      ms,
    }
  } finally {
    await here.close()
  }
}

/**
 * How a trial went: what was violated, and how often the apply was killed before it came to its
 * end.
 */
export type Trial = { readonly violations: readonly string[]; readonly kills: number; readonly where: string }

/**
 * An apply that is killed as often as `kills` says, the same command again each time, until it ends
 * by itself; then all laws are checked.
 */
export async function trial(
  world: World,
  kills: readonly Kill[],
  reference: Left,
  working?: number,
  state?: string,
): Promise<Trial> {
  const here = await victim(world, working, state)
  try {
    const where: string[] = []
    let ended: Ended | undefined
    for (const kill of [...kills, undefined]) {
      ended = await here.zds(APPLY, kill)
      if (ended.code !== 'killed') break
      where.push(
        /^crash .*$/m.exec(ended.stderr)?.[0] ?? `after ${kill?.kind === 'moment' ? Math.round(kill.ms) : 0} ms`,
      )
    }
    const next = await here.zds(['plan', '--json', '--as-of', AS_OF])
    // Whoever is killed between claiming to tell and having told is silent for ever: that is what
    // "at most once" means.
    const exactly = where.every((one) => one.startsWith('crash') && !/UPDATE (zds\.)?runs SET told_at/.test(one))
    return {
      violations: [
        ...(ended?.code === 0 ? [] : [`the last apply ended with ${ended?.code}: ${ended?.stdout}${ended?.stderr}`]),
        ...violations(
          here.sandbox,
          { state: stateLines(here.sandbox), outcomes: await here.outcomes() },
          reference,
          exactly,
        ),
        ...pending(next),
      ],
      kills: where.length,
      where: where.join(', '),
    }
  } finally {
    await here.close()
  }
}

function pending({ code, stdout, stderr }: Ended): string[] {
  if (code !== 0) return [`the next plan ended with ${code}: ${stderr}`]
  const { syncs } = JSON.parse(stdout) as {
    syncs: readonly { name: string; changes: readonly { op: string; key: string }[] }[]
  } // as documented
  return syncs.flatMap(({ name, changes }) =>
    changes.map(({ op, key }) => `the next plan is not empty: ${name} ${op} ${key}`),
  )
}

/** Each line is a row as `zds outcomes` documents it. */
const rowsIn = (text: string): OutcomeRow[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as OutcomeRow]))

/** Changes a record as a person would, over the API. */
export async function byHand(
  { zendesk, tokenEnv }: Sandbox,
  instance: 'global' | 'us_gov',
  path: `/${'organizations' | 'users'}/${number}`,
  body: { readonly [key: string]: unknown },
): Promise<void> {
  const name = `ZENDESK_${instance.toUpperCase()}`
  const authorization = `Basic ${btoa(`${tokenEnv[`${name}_EMAIL`]}/token:${tokenEnv[`${name}_API_TOKEN`]}`)}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(`${zendesk[instance]?.url}/api/v2${path}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}
