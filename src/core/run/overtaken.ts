import { FAR_MS } from '../clock.ts'
import { ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Journal, RunRecord, State } from '../state/state.ts'
import { isUnfinished, restOf, type Rest, type RestAsked } from './history.ts'
import { planLeft } from './plan-parts.ts'
import type { Shared } from './shared.ts'
import { runsOf } from './timely.ts'

// What was looked at before locks were waited for, or a person was asked, is looked at again under
// them.

/** Throws PLAN_STALE where a run has begun with the same plan, or it is not due any more. */
export async function assertFirst(plan: Plan, state: Remembered): Promise<void> {
  await assertDue(plan, state)
  const twin = (await runsOf(plan, state.journal)).find(({ status }) => status !== 'abandoned')
  if (twin !== undefined) throw begun(plan, twin, `is ${twin.status}`, AGAIN)
}

type Remembered = Pick<State, 'journal' | 'artifacts'>

/**
 * Throws PLAN_STALE for a plan that nobody should begin with: one that was given up after it had sent
 * something, which would be sent twice, and one that a later plan has overtaken. For such a plan
 * nothing else is given up.
 */
export async function assertDue(plan: Plan, state: Remembered): Promise<void> {
  await assertNotGivenUp(plan, state.journal)
  await assertNewest(plan, state)
}

async function assertNotGivenUp(plan: Plan, journal: Journal): Promise<void> {
  for (const run of await runsOf(plan, journal)) {
    const sent = run.status === 'abandoned' ? await sentBy(run.id, plan, journal) : 0
    if (sent > 0) throw begun(plan, run, `was given up, with ${sent} of its changes sent`, ANEW)
  }
}

/** What is left of a run that stopped, before a saved plan is carried out, or a new one. */
export async function restBefore(asked: RestAsked, shared: Shared): Promise<Rest | undefined> {
  const { saved } = asked
  const runs = saved === undefined ? [] : await runsOf(saved, shared.state.journal)
  if (saved !== undefined && runs.every(({ status }) => status === 'abandoned')) await assertDue(saved, shared.state)
  return restOf(shared, asked)
}

function begun({ createdAt }: Plan, { id, startedAt }: RunRecord, end: string, hint: string): ZdsError {
  const message = `Run ${id} began with this plan at ${startedAt}, after it was made (${createdAt}), and ${end}`
  return new ZdsError('PLAN_STALE', message, { hint: `${hint}\n${CLOCK}` })
}

async function sentBy(run: string, plan: Plan, journal: Journal): Promise<number> {
  const known = await Promise.all(plan.syncs.map(({ name }) => journal.known(run, name)))
  return known.reduce((sum, { size }) => sum + size, 0)
}

const AGAIN = 'Run the same command again: it tells what became of it, or goes on with the rest.'
const COMMANDS = 'zds plan --out FILE; of single stages, from what is gathered anew: zds stage plan'
const ANEW = `Make a new one, which has the rest: ${COMMANDS}`
const CLOCK = 'If the plan is newer than that run, the clock of the machine that made it is behind: set it right (NTP).'

/**
 * A plan that was made later, by more than clocks may differ, has been begun with, or had nothing to
 * do: what that one found right is what this one would still change, from older data. A plan that
 * sets a run back rests on none, one of an earlier day has other dates, and what was not read wholly
 * says nothing.
 */
async function assertNewest(plan: Plan, state: Remembered): Promise<void> {
  if (plan.undoes !== undefined) return
  const concerned = new Set(plan.syncs.flatMap(({ name, changes }) => (changes.length > 0 ? [name] : [])))
  const isLater = ({ createdAt, asOf, config, undoes, syncs }: Plan): boolean =>
    Date.parse(createdAt) - Date.parse(plan.createdAt) > FAR_MS &&
    asOf >= plan.asOf &&
    config === plan.config &&
    undoes === undefined &&
    syncs.some(({ name, complete }) => concerned.has(name) && complete.desired && complete.existing)
  for await (const { run, does, later } of madeSince(new Date(plan.createdAt), state)) {
    if (later === undefined || !isLater(later)) continue
    const message = `Run ${run} ${does} a plan that was made later, at ${later.createdAt}: this one, made at ${plan.createdAt}, rests on older data`
    throw new ZdsError('PLAN_STALE', message, { hint: `Make a new one: ${COMMANDS}\n${CLOCK}` })
  }
}

type MadeSince = { readonly run: string; readonly does: string; readonly later: Plan | undefined }

/** The plans that somebody has begun with since a moment, and those that were made since and are empty. */
async function* madeSince(moment: Date, { journal, artifacts }: Remembered): AsyncGenerator<MadeSince, void> {
  for (const { id, startedAt } of await journal.runs())
    if (Date.parse(startedAt) > moment.getTime())
      yield { run: id, does: 'has begun with', later: await journal.plan(id) }
  for (const { run, kind, changes } of await journal.noted(moment))
    if (kind === 'planned' && changes === 0)
      yield { run, does: 'has found nothing to do, with', later: await planLeft(artifacts(run)) }
}

/** Throws PLAN_STALE where a run has come to its end since somebody found that it had stopped. */
export async function assertLeft(id: string, journal: Journal): Promise<void> {
  const run = await journal.run(id)
  if (run !== undefined && isUnfinished(run)) return
  throw new ZdsError('PLAN_STALE', `Run ${id} was ended by another process meanwhile: ${run?.status ?? 'forgotten'}`, {
    hint: 'Run the same command again: it starts from what is there then.',
  })
}
