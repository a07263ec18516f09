import type { ToPrepare } from '../compare/prepare.ts'
import { canonical, type Json } from '../json.ts'
import { isMany, packer, type Many } from '../many.ts'
import type { Change, Notice, Skip } from '../plan/plan.ts'
import type { Preparation, Target } from '../types.ts'
import { targetInvalid, wordFor } from '../well-formed.ts'
import { ifLeft } from './inputs.ts'
import type { StageWatch } from './schedule.ts'
import { lend, type Shared, type StageOf } from './shared.ts'

/** What a target made of a planned change: completed it, or left it out, and what it said of it. */
type Said = ({ readonly change: Change } | { readonly skip: Skip }) & { readonly notices?: readonly Notice[] }
type TargetAnswer = { readonly asked: Change } & Said

/**
 * What the target says of planned changes. It is kept beside the plan: where nothing may be asked,
 * what it said of the same change holds, and a change that is new stays as it is.
 */
export async function answersOf(
  { changes, held }: ToPrepare,
  stage: StageOf<'compare'>,
  shared: Shared,
  runId: string,
  watch: StageWatch,
): Promise<Preparation | undefined> {
  const { target } = stage.sync
  if (target.prepare === undefined) return undefined
  const artifacts = shared.state.artifacts(runId)
  const name = `prepare:${stage.name}`
  if (shared.from !== undefined)
    return recalled(changes, await byKey(artifacts.read(name) as AsyncIterable<TargetAnswer>), watch) // written below
  const said = prepared(await target.prepare(changes, { ...lend(stage, shared, runId, watch), held }), target)
  await artifacts.write(name, pairs(changes, said))
  return said
}

function prepared(said: Preparation | undefined, target: Target): Preparation {
  if (isMany(said?.changes) && Array.isArray(said.skipped)) return said
  throw targetInvalid(target, `prepares with ${wordFor(said)}, and has to with { changes, skipped }`)
}

/** Each with what became of it. Targets answer in the order in which they are asked, or in another. */
function* pairs(asked: Many<Change>, { changes, skipped, notices = [] }: Preparation): Iterable<Json> {
  const left = new Map(skipped.map((skip) => [skip.key, { skip }]))
  const noticed = Map.groupBy(notices, ({ key }) => key)
  const completed = changes.values()
  const early = new Map<string, Change>()
  const changeOf = (key: string): Change | undefined => {
    while (!early.has(key)) {
      const { value, done } = completed.next()
      if (done === true) break
      early.set(value.key, value)
    }
    const change = early.get(key)
    early.delete(key)
    return change
  }
  for (const one of asked) {
    const skip = left.get(one.key)
    const change = skip === undefined ? changeOf(one.key) : undefined
    const heard = noticed.get(one.key)
    yield { asked: one, ...skip, ...(change && { change }), ...(heard && { notices: heard }) }
  }
}

async function byKey(answers: AsyncIterable<TargetAnswer>): Promise<ReadonlyMap<string, TargetAnswer>> {
  // Whoever had no change asked nothing.
  const found = (await ifLeft(Array.fromAsync(answers))) ?? []
  return new Map(found.map((answer) => [answer.asked.key, answer]))
}

function recalled(changes: Many<Change>, known: ReadonlyMap<string, TargetAnswer>, watch: StageWatch): Preparation {
  const recalling = packer<Change>()
  const skipped: Skip[] = []
  const notices: Notice[] = []
  let unasked = 0
  for (const change of changes) {
    const answer = known.get(change.key)
    const fits = answer !== undefined && aboutOf(answer.asked) === aboutOf(change)
    const said: Said = fits ? adapted(answer, change) : { change }
    notices.push(...(said.notices ?? []))
    if ('skip' in said) skipped.push(said.skip)
    else recalling.add(said.change)
    if (!fits) unasked += 1
  }
  if (unasked > 0) watch.progress(`${unasked} changes are new since then: their target was not asked about them`)
  return { changes: recalling.rows(), skipped, notices }
}

/** What a target says of a record and of what comes along holds whatever else is written to it. */
const aboutOf = ({ op, id, along }: Change): string => canonical([op, id ?? null, along ?? null])

function adapted(answer: TargetAnswer, change: Change): Said {
  if ('skip' in answer || canonical(answer.asked.fields) === canonical(change.fields)) return answer
  return { change: { ...answer.change, fields: change.fields } }
}
