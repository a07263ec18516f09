import type { Clock } from '../clock.ts'
import type { Json } from '../json.ts'
import type { Known, RunStatus, Step } from '../outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { RunWait } from '../waits.ts'

/**
 * What outlives a process: which plans were carried out and how far, who writes where, what stages
 * left for one another. Scoped to one project. `localState` keeps it in a directory.
 */
export interface State {
  readonly journal: Journal
  readonly locks: Locks
  /** What the stages of a run leave for one another. */
  artifacts(run: string): Artifacts
  /** The names of the runs that have left artifacts, the newest first: planned, applied or not. */
  runs(): Promise<readonly string[]>
  /** A little that a plugin wants to know in its next run: a cursor, a refresh token. */
  memory(plugin: string): Memory
  /** A directory of this machine for files that are gone when the work is: sorting needs one. */
  readonly scratch: string
  /**
   * Forgets runs that began before `before`, with their plans, steps and artifacts, and what killed
   * runs left behind: personal data ends. The newest run stays, whatever its age: it may be gone on
   * with; so do those under way. Of a run that has noted no end in the journal, a plan that is being
   * made or was killed, artifacts are forgotten that are older than `unended`.
   */
  prune(before: Date, unended?: Date): Promise<PruneResult>
  kept(): Promise<Kept>
  close(): Promise<void>
}

/**
 * Opens the state of a project. `directory` is the project's own on this machine; it need not
 * exist.
 */
export type OpenState = (directory: string) => State | Promise<State>

/** How many runs were forgotten, and of how many runs artifacts. */
export type PruneResult = { readonly runs: number; readonly artifacts: number }

/** How many runs are kept, since when, and how much room all of it takes. */
export type Kept = { readonly runs: number; readonly since: string | undefined; readonly bytes: number }

/** Values by name, of one plugin. */
export interface Memory {
  read(name: string): Promise<Json | undefined>
  write(name: string, value: Json): Promise<void>
}

/** Who let a plan pass its limits, and why. */
export type Approval = { readonly by: string; readonly because?: string | undefined }

type Begun = {
  readonly id: string
  readonly plan: Plan
  readonly forced: boolean
  readonly at: Date
  readonly approval?: Approval | undefined
}

/** A run as the journal knows it. */
export type RunRecord = {
  readonly id: string
  readonly digest: string
  readonly asOf: string
  readonly forced: boolean
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt: string | undefined
  readonly approval: Approval | undefined
  /** The number of changes of its plan. */
  readonly changes: number
}

/**
 * What happened besides what a run has sent: a plan that was made, one that was refused, a plan or
 * an apply that failed.
 */
export type RunEvent = {
  readonly run: string
  readonly kind: 'planned' | 'refused' | 'failed'
  readonly at: string
  readonly asOf: string
  /** Of the plan, where there is one, and the number of its changes. */
  readonly digest: string | undefined
  readonly changes: number | undefined
  /** Of the error, where it is one. */
  readonly code: string | undefined
  readonly message: string | undefined
}

/**
 * How many records a sync desired at the address that it writes to: another address is another
 * world.
 */
export type Desires = { readonly sync: string; readonly address: string; readonly desired: number }

/** Steps of one sync of a run. */
type JournalEntry = {
  readonly run: string
  readonly sync: string
  readonly steps: readonly Step[]
  readonly at: Date
}

/**
 * The memory of applies: which plan, whether it was forced, each step of each change with its
 * moment.
 */
export interface Journal {
  /**
   * The same journal for a run that holds locks: it writes as long as it has all of them, and
   * throws LOCK_LOST after that. What is not written down is not sent (SAFE-16).
   */
  under(hold: Hold): Journal
  begin(run: Begun): Promise<void>
  /** Everything or nothing of the steps is recorded, durably when this settles. */
  record(entry: JournalEntry): Promise<void>
  end(run: string, status: RunStatus, at: Date): Promise<void>
  /** Goes on with a run that had stopped. */
  resume(run: string): Promise<void>
  /** Remembers how many records each sync of a plan desired, once it was carried out. */
  count(desired: readonly Desires[], run: string, at: Date): Promise<void>
  /** How many records a sync desired when a plan was last carried out. */
  lastDesired(sync: string, address: string): Promise<number | undefined>
  /** True exactly once for a run: who gets it may tell the world of it (at most once, SYN-04). */
  claimTelling(run: string, at: Date): Promise<boolean>
  /** The newest runs, the last begun first, whatever clocks say (SAFE-16). */
  runs(most?: number): Promise<readonly RunRecord[]>
  /** One run by its id. */
  run(id: string): Promise<RunRecord | undefined>
  plan(run: string): Promise<Plan | undefined>
  /** How far each change of a sync has come, by key, in the order in which they were sent. */
  known(run: string, sync: string): Promise<Map<string, Known>>
  /** How many changes of a run are done. */
  done(run: string): Promise<number>
  /** Remembers what happened, as long as a run of that moment is kept. */
  note(event: RunEvent): Promise<void>
  /** All that happened from a moment on, the last first. */
  noted(since: Date): Promise<readonly RunEvent[]>
  /** Remembers what changes of a run waited for, as long as the run is kept. */
  noteWaits(waits: readonly RunWait[]): Promise<void>
  /** What changes of a run waited for, in the order in which it was noted. */
  waits(run: string): Promise<readonly RunWait[]>
}

/** What is locked: the address that is written to, under the name that people know it by. */
export type Place = { readonly address: string; readonly instance: string }

/** Who writes to an instance just now. */
export type Lock = Place & {
  readonly run: string
  /** Tells it from any other that there is at this address before or after it. */
  readonly fence: string
  readonly holder: string
  readonly host: string
  readonly process: number
  /** The CI job, where there is one. */
  readonly job: string | undefined
  readonly since: string
  /** When it ends unless its holder renews it. */
  readonly until: string
  /** Whether its holder still lives, as far as can be known. */
  readonly alive: boolean
}

/** The locks that are taken together, in the name of a run. */
export type Claim = {
  readonly run: string
  readonly places: readonly Place[]
  /** Proves to the state whose locks these are. */
  readonly fence: string
}

/** The locks of one run. */
export type Hold = Claim & {
  /**
   * Throws LOCK_LOST where they are known to be lost, or were not renewed in time; asked before
   * something is sent.
   */
  assert(): void
  giveBack(): Promise<void>
}

/** One apply at a time for each address: two that write to it would undo each other's work. */
export interface Locks {
  /**
   * Takes the locks of all places or none, waiting up to `waitMs` for others. They are renewed
   * until they are given back. Throws LOCKED, naming the holder, when one stays taken.
   */
  take(places: readonly Place[], run: string, options: LockWait): Promise<Hold>
  held(now: Date): Promise<readonly Lock[]>
  /** Takes a lock away from whoever has it; false where it is gone, or another one is in its place. */
  release(lock: Pick<Lock, 'address' | 'fence'>): Promise<boolean>
}

/** How a lock is waited for. */
export type LockWait = { readonly waitMs: number; readonly clock: Clock; readonly signal: AbortSignal }

/** What is known of an artifact besides its rows. */
export type Summary = {
  readonly rows: number
  /** Whether everything was proved to have been read (SAFE-02). */
  readonly complete: boolean
  /** When it was made, and the day that the rules saw then. */
  readonly at?: string
  readonly asOf?: string
  /** The fingerprint of the configuration that it was made with. */
  readonly config?: string
  /** The digest of its rows, and of all that it was made from, by stage. */
  readonly digest?: string
  readonly inputs?: { readonly [stage: string]: string }
  /** What was asked for, as its source says it. */
  readonly asked?: readonly string[]
  /** Where it is, of what a target holds or is to hold. */
  readonly address?: string
}

/** Where stages leave their results for one another: JSON rows by name, whole or not there. */
export interface Artifacts {
  /**
   * Writes all rows, then asks `summarise` for the summary, which may refuse by throwing: then
   * nothing is left behind. `digest` is that of the rows as NDJSON (SHA-256).
   */
  write(
    name: string,
    rows: AsyncIterable<Json> | Iterable<Json>,
    summarise?: (rows: number, digest: string) => Summary,
  ): Promise<Summary>
  /** Throws ARTIFACT_MISSING where there is none of that name. */
  read(name: string): AsyncIterable<Json>
  summary(name: string): Promise<Summary>
}
