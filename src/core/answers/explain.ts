import { nameOf } from '../compare/compare.ts'
import { owns } from '../compare/decide.ts'
import { compareId, syncsOf } from '../config/stages.ts'
import type { Explained } from '../explained.ts'
import { keyReader } from '../keys.ts'
import { troubleOf } from '../outcome.ts'
import type { Op, Plan, Remark } from '../plan/plan.ts'
import type { Journal, RunRecord } from '../state/state.ts'
import type { Existing, Sync } from '../types.ts'
import { syncsAsked, type Narrowing } from './asked.ts'
import { explainedBy, keyMeant, keyOfRecord } from './key-meant.ts'
import { syncPlanLeft } from '../run/plan-parts.ts'
import { rowsIn, type Shared } from '../run/shared.ts'
import { fieldsOf, verdictOf, verdictRules, type FieldAnswer, type KnownOfKey, type KeyVerdict } from './verdict.ts'

/** What one sync says of a key, and why. */
export type SyncAnswer = KeyVerdict &
  Required<Omit<Explained, 'key' | 'absent' | 'fields'>> & {
    readonly sync: string
    readonly instance: string
    readonly id?: string
    /** What people call it. */
    readonly name?: string
    /** The sync whose record it is, where there is one. */
    readonly owner?: string
    /** What the reason means. */
    readonly means?: string
    readonly fields: readonly FieldAnswer[]
    readonly notices: readonly Remark[]
    /** Who or what comes along with it when it is created, and what becomes of them. */
    readonly along: readonly Remark[]
    readonly outcome?: PastOutcome
  }

/** What became of the last change of a record. */
type PastOutcome = {
  readonly run: string
  readonly at: string
  readonly op: Op
  readonly status: string
} & Partial<Remark>

export type Explanation = {
  readonly key: string
  readonly asOf: string
  /** When the rows were gathered that it is made of: `now`, or by which run. */
  readonly gathered: string
  readonly syncs: readonly SyncAnswer[]
}

export type ExplainAsked = Narrowing & { readonly asked: string }

/**
 * All that is known of one key from the artifacts of a run that was planned. Throws USAGE for what
 * nobody knows, and for a sync or a field that is not there.
 */
export async function explainKey(
  { asked, ...narrowed }: ExplainAsked,
  shared: Shared,
  runId: string,
): Promise<Explanation> {
  const syncs = syncsAsked(narrowed, shared)
  const key = await keyMeant({ key: asked, syncs }, shared, runId)
  const past = await pastPlans(shared.state.journal)
  const answers: SyncAnswer[] = []
  for (const [name, sync] of syncs) {
    const answer = await answerOf(key, name, sync, past, shared, runId)
    if (answer !== undefined) answers.push(onlyField(answer, narrowed.field))
  }
  return { key, asOf: shared.clock.today, gathered: shared.from ?? 'now', syncs: answers }
}

const onlyField = (answer: SyncAnswer, field: string | undefined): SyncAnswer => ({
  ...answer,
  fields: answer.fields.filter((one) => field === undefined || one.field === field),
})

async function answerOf(
  key: string,
  name: string,
  sync: Sync,
  past: readonly Past[],
  shared: Shared,
  runId: string,
): Promise<SyncAnswer | undefined> {
  const { instance } = sync.target
  const live = await liveOf(key, sync, shared, runId)
  const { record, spelt, absent: told } = await saidOf(key, sync, shared, runId)
  const [explained = NOTHING] = await explainedBy(sync, spelt, shared, runId)
  const { changes, skipped, words: used, notices } = await syncPlanLeft(compareId(name), shared.state.artifacts(runId))
  const known: KnownOfKey = {
    sync,
    key,
    live,
    record,
    absent: explained.absent ?? told,
    change: changes.values().find((one) => one.key === key),
    // The id of a skip with another key is that of whoever is in the way.
    skip: skipped.find((one) => one.key === key || (one.key === '' && one.id === live?.id)),
    words: { ...sync.desired.words, ...sync.rules.words, ...used },
  }
  const verdict = verdictOf(known)
  if (verdict === undefined) return undefined
  const means = known.words[verdict.reason ?? '']
  const outcome = await lastOutcome(key, name, past, shared.state.journal)
  return {
    sync: name,
    instance,
    ...(live && { id: live.id }),
    ...nameOf(record ?? live?.fields ?? {}, sync),
    ...ownerOf(live, record === undefined ? undefined : name, sync, shared),
    ...verdict,
    ...(means !== undefined && { means }),
    fields: fieldsOf(known, explained, verdict),
    rules: [...(explained.rules ?? []), ...verdictRules(verdict, known)],
    charges: explained.charges ?? [],
    subscriptions: explained.subscriptions ?? [],
    overrides: explained.overrides ?? [],
    rows: explained.rows,
    along: known.change?.remarks ?? [],
    notices: notices.filter((one) => one.key === key).map(({ code, message }) => ({ code, message })),
    ...(outcome && { outcome }),
  }
}

/** Whose a record is: whoever desires it and may take it over, else whoever knows it as its own. */
function ownerOf(
  live: Existing | undefined,
  desiredBy: string | undefined,
  { target, rules }: Sync,
  { config }: Shared,
): { readonly owner?: string } {
  if (live === undefined) return {}
  if (desiredBy !== undefined && rules.takesOver === true) return { owner: desiredBy }
  const [found] = [...syncsOf(config)].find(([, sync]) => sync.target === target && owns(live.fields, sync)) ?? []
  return found === undefined ? {} : { owner: found }
}

const NOTHING: Explained = { key: '', rows: [], fields: {} }

async function liveOf(key: string, sync: Sync, shared: Shared, runId: string): Promise<Existing | undefined> {
  for await (const row of rowsIn(sync.target, shared, runId)) if (keyOfRecord(row, sync) === key) return row
  return undefined
}

/** What the processor has told the sync of a key, and how it spells it. */
async function saidOf(key: string, { desired, rules, target }: Sync, shared: Shared, runId: string) {
  const { ofText } = keyReader(rules, target.types)
  for await (const row of rowsIn(desired, shared, runId)) {
    const { text, raw } = ofText(row.key)
    if (row.kind === 'notice' || row.kind === 'skip' || (text || raw) !== key) continue
    return row.kind === 'record'
      ? { spelt: row.key, record: row.fields, absent: undefined }
      : { spelt: row.key, record: undefined, absent: row.reason }
  }
  return { spelt: key, record: undefined, absent: undefined }
}

type Past = { readonly run: RunRecord; readonly plan: Plan | undefined }

/** So many runs are looked through for the last change of a record. */
const LOOKED_THROUGH = 5

async function pastPlans(journal: Journal): Promise<Past[]> {
  const runs = await journal.runs(LOOKED_THROUGH)
  return Promise.all(runs.map(async (run) => ({ run, plan: await journal.plan(run.id) })))
}

async function lastOutcome(
  key: string,
  name: string,
  past: readonly Past[],
  journal: Journal,
): Promise<PastOutcome | undefined> {
  for (const { run, plan } of past) {
    const change = plan?.syncs
      .find((sync) => sync.name === name)
      ?.changes.values()
      .find((one) => one.key === key)
    if (change === undefined) continue
    const known = (await journal.known(run.id, name)).get(key)
    const outcome = known?.kind === 'outcome' ? known.outcome : undefined
    const status = outcome?.status ?? known?.kind ?? 'not-attempted'
    const trouble = outcome && troubleOf(outcome)
    return { run: run.id, at: run.endedAt ?? run.startedAt, op: change.op, status, ...trouble }
  }
  return undefined
}
