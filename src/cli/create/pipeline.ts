import { NAMED } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'
import { template } from './template.ts'
import type { DeclaredSetting } from './settings.ts'

/** The systems that a pipeline can be written for, and where each looks for it. */
export const PIPELINES = { gitlab: '.gitlab-ci.yml', github: '.github/workflows/zds.yml' } as const
export type System = keyof typeof PIPELINES

/** What a pipeline reads besides what the configuration declares. */
const OWN: readonly DeclaredSetting[] = [{ name: 'ZDS_PLAN_KEY', secret: true }]

/** The line of a template that stands for all variables, with its indentation. */
const EACH = /^( *)NAME: of each variable$/m

/** An instance, and the syncs that write to it, in the order in which they are carried out. */
export type InstanceSyncs = { readonly instance: string; readonly syncs: readonly string[] }

/**
 * A pipeline of GitLab that plans, and then starts one for each instance, which `instancePipeline`
 * is.
 */
export const parentPipeline = (instances: readonly InstanceSyncs[]): string =>
  [template('ci/gitlab.yml'), ...instances.map((one) => forInstance('ci/gitlab-trigger.yml', one))].join('\n')

/** The child pipeline of one instance: its part of the plan of the pipeline that starts it. */
export const instancePipeline = (one: InstanceSyncs): string => forInstance('ci/gitlab-instance.yml', one)

/** Jobs, files and locks are named after the instance. Throws CONFIG_INVALID where they cannot be. */
function forInstance(path: string, { instance, syncs }: InstanceSyncs): string {
  if (!NAMED.test(instance))
    throw new ZdsError('CONFIG_INVALID', `No pipeline can be named after the instance ${JSON.stringify(instance)}`, {
      hint: 'Name it with letters, digits and hyphens, or have one pipeline for all: zds ci gitlab',
    })
  return template(path).replaceAll(/INSTANCE|SYNCS/g, (word) => (word === 'SYNCS' ? syncs.join(' ') : instance))
}

/**
 * A pipeline for a configuration that reads these variables. GitLab gives a job all variables of
 * its environment; GitHub only those that are named.
 */
export function pipelineFor(system: System, settings: readonly DeclaredSetting[]): string {
  if (system === 'gitlab') return `${template('ci/gitlab.yml')}\n${template('ci/gitlab-apply.yml')}`
  const names = new Set(settings.map(({ name }) => name))
  const all = [...settings, ...OWN.filter(({ name }) => !names.has(name))]
  const lines = all.map(({ name, secret }) => `${name}: \${{ ${secret ? 'secrets' : 'vars'}.${name} }}`)
  return template('ci/github.yml').replace(EACH, (_, indent: string) => lines.map((line) => indent + line).join('\n'))
}
