import { Type } from 'typebox'
import { problems } from '../options.ts'
import { ZdsError, type Issue } from '../errors.ts'
import { isMany, type Many } from '../many.ts'
import { documentReader } from './document.ts'
import { digestOf, OPS, type Plan } from './plan.ts'

const strict = { additionalProperties: false }
const Text = Type.String({ minLength: 1 })
const Count = Type.Integer({ minimum: 0 })
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const DAY = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])'
const Day = Type.String({ pattern: `^${DAY}$` })
/** A moment as `Date` writes it. */
const Moment = Type.String({ pattern: `^${DAY}T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{3})?Z$` })

const FieldChange = Type.Object({ from: Type.Unknown(), to: Type.Unknown() }, strict)
const Remark = Type.Object({ code: Text, message: Text }, strict)
const Change = Type.Object(
  {
    op: Type.Enum(OPS),
    key: Text,
    id: Type.Optional(Text),
    name: Type.Optional(Text),
    version: Type.Optional(Text),
    fields: Type.Record(Type.String(), FieldChange),
    reason: Type.Optional(Text),
    along: Type.Optional(Type.Unknown()),
    remarks: Type.Optional(Type.Array(Remark)),
  },
  strict,
)
const Holder = Type.Object(
  {
    key: Type.String(),
    id: Type.Optional(Text),
    name: Type.String(),
    fate: Type.Optional(Type.Enum(['retired', 'renamed', 'waiting'])),
  },
  strict,
)
const Skip = Type.Object(
  {
    key: Type.String(),
    reason: Text,
    id: Type.Optional(Text),
    name: Type.Optional(Type.String()),
    heldBy: Type.Optional(Holder),
    change: Type.Optional(Change),
  },
  strict,
)
const Notice = Type.Object({ code: Text, key: Type.String(), message: Text }, strict)
const Because = Type.Object({ fields: Type.Array(Text), left: Count }, strict)
const Excess = Type.Object(
  {
    id: Text,
    op: Type.Enum([...OPS, 'drop', 'field']),
    field: Type.Optional(Text),
    count: Count,
    existing: Count,
    limit: Type.Number(),
    because: Type.Optional(Because),
    message: Text,
    examples: Type.Array(Text),
  },
  strict,
)
const Allowed = Type.Object({ most: Count, share: Type.Optional(Type.Number()) }, strict)
const Order = Type.Union([Type.Literal('dates'), Type.Array(Type.Unknown())])
const FieldBound = Type.Object(
  { most: Type.Optional(Count), share: Type.Optional(Type.Number()), order: Type.Optional(Order) },
  strict,
)
const Bounds = Type.Object(
  {
    create: Type.Optional(Allowed),
    update: Type.Optional(Allowed),
    retire: Type.Optional(Allowed),
    remove: Type.Optional(Allowed),
    fields: Type.Record(Type.String(), FieldBound),
  },
  strict,
)
const SyncPlan = Type.Object(
  {
    name: Text,
    instance: Text,
    resource: Text,
    address: Type.Optional(Text),
    confined: Type.Optional(Type.Literal(true)),
    existing: Count,
    desired: Count,
    complete: Type.Object({ desired: Type.Boolean(), existing: Type.Boolean() }, strict),
    changes: Type.Array(Change),
    skipped: Type.Array(Skip),
    words: Type.Record(Type.String(), Text),
    notices: Type.Array(Notice),
    excesses: Type.Array(Excess),
    bounds: Type.Optional(Bounds),
  },
  strict,
)

/** The plan document, published as docs/plan.schema.json. */
export const planSchema = Type.Object(
  {
    version: Type.Literal(1),
    createdAt: Moment,
    asOf: Day,
    config: Text,
    undoes: Type.Optional(Text),
    syncs: Type.Array(SyncPlan),
    digest: Hash,
    mac: Type.Optional(Hash),
  },
  {
    ...strict,
    $id: 'zds-plan-1',
    title: 'zds plan',
    description: 'What `zds plan --json` prints and `zds apply FILE` carries out.',
  },
)

const ANEW = 'Make a new one: zds plan --out FILE'

/** Reads a plan document as it comes. */
export type PlanReader = {
  /** Throws PLAN_INVALID for what is far too large for a plan, its changes apart. */
  add(text: string): void
  /** Throws PLAN_INVALID where it is none, is of another version, or was changed after it was made. */
  plan(): Plan
}

/** Characters of a plan besides its changes: far above any, and far below what can be held. */
const MOST = 250_000_000

export function planReader(file: string): PlanReader {
  const reader = documentReader()
  return {
    add: (text) => {
      reader.add(text)
      if (reader.held() > MOST) throw new ZdsError('PLAN_INVALID', `${file} is too large for a plan`, { hint: ANEW })
    },
    plan: () => {
      const found = reader.document()
      if (found !== undefined) return planIn(found, file)
      throw new ZdsError('PLAN_INVALID', `${file} is not JSON`, { hint: 'Make a plan with: zds plan --out FILE' })
    },
  }
}

/** The plan that a value is, wherever it came from. Throws PLAN_INVALID as a reader does. */
export function planIn(found: unknown, called: string): Plan {
  if (typeof found !== 'object' || found === null || !('version' in found) || found.version !== 1)
    throw new ZdsError('PLAN_INVALID', `${called} is not a plan of version 1`, {
      hint: 'Make a new one with this zds: zds plan --out FILE',
    })
  const issues = issuesIn(found)
  if (issues.length > 0) throw new ZdsError('PLAN_INVALID', `${called} is not a plan`, { issues, hint: ANEW })
  const plan = found as Plan // the schema was checked in the lines above
  if (digestOf(plan) === plan.digest) return plan
  throw new ZdsError('PLAN_INVALID', `${called} was changed after it was made: its digest does not fit`, { hint: ANEW })
}

/** Each change is held against its schema by itself: there may be more than can be held. */
function issuesIn(found: object): Issue[] {
  const syncs: unknown[] = 'syncs' in found && Array.isArray(found.syncs) ? found.syncs : []
  const lists = syncs.map((sync) => (isObjectWithRows(sync) ? sync.changes : []))
  const bare = syncs.map((sync) => (isObjectWithRows(sync) ? { ...sync, changes: [] } : sync))
  const whole = { ...found, ...(syncs.length > 0 && { syncs: bare }) }
  return [
    ...problems('PLAN_INVALID', 'plan', planSchema, whole),
    ...lists.flatMap((changes, at) =>
      Array.from(changes.values().flatMap((change, row) => issuesOf(change, `plan.syncs.${at}.changes.${row}`))),
    ),
  ]
}

const issuesOf = (change: unknown, where: string): Issue[] => problems('PLAN_INVALID', where, Change, change)

const isObjectWithRows = (sync: unknown): sync is { readonly changes: Many<unknown> } =>
  typeof sync === 'object' && sync !== null && 'changes' in sync && isMany(sync.changes)
