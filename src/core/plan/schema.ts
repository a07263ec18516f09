import { problems } from '../options.ts'
import { ZdsError, type Issue } from '../errors.ts'
import { isMany, type Many } from '../many.ts'
import { documentReader } from './document.ts'
import { mapOf, shape } from '../shape.ts'
import { digestOf, OPS, type Allowed, type Because, type Bounds, type Change, type Excess } from './plan.ts'
import type { FieldChange, Holder, Notice, Plan, Remark, Skip, SyncPlan } from './plan.ts'

const anyText = { type: 'string' }
const text = { type: 'string', minLength: 1 }
const texts = { type: 'array', items: text }
const count = { type: 'integer', minimum: 0 }
const share = { type: 'number' }
const yesOrNo = { type: 'boolean' }
const hash = { type: 'string', pattern: '^[0-9a-f]{64}$' }
const DAY = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])'
const day = { type: 'string', pattern: `^${DAY}$` }
/** As `Date` writes it. */
const moment = { type: 'string', pattern: `^${DAY}T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{3})?Z$` }

const changeSchema = shape<Change>({
  op: { enum: OPS },
  key: text,
  'id?': text,
  'name?': text,
  'version?': text,
  fields: mapOf(shape<FieldChange>({ from: {}, to: {} })),
  'reason?': text,
  'along?': {},
  'remarks?': { type: 'array', items: shape<Remark>({ code: text, message: text }) },
})
const holder = shape<Holder>({
  key: anyText,
  'id?': text,
  name: anyText,
  'fate?': { enum: ['retired', 'renamed', 'waiting'] },
})
const skip = shape<Skip>({
  key: anyText,
  reason: text,
  'id?': text,
  'name?': anyText,
  'heldBy?': holder,
  'change?': changeSchema,
})
const notice = shape<Notice>({ code: text, key: anyText, message: text })
const excess = shape<Excess>({
  id: text,
  op: { enum: [...OPS, 'drop', 'field'] },
  'field?': text,
  count,
  existing: count,
  limit: { type: 'number' },
  'because?': shape<Because>({ fields: texts, left: count }),
  message: text,
  examples: texts,
})
const allowed = shape<Allowed>({ most: count, 'share?': share })
const order = {
  anyOf: [
    { type: 'string', const: 'dates' },
    { type: 'array', items: {} },
  ],
}
const bounds = shape<Bounds>({
  'create?': allowed,
  'update?': allowed,
  'retire?': allowed,
  'remove?': allowed,
  fields: mapOf(shape<Bounds['fields'][string]>({ 'most?': count, 'share?': share, 'order?': order })),
})
const syncPlan = shape<SyncPlan>({
  name: text,
  instance: text,
  resource: text,
  'address?': text,
  'confined?': { type: 'boolean', const: true },
  existing: count,
  desired: count,
  'inSync?': count,
  complete: shape<SyncPlan['complete']>({ desired: yesOrNo, existing: yesOrNo }),
  changes: { type: 'array', items: changeSchema },
  skipped: { type: 'array', items: skip },
  words: mapOf(text),
  notices: { type: 'array', items: notice },
  excesses: { type: 'array', items: excess },
  'bounds?': bounds,
})

/** The plan document, published as docs/plan.schema.json. */
export const planSchema = {
  ...shape<Plan>({
    version: { type: 'number', const: 1 },
    createdAt: moment,
    asOf: day,
    config: text,
    'undoes?': text,
    syncs: { type: 'array', items: syncPlan },
    digest: hash,
    'mac?': hash,
  }),
  $id: 'zds-plan-1',
  title: 'zds plan',
  description: 'What `zds plan --json` prints and `zds apply FILE` carries out.',
}

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

export function planReader(file: string, most = MOST): PlanReader {
  const reader = documentReader()
  return {
    add: (text) => {
      reader.add(text)
      if (reader.held() > most) throw new ZdsError('PLAN_INVALID', `${file} is too large for a plan`, { hint: ANEW })
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

const issuesOf = (change: unknown, where: string): Issue[] => problems('PLAN_INVALID', where, changeSchema, change)

const isObjectWithRows = (sync: unknown): sync is { readonly changes: Many<unknown> } =>
  typeof sync === 'object' && sync !== null && 'changes' in sync && isMany(sync.changes)
