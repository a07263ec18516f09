import type { Clock } from './clock.ts'
import type { Issue } from './errors.ts'
import type { FieldTypes } from './field-types.ts'
import type { Json, JsonObject } from './json.ts'
import type { Fold } from './keys.ts'
import type { Change, Notice, Plan, Skip, Words } from './plan/plan.ts'
import type { Limits } from './plan/limits.ts'
import type { Outcome, Outcomes, Remark, RunStatus, Step } from './outcome.ts'
import type { Setting } from './settings.ts'

/** The fields of one record: flat, because a field is the unit of comparison. */
export type Fields = JsonObject

/**
 * Everything a run lends to a plugin. Nothing else is ambient; a sixth member belongs elsewhere.
 */
export interface Run {
  readonly signal: AbortSignal
  readonly clock: Clock
  /**
   * The rows of a source named in `needs`, from its artifact. Throws CONFIG_INVALID for any other
   * source.
   */
  input<Row extends Json>(source: Source<Row>): AsyncIterable<Row>
  /**
   * The number of rows that the system announced; the engine compares. `tolerance` rows more or less
   * may have come or gone meanwhile.
   */
  expect(rows: number, tolerance?: number): void
  /** One line about what is going on, for a person who waits. */
  progress(message: string): void
}

/**
 * A named stream of rows: Salesforce accounts, Zendesk organizations, or records computed from
 * both.
 */
export interface Source<Row extends Json = Json> {
  /** Set where the rows are the plan of a sync: see `planSource`. */
  readonly planOf?: Sync
  /** The name of its artifact and stage, unless the configuration lists it under another key. */
  readonly name: string
  readonly needs?: readonly Source[]
  /** Without it, a source that yields nothing stops the run (SAFE-02). */
  readonly mayBeEmpty?: boolean
  /** Everything that can be known to be wrong before reading: columns, fields, permissions. */
  check?(run: Run): Promise<readonly Issue[]>
  read(run: Run): AsyncIterable<Row>
}

/**
 * What a processor says about one key: how its record should look, why there is none (so that an
 * existing one is retired), why it is left as it is, or what a person should know.
 */
export type Desired<Rec extends Fields = Fields> =
  /** `along`: what comes with a new record, in the terms of its target. */
  | { readonly kind: 'record'; readonly key: string; readonly fields: Rec; readonly along?: Json }
  | { readonly kind: 'absent'; readonly key: string; readonly reason: string }
  | { readonly kind: 'skip'; readonly key: string; readonly reason: string; readonly name?: string }
  | DesiredNotice

/** What a person should know of a key although nothing follows from it. */
export type DesiredNotice = Notice & { readonly kind: 'notice' }

/**
 * A source that says of each key what a target should hold. Its types and words tie it to its
 * sync: what does not fit is refused when the configuration is loaded.
 */
export interface Processor<
  Types extends FieldTypes = FieldTypes,
  Word extends string = string,
> extends Source<Desired> {
  /** The types of the fields of its records. Without it, each record is looked at. */
  readonly types?: Types
  /** Its own reasons for `absent` and `skip`, each with what it means. */
  readonly words?: { readonly [W in Word]: string }
}

/** A record as the target holds it now, values normalised by the types of its fields. */
export type Existing<Rec extends Fields = Fields> = { readonly id: string; readonly fields: Rec }

/** Planned changes after the target has seen them. */
export type Preparation = { readonly changes: readonly Change[]; readonly skipped: readonly Skip[] }

/**
 * A change that was sent, and the job that took it over, if the answer came. Those of one job are
 * in the order in which they were sent.
 */
export type Sent = { readonly change: Change; readonly job?: string }

/** A system that can be read, and written to by carrying out changes. */
export interface Target<Types extends FieldTypes = FieldTypes> extends Source<Existing> {
  /** The instance, as errors and plans name it: `global`. */
  readonly instance: string
  /** What it holds: `organizations`. */
  readonly resource: string
  readonly types: Types
  /** Its own reasons to leave a change out (`prepare`), each with what it means. */
  readonly words?: Words
  /**
   * Where it is, for the fingerprint of a plan: what was planned for one address is not carried out
   * at another.
   */
  address?(): string
  /**
   * The records with these ids, as they are now, for staleness and read-back. Ids of records that
   * are gone are left out.
   */
  refetch(ids: readonly string[], run: Run): AsyncIterable<Existing>
  /**
   * Finds out what became of changes of one operation that a run sent which then died: an outcome
   * for each that was carried out or refused, nothing for one that certainly was not carried out
   * and may be sent again. Without it such a change ends as failed.
   */
  settle?(sent: readonly Sent[], run: Run): AsyncIterable<Outcome>
  /**
   * Completes planned changes with what only the target can tell, and leaves out, with the reason,
   * what it knows to be impossible.
   */
  prepare?(changes: readonly Change[], run: Run): Promise<Preparation>
  /**
   * What comes along with a new record, for a person: pure, and asked once the change is prepared.
   * Without it nothing may come along.
   */
  describe?(change: Change): readonly Remark[]
  /**
   * Carries out changes of one operation. Exactly one outcome per change, in whatever order and
   * batches suit the API. A step of status `sending` is yielded before each request that writes:
   * the engine journals it before it asks for the next step.
   */
  apply(changes: readonly Change[], run: Run): AsyncIterable<Step>
}

/** A setting whose values stand for records by their keys (SAFE-09). */
export interface Guard {
  readonly setting: Setting<string | readonly string[]>
  /** Whether a value means the record with this key; the same text, unless given. */
  readonly means?: (value: string, key: string) => boolean
}

/** How desired and existing records are compared: data and pure functions of a record. */
export interface Rules {
  /** The field that unifies both sides, or several that do so together. */
  readonly key: string | readonly string[]
  /**
   * The one spelling of keys that the other system takes for the same (`lowerCase`). A text for
   * which it is undefined can be no key: whose record that is, nobody knows.
   */
  readonly fold?: Fold
  /**
   * A field whose values must be unique in the target, compared trimmed and without case (AMB-20).
   */
  readonly unique?: string
  /**
   * Fields that are set on create, taken over by an update that happens anyway where they are
   * empty, and otherwise left (SAFE-05).
   */
  readonly adopt?: readonly string[]
  /**
   * False: a record that belongs to somebody else. It is not retired, and not updated unless
   * `takesOver` (CMP-05).
   */
  owns?(existing: Fields): boolean
  /** What is desired here is ours, whoever had it before (AMB-19). */
  readonly takesOver?: boolean
  /** Keys that another sync wants: whatever it desires is its own (AMB-19). */
  readonly yields?: Source<Desired>
  /** A reason not to create this record, or undefined (CMP-04). */
  holds?(desired: Fields): string | undefined
  /** The reasons of `holds`, each with what it means. */
  readonly words?: Words
  /**
   * What a record that nobody desires should look like (SYN-08). Without it nothing is ever
   * retired.
   */
  readonly retire?: Fields
  /** The reasons that may retire; all, unless given (AMB-17). */
  readonly retireFor?: readonly string[]
  /** True for a record that is never touched when nobody desires it (CMP-05). */
  protects?(existing: Fields): boolean
  /** Settings that these rules read: checked before the run, told where they mean no record. */
  readonly guards?: readonly Guard[]
}

/**
 * One sync: make `target` look like `desired`, under `rules`, once the syncs in `after` are
 * applied.
 */
export interface Sync {
  readonly kind: 'sync'
  readonly desired: Processor
  readonly target: Target
  readonly rules: Rules
  readonly limits?: Limits
  /**
   * The share of written records that is read back and compared. Default 0.01, at least 10 records;
   * 0 for none.
   */
  readonly readBack?: number
  readonly after?: readonly Sync[]
}

/** How a run ended, for observers; `error` is why it ended before its end. */
export type Ended = {
  readonly run: string
  readonly status: RunStatus
  readonly error: unknown
  readonly plan: Plan
  /** What became of each change that was attempted in this run, by sync. */
  readonly outcomes: Outcomes
  /** ISO moments, of this attempt. */
  readonly startedAt: string
  readonly endedAt: string
  /** True for the rest of a run that had stopped. */
  readonly resumed: boolean
}

/**
 * Watches runs: what was planned, what was refused because it went beyond its limits, how an apply
 * ended, also one that failed or was stopped. It cannot steer one, and its failure never fails one.
 * `done` and `abandoned` are told once of a run, whoever ends it; `failed` and `interrupted` each
 * time: somebody may go on with it.
 */
export interface Observer {
  readonly kind: 'observer'
  planned?(plan: Plan, run: Run): Promise<void>
  refused?(plan: Plan, run: Run): Promise<void>
  ended?(ended: Ended, run: Run): Promise<void>
}

/** What `sync.config.ts` exports. The keys are the names of stages, artifacts and syncs. */
export interface Config {
  readonly sources: { readonly [name: string]: Source }
  readonly processors?: { readonly [name: string]: Processor }
  readonly targets: { readonly [name: string]: Sync }
  readonly hooks?: { readonly [name: string]: Sync | Observer }
}
