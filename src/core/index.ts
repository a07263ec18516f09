/** What a configuration and a plugin may import from `zds`. */
export { differingFields } from './apply/current.ts'
export { merge } from './apply/merge.ts'
export { cannotTell } from './apply/requests.ts'
export {
  CHANNELS,
  countsOf,
  follow,
  followWaits,
  statusOf,
  type RequestMessage,
  type RunMessage,
  type StageMessage,
  type WaitMessage,
} from './channels.ts'
export { caseSafeId } from './case-safe-id.ts'
export { addDays, addYears, dateOf, isDate, systemClock, type Clock } from './clock.ts'
export { assertAsked } from './config/columns-asked.ts'
export { defineConfig, type Config } from './config/define.ts'
export {
  WORKER,
  type Executor,
  type Lent,
  type Post,
  type Service,
  type Task,
  type TaskEnd,
  type Workers,
} from './config/executor.ts'
export { errorCode, messageOf, refuse, ZdsError, type Code, type Issue } from './errors.ts'
export type {
  Explained,
  ExplainedCharge,
  ExplainedField,
  ExplainedOverride,
  ExplainedRule,
  ExplainedSubscription,
  Said,
  Turn,
} from './explained.ts'
export {
  always,
  checkbox,
  columnsOf,
  derived,
  date,
  decimal,
  dropdown,
  fact,
  field,
  first,
  integer,
  is,
  instant,
  json,
  listOf,
  lower,
  name,
  reference,
  text,
  typesOf,
  type Derive,
  type DesiredOf,
  type Fact,
  type Field,
  type FieldMaker,
  type FieldTable,
  type RecordOf,
  type TypesOf,
} from './fields.ts'
export { foldAddress } from './addresses.ts'
export { misfit, normalise, same, type FieldType, type FieldTypes } from './field-types.ts'
export { HttpError } from './http/error.ts'
export { httpPolicy, httpPolicySchema, type HttpPolicy } from './http/policy.ts'
export { http } from './http/http.ts'
export type { Answer, Caller, Http, HttpOptions, Proof, Refusal, Request, Verdict } from './http/request.ts'
export { signIn } from './http/sign-in.ts'
export { canonical, isObject, parseJson, type Json, type JsonObject } from './json.ts'
// A file of declarations adds to these interfaces: it can do so where nothing renames them.
export * from './known.ts'
export { filtered, packed, type Many } from './many.ts'
export { keysAfter, unmatchedKeys, type Keys } from './config/keys.ts'
export { foldName, keyOf, keyReader, lowerCase, type Fold, type KeyReader } from './keys.ts'
export { limiter, type Limiter, type Rate } from './http/limiter.ts'
export type { Bound, FieldLimit, Limits } from './plan/limits.ts'
export { planNumbers, type PlanNumbers } from './plan/numbers.ts'
export { checkOptions, misfitsOf, nearest, type Misfit } from './options.ts'
export { notInstalled } from './package.ts'
export type { RunEnd, Known, Outcome, Outcomes, RunStatus, Step } from './outcome.ts'
export { planBuilder, planParts, type PlanPart, type SyncPart } from './plan/parts.ts'
export type { Change, FieldChange, Excess, Notice, Op, Plan, Remark, Skip, SyncPlan, Words } from './plan/plan.ts'
export { records } from './config/records.ts'
export { planSource } from './config/plan-source.ts'
export { ref, type Ref } from './refs.ts'
export { conceal, redact } from './secrets.ts'
export { env, invalid, list, secret, settingSchema, unset, type Setting } from './settings.ts'
export { readText } from './text-file.ts'
export { domains, emails, several, single, type Meaning } from './typed-settings.ts'
export { batches, chunk, collect, type Join, type Joined } from './streams.ts'
export { clockSight, well, type Missing, type Sight, type Values } from './sights.ts'
export { mapOf, shape, type ShapeSchema } from './shape.ts'
export { sync, type LimitsFor, type RulesFor } from './config/sync.ts'
export type {
  ApplyRun,
  Desired,
  DesiredNotice,
  Existing,
  Fields,
  Guard,
  Preparation,
  PrepareRun,
  Processor,
  Rules,
  Run,
  SentChange,
  Source,
  Sync,
  Target,
  Write,
} from './types.ts'
export type { Engine, EngineOptions, PlanAsked, RunWatch } from './engine.ts'
export { localState, openEngine } from './open.ts'
export type { ApplyAsked } from './run/apply-run.ts'
export type { StageAsked, StageEnd } from './run/stage-run.ts'
export { load, type LoadOptions, type Project } from './config/load.ts'
export { LEASE_MS, lockLost, locksOver, type Leases } from './state/leases.ts'
export { privateDirectory } from './state/private.ts'
export { mayLive, thisProcess } from './state/process.ts'
export { clearScratch, runsFrom } from './state/scratch.ts'
export type { Waited, RunWait } from './waits.ts'
export type { Observer, PlanFailure } from './observer.ts'
export { approveCommand, jobUrl, RESUME_COMMAND, retryCommand } from './telling.ts'
export type { ExplainAsked, Explanation, SyncAnswer } from './answers/explain.ts'
export type { Forecast, ForecastAsked, ForecastChange } from './answers/forecast.ts'
export type { FieldAnswer } from './answers/verdict.ts'
export type { Report, SyncReport } from './run/report.ts'
export type {
  Artifacts,
  Claim,
  Hold,
  Journal,
  Kept,
  Lock,
  Locks,
  Memory,
  OpenState,
  Place,
  PruneResult,
  RunEvent,
  RunRecord,
  State,
  Summary,
} from './state/state.ts'
export { baseUrl, instanceUrl, originUrl, sameOrigin, url } from './http/url.ts'
export { backoff, untilMs } from './http/wait.ts'
