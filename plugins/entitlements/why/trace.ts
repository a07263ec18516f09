import { isObject, type ExplainedRule, type FieldChange, type FieldTable, type Json } from 'zds'
import type { Account } from '../account.ts'
import { ACCOUNT } from '../columns.ts'
import { derive, type Context, type Draft, type Rule } from '../rule.ts'
import { rules } from '../rules.ts'

/** A rule that has run, and the facts and fields that it has set, also to what they were. */
export type TraceStep = Required<ExplainedRule> & { readonly wrote: ReadonlySet<string> }

/** The columns behind what rules read of an account. */
const COLUMNS: { readonly [property: string]: string } = {
  arr: ACCOUNT.arr,
  geo: ACCOUNT.geo,
  region: ACCOUNT.region,
  exception: ACCOUNT.instance,
  soldTo: ACCOUNT.soldToEmail,
  subscriptions: ACCOUNT.subscriptions,
}

/** The rules run over one account as ever, and what each of them read, set and changed. */
export function traceRules(
  account: Account,
  context: Context,
  table: FieldTable,
): { draft: Draft; steps: readonly TraceStep[] } {
  const steps: TraceStep[] = []
  const called = fieldNames(table)
  const watched = rules.map((rule): Rule => ({
    ...rule,
    apply(draft, given) {
      const before = stateOf(draft, called)
      const { seen, read, wrote } = watch(draft, called)
      rule.apply(seen, given)
      steps.push({ id: rule.id, about: rule.about, read, changed: differences(before, stateOf(draft, called)), wrote })
    },
  }))
  return { draft: derive(account, watched, context), steps }
}

/** What a person calls a fact: the field that shows it, where there is one. */
export function fieldNames(table: FieldTable): (fact: string) => string {
  const fields = Object.entries(table)
  const names = new Map(fields.flatMap(([name, { reads }]) => (reads.kind === 'fact' ? [[reads.fact, name]] : [])))
  return (fact) => names.get(fact) ?? fact
}

type AccountState = { readonly [name: string]: Json }

/** What rules change, by the names of a person. Whoever is not said to be there is nobody. */
function stateOf(
  { facts, fields, subscriptions, people, absent }: Draft,
  called: (fact: string) => string,
): AccountState {
  return {
    ...Object.fromEntries(Object.entries(facts).map(([fact, value]) => [called(fact), value])),
    ...Object.fromEntries(fields),
    subscriptions: subscriptions.map(({ id }) => id),
    people: (people ?? []).map(({ email }) => email),
    absent: absent ?? null,
  }
}

function differences(before: AccountState, after: AccountState): { [name: string]: FieldChange } {
  const changes = Object.entries(after).map(([name, to]) => [name, { from: before[name] ?? null, to }] as const)
  return Object.fromEntries(changes.filter(([, { from, to }]) => textOf(from) !== textOf(to)))
}

/** Nothing, no and an empty list are no difference to a person. */
const textOf = (value: Json): string => JSON.stringify(isEmpty(value) ? null : value)
const isEmpty = (value: Json): boolean => value === false || (Array.isArray(value) && value.length === 0)

/** The draft as a rule sees it, and what it has read and set when it is through. */
function watch(draft: Draft, called: (fact: string) => string) {
  const read: Record<string, Json> = {}
  const wrote = new Set<string>()
  const account = new Proxy(draft.account, {
    get: (target, property: keyof Account) => {
      const column = COLUMNS[property]
      if (column !== undefined) read[column] = shown(target.row[column] ?? null)
      return target[property]
    },
  })
  const facts = new Proxy(draft.facts, {
    get: (target, fact: string) => {
      const value = target[fact]
      if (!wrote.has(fact) && value !== undefined && value !== false && value !== null) read[called(fact)] = value
      return value
    },
    set: (target, fact: string, value: Json) => {
      wrote.add(fact)
      target[fact] = value
      return true
    },
  })
  const fields = new Map(draft.fields)
  fields.set = (name, value) => {
    wrote.add(name)
    draft.fields.set(name, value)
    return fields
  }
  const seen = new Proxy<Draft>(draft, {
    get: (target, property: keyof Draft) => {
      if (property === 'charges') read['charges'] = target.charges.length
      return property === 'account'
        ? account
        : property === 'facts'
          ? facts
          : property === 'fields'
            ? fields
            : target[property]
    },
  })
  return { seen, read, wrote }
}

/** Of a list of rows, how many there are; of a row, that it is one. */
const shown = (value: Json): Json => (Array.isArray(value) ? value.length : isObject(value) ? '…' : value)
