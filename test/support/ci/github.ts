import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import { parse } from 'yaml'
import type { Host, Ran, Variables } from './checkout.ts'

type Step = {
  readonly id?: string
  readonly if?: string
  readonly uses?: string
  readonly with?: Variables
  readonly run?: string
  readonly env?: Variables
}
type Job = {
  readonly needs?: string
  readonly if?: string
  readonly environment?: string
  readonly env?: Variables
  readonly outputs?: Variables
  readonly steps: readonly Step[]
}

export type GithubRun = {
  readonly host: Host
  /** The context `github`. */
  readonly github: { readonly [name: string]: unknown }
  /** Secrets and variables of each environment. */
  readonly environments: { readonly [name: string]: Variables }
  /** Environments with reviewers who agreed; a job of another one in `gates` waits. */
  readonly gates?: readonly string[]
  readonly reviewed?: readonly string[]
  /** Programs of a runner that are not those of this machine, as shell functions. */
  readonly prelude?: string
}

type Done = Ran & { readonly outputs: Variables }
type Context = { readonly [name: string]: unknown }

/** Runs a workflow as GitHub does, one job after the other, each in a fresh clone. */
export async function runGithub(text: string, run: GithubRun): Promise<ReadonlyMap<string, Done>> {
  const { jobs } = parse(text) as { jobs: { [name: string]: Job } } // checked by GitHub's own parser in a test of its own
  const ran = new Map<string, Done>()
  for (const [name, job] of Object.entries(jobs)) {
    const need = job.needs === undefined ? undefined : ran.get(job.needs)
    const needs = job.needs === undefined ? {} : { [job.needs]: { outputs: need?.outputs ?? {} } }
    const waits = (run.gates ?? []).includes(job.environment ?? '') && !run.reviewed?.includes(job.environment ?? '')
    if ((job.needs !== undefined && need?.code !== 0) || waits) continue
    if (job.if !== undefined && evaluated(job.if, { github: run.github, needs }) !== 'true') continue
    ran.set(name, await runJob(job, needs, run))
  }
  return ran
}

async function runJob(
  job: Job,
  needs: Context,
  { host, environments, github, prelude = '' }: GithubRun,
): Promise<Done> {
  const directory = join(host.clone(), '.') // an empty workspace would do for jobs that check nothing out
  const held = environments[job.environment ?? ''] ?? {}
  const steps: Record<string, { outputs: Variables }> = {}
  const context = (): Context => ({ github: { token: 'token', ...github }, needs, steps, secrets: held, vars: held })
  const ended: Ran = { code: 0, output: '' }
  const files = { GITHUB_OUTPUT: join(directory, '.git/output'), GITHUB_STEP_SUMMARY: join(directory, '.git/summary') }
  const result = { ...ended }
  for (const step of job.steps) {
    if (result.code !== 0 && step.if !== 'always()') continue
    if (step.uses !== undefined) action(step, directory, host)
    if (step.run === undefined) continue
    const env = filled({ ...job.env, ...step.env }, context())
    const known = { GITHUB_REPOSITORY: String(github['repository']), ...files }
    const { code, output } = await host.run(`${prelude}\n${step.run}`, directory, { ...env, ...known })
    if (code !== 0) result.code = code
    result.output += output
    if (step.id !== undefined) steps[step.id] = { outputs: outputsIn(files.GITHUB_OUTPUT) }
  }
  return { ...result, outputs: filled(job.outputs ?? {}, context()) }
}

function action({ uses = '', with: given = {} }: Step, directory: string, host: Host): void {
  const name = given['name'] ?? ''
  if (uses.startsWith('actions/upload-artifact@')) host.keep(name, (given['path'] ?? '').trim().split('\n'), directory)
  else if (uses.startsWith('actions/download-artifact@')) host.restore(name, directory)
  else if (!/^actions\/(checkout|setup-node)@/.test(uses))
    throw new Error(`An action that this runner does not have: ${uses}`)
}

function outputsIn(file: string): Variables {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    return Object.fromEntries(lines.map((line) => line.split('=') as [string, string])) // NAME=value, as the workflow writes them
  } catch {
    return {}
  }
}

const filled = (texts: Variables, context: Context): Variables =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => evaluated(expression, context)),
    ]),
  )

/** The value of an expression, by GitHub's own evaluator. */
function evaluated(expression: string, context: Context): string {
  const { tokens } = new Lexer(expression).lex()
  const parsed = new Parser(tokens, Object.keys(context), []).parse()
  return new Evaluator(parsed, valueOf(context) as data.Dictionary).evaluate().coerceString() // made of an object
}

function valueOf(value: unknown): data.ExpressionData {
  if (typeof value !== 'object' || value === null) return new data.StringData(`${value as string | number}`) // what JSON has besides
  const entries = Object.entries(value).map(([key, one]: [string, unknown]) => ({ key, value: valueOf(one) }))
  return new data.Dictionary(...entries)
}
