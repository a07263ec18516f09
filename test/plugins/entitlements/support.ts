import {
  collect,
  isObject,
  systemClock,
  type Desired,
  type FieldTable,
  type Json,
  type JsonObject,
  type Run,
  type Source,
} from 'zds'
import { entitlements, supportPlans, type Override } from 'zds/entitlements'
import { testRun } from 'zds/testing'
import config from '../../../sync.config.ts'
import { globalFields, usGovFields } from '../../support/field-tables.ts'

/** A run on a given day whose sources are read directly. `said` collects its progress lines. */
export function runOn(today: string, said: string[] = []): Run {
  const run: Run = {
    signal: new AbortController().signal,
    clock: systemClock(today),
    input: (source) => source.read(run),
    joined: testRun().joined,
    expect: () => undefined,
    incomplete: () => undefined,
    progress: (message) => void said.push(message),
  }
  return run
}

/** A setting with a fixed value. */
export const value = (text: string) => ({ name: 'A_SETTING', read: () => text, peek: () => text })

export function rowsOf<Row extends Json>(name: string, rows: readonly Row[]): Source<Row> {
  return {
    name,
    async *read() {
      yield* rows
    },
  }
}

export const PLANS = 'test/fixtures/worlds/plain/plans.yaml'
export const catalogue = supportPlans(value(PLANS))
export const TABLES = { global: globalFields, us_gov: usGovFields }

export type Instance = keyof typeof TABLES

export type ChargeSpec = { name?: string | null; start?: string | null; end?: string | null; quantity?: number | null }

/** The day on which the examples play; every date in them is relative to it. */
export const TODAY = '2026-03-16'

/** One account as the Salesforce source hands it over; each list of charges is one subscription. */
export function account(
  subscriptions: readonly (readonly ChargeSpec[])[],
  columns: JsonObject = {},
  id = '001000000000001AAA',
): JsonObject {
  return {
    Account_ID_18__c: id,
    Name: 'Example Ltd',
    CARR_This_Account__c: 12_000.5,
    Support_Instance__c: 'gitlab',
    Zuora__Subscriptions__r: subscriptions.map((_, index) => ({ Id: `${id}-S${index}` })),
    Zuora__R00N40000001lGjTEAU__r: subscriptions.flatMap((charges, index) =>
      charges.map(
        ({ name = 'Self-Managed - Premium - 1 Year', start = '2026-01-01', end = '2027-01-01', quantity = 10 }) => ({
          Zuora__SubscriptionRatePlanChargeName__c: name,
          Zuora__Subscription__c: `${id}-S${index}`,
          Zuora__EffectiveStartDate__c: start,
          Zuora__EffectiveEndDate__c: end,
          Zuora__Quantity__c: quantity,
        }),
      ),
    ),
    ...columns,
  }
}

/** An override entry as the overrides source hands it over. */
export function overriding(set: JsonObject, more: Partial<Override> = {}): Override {
  return {
    where: 'overrides.yaml:1',
    salesforce_id: '001000000000001AAA',
    instance: null,
    set,
    reason: 'a test',
    expires_on: null,
    ...more,
  }
}

export type Given = {
  instance?: Instance
  accounts: readonly Json[]
  overrides?: readonly Override[]
  today?: string
  exclude?: readonly Desired[]
  elsewhere?: readonly { key: string; Type: string | null }[]
  types?: readonly string[]
  levelOrder?: readonly Json[]
  tables?: { readonly [instance: string]: FieldTable }
}

/** Everything that the processor says about `accounts`. */
export function computed({
  instance = 'global',
  accounts,
  overrides: entries = [],
  today = TODAY,
  exclude,
  elsewhere,
  types,
  tables,
  levelOrder,
}: Given): Promise<Desired[]> {
  const source = entitlements({
    name: `${instance}-accounts`,
    instance,
    side: instance === 'us_gov' ? 'us_government' : 'global',
    accounts: rowsOf('accounts', accounts),
    catalogue,
    overrides: { ...rowsOf('overrides', entries), ...(tables && { tables }) },
    fields: TABLES[instance],
    ...(exclude === undefined ? {} : { exclude: rowsOf('partners', exclude) }),
    ...(elsewhere === undefined ? {} : { elsewhere: rowsOf('elsewhere', elsewhere) }),
    ...(types && { types }),
    ...(levelOrder && { levelOrder }),
  })
  return collect(source.read(runOn(today)))
}

/**
 * The fields of the only account, as the reference configuration itself computes them; `{ absent:
 * reason }` where there is no record.
 */
export async function fieldsOf(given: Given): Promise<JsonObject> {
  const said = (await referenceSaid(given)).find(({ kind }) => kind !== 'notice')
  if (said === undefined || said.kind === 'notice') return {}
  return said.kind === 'record' ? said.fields : { absent: said.reason }
}

/** What the processor of `sync.config.ts` says of accounts that all have an organization. */
export async function referenceSaid({ instance = 'global', accounts, overrides = [], today = TODAY }: Given) {
  const { desired, target } = config.targets[instance === 'global' ? 'global' : 'us-gov']
  const listed = accounts.map((row, index) => ({ id: String(index), fields: { salesforce_id: keyOf(row) } }))
  const rows = new Map<string, readonly Json[]>([
    ['accounts', accounts],
    ['plans', await collect(catalogue.read(runOn(today)))],
    ['overrides', overrides],
    [target.name, listed],
  ])
  const run: Run = {
    ...runOn(today),
    // Each source gets the rows that are its own.
    input: <Row extends Json>({ name }: Source<Row>) =>
      rowsOf(name, (rows.get(name) ?? []) as readonly Row[]).read(run),
  }
  return collect(desired.read(run))
}

const keyOf = (row: Json): Json => (isObject(row) ? (row['Account_ID_18__c'] ?? null) : null)
