import { textsOf } from '../../core/config/fingerprint.ts'
import type { LoadOptions } from '../../core/config/load.ts'
import type { Config } from '../../core/config/define.ts'
import { stages } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'
import { nearest } from '../../core/options.ts'
import { instancePipeline, parentPipeline, pipelineFor, type InstanceSyncs, type System } from '../create/pipeline.ts'
import { settingsIn } from '../create/settings.ts'
import { loadWatched } from '../load-watched.ts'

export type CiOptions = LoadOptions & { children?: true; instance?: string }

/** `zds ci`: a pipeline for the variables that the files of the configuration declare. */
export async function ciCommand(system: System, options: CiOptions): Promise<number> {
  const { children, instance } = options
  if (system !== 'gitlab' && (children || instance !== undefined))
    throw new ZdsError('USAGE', 'Only GitLab has child pipelines', { hint: 'zds ci gitlab --children' })
  const { file, config } = await loadWatched(options)
  const code = [...textsOf(file).values()].join('\n')
  process.stdout.write(
    instance !== undefined
      ? instancePipeline(instanceNamed(instance, config))
      : children
        ? parentPipeline(instancesOf(config))
        : pipelineFor(system, settingsIn(code)),
  )
  return 0
}

/** Throws CONFIG_INVALID where a sync waits for one of another instance, whose pipeline is another one. */
function instancesOf(config: Config): InstanceSyncs[] {
  const applies = stages(config).filter((stage) => stage.kind === 'apply')
  const places = new Map(applies.map(({ id, sync }) => [id, sync.target.instance]))
  for (const { id, needs } of applies)
    for (const need of needs.filter((one) => places.has(one) && places.get(one) !== places.get(id)))
      throw new ZdsError('CONFIG_INVALID', `${id} waits for ${need}, of another instance`, {
        hint: 'Then a pipeline for each instance does not do: zds ci gitlab',
      })
  const syncs = Map.groupBy(applies, ({ sync }) => sync.target.instance)
  return [...syncs].map(([instance, some]) => ({ instance, syncs: some.map(({ name }) => name) }))
}

function instanceNamed(asked: string, config: Config): InstanceSyncs {
  const all = instancesOf(config)
  const found = all.find(({ instance }) => instance === asked)
  if (found !== undefined) return found
  const names = all.map(({ instance }) => instance)
  const near = nearest(asked, names)
  throw new ZdsError('USAGE', `There is no instance ${asked}`, {
    hint: near === undefined ? `Known are: ${names.join(', ')}.` : `Did you mean ${near}?`,
  })
}
