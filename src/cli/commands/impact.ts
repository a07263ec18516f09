import { resolve } from 'node:path'
import { impact, type Impact } from '../../core/answers/impact.ts'
import { insideOf, isFile, withBase } from '../base.ts'
import { lookOf, print, printDocument } from '../output.ts'
import { impactLines, impactMarkdown } from '../render/impact.ts'
import { watched } from '../render/tasks.ts'
import { inSession } from '../session.ts'
import { placeOf } from './plan.ts'

export type ImpactOptions = {
  base: string
  config?: string
  env?: string
  asOf?: string
  from?: string
  json?: true
  markdown?: true
  all?: true
  detailedExitcode?: true
}

/**
 * `zds impact --base REF`: what the configuration and the files of today would change that those of
 * the base would not.
 */
export async function impactCommand(options: ImpactOptions, signal: AbortSignal): Promise<number> {
  const base = isFile(options.base) ? resolve(options.base) : options.base
  const from = placeOf(options.from)
  return inSession(options, signal, async ({ engine, project }) => {
    const { shared } = engine
    const found = await withBase(base, project, shared.state.scratch, ({ config, fingerprint, directory }) =>
      watched((watch) =>
        impact(
          { config, fingerprint, inside: insideOf(directory, options.base) },
          { from, asOf: options.asOf },
          shared,
          watch,
        ),
      ),
    )
    if (options.json) printDocument(found)
    else if (options.markdown) print(impactMarkdown(found, options.base))
    else print(impactLines(found, options.base, lookOf(options.all ?? false)))
    return options.detailedExitcode && !isIdle(found) ? 2 : 0
  })
}

const isIdle = ({ syncs }: Impact): boolean =>
  syncs.every(({ changes, appear, disappear }) => changes.length + appear.length + disappear.length === 0)
