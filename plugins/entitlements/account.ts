import { isDate, isObject, ZdsError, type Json, type JsonObject } from 'zds'
import { ACCOUNT, CHARGE, SUBSCRIPTION } from './columns.ts'

/** One priced line of a subscription. Dates are `YYYY-MM-DD`. */
export type Charge = {
  readonly name: string | null
  readonly start: string | null
  readonly end: string | null
  readonly quantity: number | null
}

export type Subscription = {
  readonly id: string
  readonly start: string | null
  readonly end: string | null
  /** The address of whom it was sold to. */
  readonly soldTo: string | null
  readonly charges: readonly Charge[]
}

/** What the rules know of a Salesforce account. `row` is all of it, for the field table. */
export type Account = {
  readonly id: string
  readonly row: JsonObject
  readonly arr: number | null
  readonly geo: string | null
  readonly region: string | null
  /** The account may have its ordinary subscriptions in the US Government instance (SFA-18). */
  readonly exception: boolean
  /** Whom something was sold to last. */
  readonly soldTo: { readonly email: string | null; readonly name: string | null }
  readonly subscriptions: readonly Subscription[]
}

/**
 * Value of Support_Instance__c that makes the exception (SFA-18); exact, case included (SFA-30).
 */
const EXCEPTION = 'federal-support'

/**
 * Reads row number `position` (from 1) of the accounts. Throws ROW_INVALID, naming account and
 * column, for whatever does not fit.
 */
export function accountOf(row: Json, position: number): Account {
  const where = `Salesforce account in row ${position}`
  if (!isObject(row)) throw invalid(where, ACCOUNT.id, 'the row must be an object')
  const id = row[ACCOUNT.id]
  if (typeof id !== 'string' || id === '') throw invalid(where, ACCOUNT.id, 'must be the 18-character id')
  const from = reader(() => `Salesforce account ${id}`, row)
  return {
    id,
    row,
    arr: from.number(ACCOUNT.arr),
    geo: from.text(ACCOUNT.geo),
    region: from.text(ACCOUNT.region),
    exception: from.text(ACCOUNT.instance) === EXCEPTION,
    soldTo: { email: from.text(ACCOUNT.soldToEmail), name: from.text(ACCOUNT.soldToName) },
    subscriptions: subscriptionsOf(id, from),
  }
}

/** The error of a value that a rule or field cannot use. */
export function invalid(where: string, column: string, problem: string): ZdsError {
  const hint =
    'Look at this account in Salesforce and at the query; nothing is computed from a row that may mean something else.'
  return new ZdsError('ROW_INVALID', `${where}: ${column}: ${problem}`, {
    hint,
    issues: [{ code: 'ROW_INVALID', where: `${where}, ${column}`, message: problem, hint }],
  })
}

/**
 * Joins charges to subscriptions by id (SFA-06); a charge whose subscription did not arrive,
 * because it is cancelled, is dropped.
 */
function subscriptionsOf(id: string, account: Reader): readonly Subscription[] {
  const subscriptions = new Map<string, Subscription & { charges: Charge[] }>()
  for (const [index, row] of account.rows(ACCOUNT.subscriptions).entries()) {
    const from = reader(() => `Salesforce account ${id}, ${ACCOUNT.subscriptions}[${index}]`, row)
    const key = from.text(SUBSCRIPTION.id)
    if (key === null) throw invalid(from.where(), SUBSCRIPTION.id, 'must be an id')
    subscriptions.set(key, {
      id: key,
      start: from.date(SUBSCRIPTION.start),
      end: from.date(SUBSCRIPTION.end),
      soldTo: from.text(SUBSCRIPTION.soldTo),
      charges: [],
    })
  }
  for (const [index, row] of account.rows(ACCOUNT.charges).entries()) {
    const from = reader(() => `Salesforce account ${id}, ${ACCOUNT.charges}[${index}]`, row)
    const charge = {
      name: from.text(CHARGE.name),
      start: from.date(CHARGE.start),
      end: from.date(CHARGE.end),
      quantity: from.number(CHARGE.quantity),
    }
    subscriptions.get(from.text(CHARGE.subscription) ?? '')?.charges.push(charge)
  }
  return [...subscriptions.values()]
}

type Reader = ReturnType<typeof reader>

/** Typed access to the columns of one row; a missing column is null. */
function reader(where: () => string, row: JsonObject) {
  const value = <T extends Json>(column: string, fits: (value: Json) => value is T, wanted: string): T | null => {
    const found = row[column] ?? null
    if (found === null || fits(found)) return found
    throw invalid(where(), column, `must be ${wanted}, not ${JSON.stringify(found).slice(0, 60)}`)
  }
  return {
    where,
    text: (column: string) => value(column, isText, 'text'),
    number: (column: string) => value(column, isNumber, 'a number'),
    date: (column: string) => value(column, isDay, 'a date, YYYY-MM-DD'),
    rows: (column: string) => value(column, isRows, 'a list of rows') ?? [],
  }
}

const isText = (value: Json): value is string => typeof value === 'string'
const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value)
const isDay = (value: Json): value is string => typeof value === 'string' && (days.has(value) || isNewDay(value))
const isRows = (value: Json): value is readonly JsonObject[] =>
  Array.isArray(value) && value.every((row: Json) => isObject(row))

/**
 * Dates already found to be some: there are few different ones, and looking one up is ten times as
 * fast as reading it.
 */
const days = new Set<string>()

function isNewDay(text: string): boolean {
  if (!isDate(text)) return false
  days.add(text)
  return true
}
