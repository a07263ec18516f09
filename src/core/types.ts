import type { WaitMessage } from './channels.ts'
import type { Clock } from './clock.ts'
import type { Issue } from './errors.ts'
import type { Desired, Existing, Fields } from './desired.ts'
import type { Explained, Turn } from './explained.ts'
import type { FieldTypes } from './field-types.ts'
import type { Json } from './json.ts'
import type { Fold } from './keys.ts'
import type { Declared } from './known.ts'
import type { Many } from './many.ts'
import type { Change, Op, Preparation, Remark, Words } from './plan/plan.ts'
import type { Limits } from './plan/limits.ts'
import type { Outcome, SentChange, Step } from './outcome.ts'
import type { Join } from './streams.ts'
import type { Guard } from './settings.ts'
import type { Missing, Sight, Values } from './sights.ts'

export type { Desired, DesiredNotice, Existing, Fields } from './desired.ts'
export type { SentChange } from './outcome.ts'
export type { Preparation } from './plan/plan.ts'
export type { Guard } from './settings.ts'

/** Everything a run lends to a plugin. Nothing else is ambient. */
export interface Run {
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The rows of a source named in `needs`, from its artifact. Throws CONFIG_INVALID for others. */
  input<Row extends Json>(source: Source<Row>): AsyncIterable<Row>
  /** How many rows were announced, and how many may have come or gone since; the engine compares. */
  expect(rows: number, tolerance?: number): void
  /** Why nobody can tell whether what was read is all: then nothing is retired for it (SAFE-02). */
  incomplete(why: string): void
  /** What two streams of rows have under each key, in bounded memory. */
  readonly joined: Join
  /** One line for a person who waits; `wait` where a service is waited for, and how long. */
  progress(message: string, wait?: WaitMessage): void
}

/** A named stream of rows: Salesforce accounts, Zendesk organizations, or records made of both. */
export interface Source<Row extends Json = Json> {
  /** Set where the rows are the plan of a sync: see `planSource`. */
  readonly planOf?: Sync
  /** The name of its artifact and stage, unless the configuration lists it under another key. */
  readonly name: string
  readonly needs?: readonly Source[]
  /**
   * The text of a data file it is made of, beside the configuration: of another text, a plan is
   * refused. Where it has one, it is read anew in a plan from what another run has gathered.
   */
  identity?(directory: string): string | undefined
  /** What it asks for on a day, each column a part: rows gathered without one are not its own. */
  asks?(today: string): readonly string[]
  /** Without it, a source that yields nothing stops the run (SAFE-02). */
  readonly mayBeEmpty?: boolean
  /** Everything that can be known to be wrong before reading: columns, fields, permissions. */
  check?(run: Run): Promise<readonly Issue[]>
  /** What is to be said of the files that it is made of; no service is asked. */
  inspect?(run: Run): AsyncIterable<Sight>
  /** A look at the service, where `values` may be written: what is well, what ends one day. */
  diagnose?(run: Run, values: Values): AsyncIterable<Sight>
  /** The names that it knows, for the compiler: what `zds types` writes. */
  declares?(run: Run): Promise<readonly Declared[]>
  read(run: Run): AsyncIterable<Row>
}

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
  /** The values that its dropdowns may get. */
  values?(run: Run): Promise<Values>
  /**
   * What it knows of a key, or of what has exactly this name, from the rows that `read` reads:
   * nothing where it knows neither.
   */
  explain?(asked: string, run: Run): Promise<readonly Explained[]>
  /**
   * The turns that time alone will bring, after today up to `until`, those of a key in the order of
   * their days. Without it nothing depends on the day.
   */
  forecast?(until: string, run: Run): AsyncIterable<Turn>
}

/** What a run lends while planned changes are completed. */
export interface PrepareRun extends Run {
  /** Keys that are desired and have no record, nor get one by this plan: what stands for them stays. */
  readonly held: readonly string[]
}

/** What a run lends while changes are carried out. */
export interface ApplyRun extends Run {
  /**
   * Those of `changes` whose records still are as the plan says; the engine tells of the others.
   * Where the target says `staleness: 'batch'` it asks right before each request that writes.
   */
  fresh(changes: Iterable<Change>): Promise<readonly Change[]>
  /** Writes down which changes, by key, went after which, since those set free what they take. */
  waited(after: ReadonlyMap<string, string>, since: Date): Promise<void>
}

/**
 * Requests that write, as data: the engine journals each before it is sent, keeps `parallel` of
 * them under way, and settles and repeats those whose answer is lost.
 */
export type Write = {
  /** Changes of one operation in a request, at most. */
  readonly batch: number
  readonly parallel: number
  /**
   * Sends one request and answers what became of its changes. A change that it leaves out, and an
   * HttpError of a request that may have arrived, is a lost answer. HTTP_REFUSED is a failure of
   * all its changes; whatever else is thrown ends the run: no access, no service.
   */
  send(changes: readonly Change[], run: Run): Promise<readonly Outcome[]>
}

/** What is written to, apart from how. */
interface Writable<Types extends FieldTypes> extends Source<Existing> {
  /** The instance, as errors and plans name it: `global`. */
  readonly instance: string
  /** What it holds: `organizations`. */
  readonly resource: string
  readonly types: Types
  /** Its own reasons to leave a change out (`prepare`), each with what it means. */
  readonly words?: Words
  /** What it can do; a planned change of another kind becomes a skip. */
  readonly ops: readonly Op[]
  /**
   * How a human edit since the plan is noticed. `batch`: records are read again right before they
   * are written (`fresh`). `condition`: the service refuses a change whose `version` is old, which
   * the target tells as `stale`. `none`: it is not, where each record would cost a request.
   */
  readonly staleness: 'batch' | 'condition' | 'none'
  /**
   * Where it is, in one spelling; empty while that is not set. Of targets with one address one run
   * at a time may write, and what was planned for one address is not carried out at another.
   */
  address(): string
  /** Its records are told in files of their own only, apart from those of other instances (OPS-08). */
  readonly confined?: boolean
  /**
   * The records with these ids, as they are now, for staleness and read-back. Ids of records that
   * are gone are left out.
   */
  refetch(ids: readonly string[], run: Run): AsyncIterable<Existing>
  /**
   * Finds out what became of changes that were sent and not answered, in this run or in one that
   * died: an outcome for each that was carried out or refused, nothing for one that
   * certainly was not carried out and may be sent again. Who cannot tell says so: `cannotTell`.
   */
  settle(sent: readonly SentChange[], run: Run): AsyncIterable<Outcome>
  /** Completes planned changes, or leaves them out with a reason: what only the target can tell. */
  prepare?(changes: Many<Change>, run: PrepareRun): Promise<Preparation>
  /**
   * What comes along with a new record, for a person: pure, and asked once the change is prepared.
   * Without it nothing may come along.
   */
  describe?(change: Change): readonly Remark[]
  /** What is missing in it that its fields, and these values of them, need. */
  missing?(run: Run, values: Values): Promise<readonly Missing[]>
  /**
   * Why a change of a plan in a file can be none that was planned for it, as with an id that it
   * never gives.
   */
  misfit?(change: Change): string | undefined
}

/** A system that can be read, and written to by carrying out changes. */
export type Target<Types extends FieldTypes = FieldTypes> = Writable<Types> &
  (
    | { readonly write: Write }
    | {
        /**
         * Carries out changes, of which there may be many: for APIs with jobs, or with requests that
         * belong together. A step of status `sending` before each request that writes, which the
         * engine journals before it asks for the next step, and one outcome per change.
         */
        readonly apply: (changes: Many<Change>, run: ApplyRun) => AsyncIterable<Step>
        /** True: it is given all operations at once, and lets those wait that have to. */
        readonly together?: boolean
      }
  )

/** How desired and existing records are compared: data and pure functions of a record. */
export interface Rules {
  /** The field that unifies both sides, or several that do so together. */
  readonly key: string | readonly string[]
  /**
   * The one spelling of keys that the other system takes for the same (`lowerCase`). A text for
   * which it is undefined can be no key: whose record that is, nobody knows.
   */
  readonly fold?: Fold
  /** A field whose values are unique in the target, compared trimmed and without case (AMB-20). */
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
  /** Keys that another sync wants: whatever it desires is its own (AMB-19), and what it leaves is left. */
  readonly yields?: Source<Desired>
  /** A reason not to create this record, or undefined (CMP-04). */
  holds?(desired: Fields): string | undefined
  /** The reasons of `holds`, each with what it means. */
  readonly words?: Words
  /**
   * What a record that nobody desires should look like (SYN-08); `remove` for rows that have
   * nothing to mark. Without it nothing is ever retired.
   */
  readonly retire?: Fields | 'remove'
  /** The reasons that may retire; all, unless given (AMB-17). */
  readonly retireFor?: readonly string[]
  /** True for a record that is never touched when nobody desires it (CMP-05). */
  protects?(existing: Fields): boolean
  /** The ids of the rules by which fields are made, where the processor does not tell them. */
  readonly ids?: { readonly [field: string]: string }
  /** Settings that these rules read: checked before the run, told where they mean no record. */
  readonly guards?: readonly Guard[]
}

/** One sync: make `target` look like `desired`, under `rules`, once the syncs in `after` are applied. */
export interface Sync {
  readonly kind: 'sync'
  readonly desired: Processor
  readonly target: Target
  readonly rules: Rules
  readonly limits?: Limits
  /** The share of written records that is read back. Default 0.01, at least 10; 0 for none. */
  readonly readBack?: number
  readonly after?: readonly Sync[]
  /** True: what a change is tied to goes first (its refs, its record, its name), not all of `after`. */
  readonly onlyTied?: boolean
}
