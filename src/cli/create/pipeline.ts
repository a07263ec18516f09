import { template } from './template.ts'
import type { Declared } from './settings.ts'

/** The systems that a pipeline can be written for, and where each looks for it. */
export const PIPELINES = { gitlab: '.gitlab-ci.yml', github: '.github/workflows/zds.yml' } as const
export type System = keyof typeof PIPELINES

/** What a pipeline reads besides what the configuration declares. */
const OWN: readonly Declared[] = [{ name: 'ZDS_PLAN_KEY', secret: true }]

/** The line of a template that stands for all variables, with its indentation. */
const EACH = /^( *)NAME: of each variable$/m

/**
 * A pipeline for a configuration that reads these variables. GitLab gives a job all variables of
 * its environment; GitHub only those that are named.
 */
export function pipelineFor(system: System, settings: readonly Declared[]): string {
  const names = new Set(settings.map(({ name }) => name))
  const all = [...settings, ...OWN.filter(({ name }) => !names.has(name))]
  const lines = all.map(({ name, secret }) => `${name}: \${{ ${secret ? 'secrets' : 'vars'}.${name} }}`)
  return template(`ci/${system}.yml`).replace(EACH, (_, indent: string) =>
    lines.map((line) => indent + line).join('\n'),
  )
}
