import { contentHalf } from '../config/fingerprint.ts'
import { compareId, stageOf, syncsOf, type Stage } from '../config/stages.ts'
import { ZdsError, type Issue } from '../errors.ts'
import type { Artifacts, Summary } from '../state/state.ts'
import type { Shared } from './shared.ts'

/** What is known of the artifacts that a stage reads, by stage. */
export type Inputs = ReadonlyMap<string, Summary>

/** Throws ARTIFACT_MISSING where one is not there. */
export async function inputsOf(needs: readonly string[], artifacts: Artifacts): Promise<Inputs> {
  return new Map(await Promise.all(needs.map(async (id) => [id, await artifacts.summary(id)] as const)))
}

/** What is read of an artifact; undefined where there is none. */
export async function ifLeft<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ZdsError && error.code === 'ARTIFACT_MISSING') return undefined
    throw error
  }
}

/** The summary of an artifact; undefined where there is none. */
export const summaryIn = (artifacts: Artifacts, name: string): Promise<Summary | undefined> =>
  ifLeft(artifacts.summary(name))

/** What an artifact says of how it was made: it is as old as the oldest of what it is made from. */
export function madeFrom(inputs: Inputs, { clock, fingerprint }: Shared): Partial<Summary> {
  const moments = [...inputs.values()].flatMap(({ at }) => at ?? [])
  const [at = ''] = [...moments, clock.now().toISOString()].toSorted()
  return { at, asOf: clock.today, config: fingerprint, inputs: Object.fromEntries(digestsIn(inputs)) }
}

/** All that artifacts are made from, and they themselves: stage and digest, as each of them says. */
const digestsIn = (inputs: Inputs): (readonly [string, string])[] =>
  [...inputs].flatMap(([id, { inputs: earlier = {}, digest = '' }]) => [
    ...Object.entries(earlier),
    [id, digest] as const,
  ])

/** A directory with artifacts of stages, and the stages that there are. */
export type StagePlace = { readonly name: string; readonly artifacts: Artifacts; readonly all: readonly Stage[] }

type Needy = Pick<Stage, 'id' | 'needs'>

/**
 * What a stage needs, all of it there. Throws ARTIFACT_MISSING, and names the stage to run first.
 */
export async function presentInputs({ id, needs }: Needy, { name, artifacts, all }: StagePlace): Promise<Inputs> {
  const missingOf = async (ids: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(ids.map(async (one) => ((await summaryIn(artifacts, one)) ? [] : [one])))
    return found.flat()
  }
  const missing = await missingOf(needs)
  if (missing.length === 0) return inputsOf(needs, artifacts)
  let first = missing[0]
  for (let next = first; next !== undefined; [next] = await missingOf(all.find((one) => one.id === first)?.needs ?? []))
    first = next
  throw new ZdsError('ARTIFACT_MISSING', `${id} needs ${missing.join(', ')}, which ${name} does not have`, {
    hint: `Run this first: zds stage ${first} --run ${name}`,
  })
}

/**
 * Throws ARTIFACT_MISFIT where what a stage needs was not made with this configuration, as of the
 * day `asOf`, for the addresses of today, or not all from the same rows.
 */
export async function assertFit(
  { id }: Needy,
  inputs: Inputs,
  { name, artifacts }: StagePlace,
  shared: Shared,
  asOf: string,
): Promise<void> {
  const issues = [...inputs].flatMap(([where, summary]) => strangeness(where, summary, shared, asOf))
  issues.push(...(await contradictions(inputs, artifacts)))
  if (issues.length === 0) return
  throw new ZdsError('ARTIFACT_MISFIT', `What ${id} needs in ${name} does not fit together`, {
    issues,
    hint: 'Run the stages that are named again, and those that read them.',
  })
}

const misfit = (where: string, message: string): Issue => ({ code: 'ARTIFACT_MISFIT', where, message })

function strangeness(where: string, summary: Summary, { config, fingerprint }: Shared, asOf: string): Issue[] {
  const address = addresses(config).get(where) ?? ''
  return [
    ...(contentHalf(summary.config ?? '') === contentHalf(fingerprint)
      ? []
      : [misfit(where, 'was made with another configuration')]),
    ...(summary.asOf === asOf ? [] : [misfit(where, `is as of ${summary.asOf}, and this is as of ${asOf}`)]),
    ...(address === '' || summary.address === address
      ? []
      : [misfit(where, `is of ${summary.address}, and the configuration writes to ${address}`)]),
  ]
}

/** Where targets are, by the stages that list them and compare with them. */
function addresses(config: Shared['config']): ReadonlyMap<string, string> {
  const idOf = stageOf(config)
  return new Map(
    [...syncsOf(config)].flatMap(([name, { target }]) =>
      [idOf(target), compareId(name)].map((id) => [id, target.address()] as const),
    ),
  )
}

/** What was made from other rows than those that are there, or than those of another input. */
async function contradictions(inputs: Inputs, artifacts: Artifacts): Promise<Issue[]> {
  const known = new Map<string, string | undefined>()
  const issues: Issue[] = []
  for (const [id, summary] of inputs) {
    for (const [source, digest] of digestsIn(new Map([[id, summary]]))) {
      const there = known.get(source) ?? (await summaryIn(artifacts, source))?.digest ?? digest
      known.set(source, there)
      if (there !== digest) issues.push(misfit(id, `was made from another ${source} than the one that is there`))
    }
  }
  return issues
}
