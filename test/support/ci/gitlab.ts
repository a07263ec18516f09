import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Host, Ran, Variables } from './checkout.ts'

type Rule = { readonly if?: string; readonly when?: 'manual'; readonly allow_failure?: boolean }
/** A job of this pipeline, or of the one that has started it. */
type Need = string | { readonly pipeline: '$PARENT_PIPELINE_ID'; readonly job: string }
type Trigger = {
  readonly stage: string
  readonly needs: readonly string[]
  readonly rules: readonly Rule[]
  readonly variables: Variables
  readonly trigger: { readonly include: string; readonly strategy: 'depend' }
}
type Job = {
  readonly stage: string
  readonly needs?: readonly Need[]
  readonly rules?: readonly Rule[]
  readonly environment: { readonly name: string }
  readonly script: readonly string[]
  readonly allow_failure?: { readonly exit_codes: readonly number[] }
  readonly artifacts?: { readonly when?: 'always'; readonly paths: readonly string[] }
}
type Pipeline = {
  readonly stages: readonly string[]
  readonly workflow: { readonly rules: readonly Rule[] }
  readonly default: { readonly before_script: readonly string[] }
  readonly [job: string]: unknown
}

type Ended = Ran & { readonly passed: boolean }

export type GitlabRun = {
  readonly host: Host
  /** What GitLab says of the pipeline: CI_PIPELINE_SOURCE and others. */
  readonly predefined: Variables
  /** The variables of each environment. */
  readonly environments: { readonly [name: string]: Variables }
  /** Jobs that somebody starts by hand. */
  readonly started?: readonly string[]
  /** Jobs that die. */
  readonly cancelled?: { readonly [job: string]: AbortSignal }
}

/**
 * Runs a pipeline as GitLab does, one job after the other, each in a fresh clone: rules, needs,
 * artifacts, exit codes that are allowed, child pipelines, whose jobs are told with the name of what
 * starts them. A job that does not run is not in the result.
 */
export async function runGitlab(text: string, run: GitlabRun): Promise<Map<string, Ended>> {
  const { host, predefined, environments, started = [], cancelled = {} } = run
  const pipeline = parse(text) as Pipeline // checked against GitLab's schema in a test of its own
  const jobs = Object.entries(pipeline).filter((entry): entry is [string, Job | Trigger] => isJob(entry[1]))
  const ran = new Map<string, Ended>()
  if (matching(pipeline.workflow.rules, predefined) === undefined) return ran
  for (const stage of pipeline.stages) {
    const failed = [...ran.values()].some(({ passed }) => !passed)
    for (const [name, job] of jobs.filter(([, one]) => one.stage === stage)) {
      const rule = job.rules === undefined ? {} : matching(job.rules, predefined)
      const needs: readonly Need[] | undefined = job.needs
      const own = needs?.filter((need) => typeof need === 'string')
      const may = own === undefined ? !failed : own.every((need) => ran.get(need)?.passed)
      if (rule === undefined || !may || (rule.when === 'manual' && !started.includes(name))) continue
      if ('trigger' in job) for (const [child, end] of await runChild(name, job)) ran.set(child, end)
      else ran.set(name, await runJob(name, job))
    }
  }
  return ran

  async function runChild(name: string, { trigger, variables }: Trigger) {
    const child = readFileSync(join(host.clone(), trigger.include), 'utf8')
    const source = { ...predefined, ...variables, CI_PIPELINE_SOURCE: 'parent_pipeline' }
    const own = started.flatMap((one) => (one.startsWith(`${name}/`) ? [one.slice(name.length + 1)] : []))
    const ended = await runGitlab(child, { ...run, predefined: source, started: own })
    return [...ended].map(([job, end]) => [`${name}/${job}`, end] as const)
  }

  async function runJob(name: string, job: Job): Promise<Ended> {
    const directory = host.clone()
    const earlier: readonly Need[] = job.needs ?? [...ran.keys()]
    for (const one of earlier) host.restore(typeof one === 'string' ? one : one.job, directory)
    const script = [...pipeline.default.before_script, ...job.script].join('\n')
    const variables = { ...predefined, ...environments[job.environment.name] }
    const result = await host.run(script, directory, variables, cancelled[name])
    const passed = result.code === 0 || (job.allow_failure?.exit_codes.includes(result.code) ?? false)
    if (result.code === 0 || job.artifacts?.when === 'always') host.keep(name, job.artifacts?.paths ?? [], directory)
    return { ...result, passed }
  }
}

const isJob = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('script' in value || 'trigger' in value)

/** The first rule that holds. */
const matching = (rules: readonly Rule[], variables: Variables): Rule | undefined =>
  rules.find((rule) => rule.if === undefined || holds(rule.if, variables))

/** `$A == "b" && $C =~ /d/`, and no more of the language than that. */
function holds(condition: string, variables: Variables): boolean {
  return condition.split('&&').every((part) => {
    const [, left = '', operator, right = ''] = /^\s*\$(\w+) (==|!=|=~) (\S+)\s*$/.exec(part) ?? []
    if (operator === undefined) throw new Error(`A rule that this runner cannot read: ${part}`)
    const value = variables[left] ?? ''
    if (operator === '=~') return new RegExp(right.slice(1, -1)).test(value)
    const other = right.startsWith('$') ? (variables[right.slice(1)] ?? '') : right.slice(1, -1)
    return (value === other) === (operator === '==')
  })
}
