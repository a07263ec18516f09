/**
 * A whole run, plan and apply of the reference configuration, against the sandbox with the
 * latencies of the real services: zds, the reference way (`reference.ts`), the time that limits and
 * latencies allow (`bound.ts`), and the fewest calls (`fewest.ts`). `node bench/end-to-end.ts 2500 4`:
 * accounts, and how many times as fast as life all latencies are; what is computed is not faster, so
 * a high one speaks against zds.
 */
import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load, openEngine, type Plan } from 'zds'
import { boundOf } from './bound.ts'
import { callLines, fewestOf } from './fewest.ts'
import { fastClock } from './latencies.ts'
import { referenceRun } from './reference.ts'
import type { Asked, Counted } from './services.ts'

const ROOT = join(import.meta.dirname, '..')
/** Seconds of the services' time, by phase and in all. */
type Timed = { readonly seconds: number; readonly phases: { readonly [phase: string]: number } }

const [mode = '2500', speed = '4', file = ''] = process.argv.slice(2)
switch (mode) {
  case 'plan':
    writeFileSync(file, JSON.stringify(await planned(`${file}.state`)))
    break
  case 'zds':
    process.stdout.write(JSON.stringify(await zdsRun(file)))
    break
  case 'reference':
    process.stdout.write(JSON.stringify(await timed(() => referenceRun(planIn(file), fastClock(Number(speed))))))
    break
  default:
    await compared(mode)
}

async function compared(accounts: string): Promise<void> {
  const scratch = mkdtempSync(join(ROOT, 'bench/.tmp-'))
  const plan = join(scratch, 'plan.json')
  try {
    const ours = await services(accounts)
    child('plan', plan, ours.env)
    await ours.calls()
    ours.tell('slow')
    const zds = JSON.parse(child('zds', scratch, ours.env)) as Timed // printed by this file
    const calls = await ours.calls()
    ours.tell('close')
    const theirs = await services(accounts)
    theirs.tell('slow')
    const reference = JSON.parse(child('reference', plan, theirs.env)) as Timed // as above
    const theirCalls = await theirs.calls()
    theirs.tell('close')
    told({ accounts, plan: planIn(plan), zds, reference, calls, theirCalls })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function services(accounts: string) {
  const server: ChildProcess = fork(join(import.meta.dirname, 'services.ts'), [accounts, speed])
  const tell = (asked: Asked): boolean => server.send(asked)
  const [env] = (await once(server, 'message')) as [NodeJS.ProcessEnv] // its first message
  const calls = async (): Promise<Counted> => {
    tell('count')
    const [counted] = (await once(server, 'message')) as [Counted] // its answer
    return counted
  }
  return { env, tell, calls }
}

function child(way: string, path: string, env: NodeJS.ProcessEnv): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, way, speed, path], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function planIn(path: string): Plan {
  return JSON.parse(readFileSync(path, 'utf8')) as Plan // written by this file
}

async function engineOf(directory: string) {
  const { config, fingerprint } = await load(ROOT)
  return openEngine({ config, fingerprint, directory, clock: fastClock(Number(speed)) })
}

async function planned(directory: string): Promise<Plan> {
  const engine = await engineOf(directory)
  try {
    return await engine.plan()
  } finally {
    await engine.close()
  }
}

async function zdsRun(directory: string): Promise<Timed> {
  const engine = await engineOf(join(directory, 'zds'))
  return timed(async (phase) => {
    const plan = await engine.plan({}, watching(phase))
    const report = await engine.apply(plan, { force: true }, watching(phase))
    await engine.close()
    if (report.error !== undefined) throw report.error
  })
}

function watching(phase: (name: string) => void) {
  const nothing = (): void => undefined
  return {
    scheduled: nothing,
    progress: nothing,
    rows: nothing,
    warn: nothing,
    started: ({ id }: { readonly id: string }) => phase(`${id} begins`),
    ended: ({ id }: { readonly id: string }) => phase(id),
  }
}

/** Runs something that tells when a phase has ended. */
async function timed(work: (phase: (name: string) => void) => Promise<void>): Promise<Timed> {
  const phases: { [phase: string]: number } = {}
  const started = performance.now()
  const seconds = (): number => ((performance.now() - started) / 1000) * Number(speed)
  await work((name) => void (phases[name] = seconds()))
  const cpu = process.cpuUsage()
  return { seconds: seconds(), phases: { ...phases, 'own CPU': (cpu.user + cpu.system) / 1e6 } }
}

function told(all: {
  readonly accounts: string
  readonly plan: Plan
  readonly zds: Timed
  readonly reference: Timed
  readonly calls: Counted
  readonly theirCalls: Counted
}): void {
  const { accounts, plan, zds, reference, calls, theirCalls } = all
  const bound = boundOf(plan, theirCalls)
  const sum = (counted: Counted): number => Object.values(counted).reduce((total, count) => total + count, 0)
  const lines = [
    `${Number(accounts).toLocaleString('en')} accounts, latencies ${speed} times as fast as in life`,
    `zds ${zds.seconds.toFixed(1)} s, reference way ${reference.seconds.toFixed(1)} s, bound ${bound.toFixed(1)} s`,
    `reference / zds ${(reference.seconds / zds.seconds).toFixed(2)}   zds / bound ${(zds.seconds / bound).toFixed(2)}`,
    `calls: zds ${sum(calls)}, reference way ${sum(theirCalls)}`,
    ...Object.entries(zds.phases).map(([phase, at]) => `  ${at.toFixed(1).padStart(6)} s  ${phase}`),
    ...callLines(calls, fewestOf(plan, theirCalls)),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
