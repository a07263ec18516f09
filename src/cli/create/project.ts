import { configFor, type Instance } from './instances.ts'
import { needsOf, packageFile, type Needs } from './package-file.ts'
import { pipelineFor, PIPELINES, type System } from './pipeline.ts'
import { exampleOf, settingsIn } from './settings.ts'
import { reference, template } from './template.ts'
import type { Files } from './files.ts'

/** A repository of one's own: its files, and the packages that it needs. */
export function projectOf(
  directory: string,
  instances: readonly Instance[],
  ci: System | 'none',
): { files: Files; needs: Needs } {
  const config = configFor(instances, reference('sync.config.ts'))
  const settings = settingsIn(config)
  const needs = needsOf(config)
  const files = {
    'sync.config.ts': config,
    'data/plans.yaml': withSchema('plans'),
    'data/overrides.yaml': withSchema('overrides'),
    '.gitignore': template('project/gitignore'),
    '.env.example': exampleOf(settings),
    'package.json': packageFile(directory, needs),
    'tsconfig.json': template('project/tsconfig.json'),
    ...(ci !== 'none' && { [PIPELINES[ci]]: pipelineFor(ci, settings) }),
  }
  return { files, needs }
}

/** A data file that tells editors what may stand in it. */
const withSchema = (name: 'plans' | 'overrides'): string =>
  `# yaml-language-server: $schema=../node_modules/zds/docs/${name}.schema.json\n${reference(`data/${name}.yaml`)}`
