import type { ExplainedField, Field, FieldTable } from 'zds'
import type { Context, Draft } from '../rule.ts'
import { fieldNames, type TraceStep } from './trace.ts'
import { SOURCES, type Scene } from './sources.ts'

/** The rules by which columns of an account become fields. */
const OF_COLUMNS: { readonly [column: string]: string } = {
  Account_ID_18__c: 'SFA-10',
  Name: 'SFA-11',
  Ultimate_Parent_Sales_Segment_Employees__c: 'SFA-14',
  Restricted_Account__c: 'SFA-16',
  Account_Risk_Level__c: 'SFA-17',
  Account_Owner_Calc__c: 'SFA-21',
  Technical_Account_Manager_Name__c: 'SFA-22',
  'Solutions_Architect_Lookup__r.Name': 'SFA-23',
  Support_Hold__c: 'SFA-24',
}
/** Fields with a rule of their own besides that of their column. */
const OF_FIELDS: { readonly [field: string]: string } = { sfdc_short_id: 'FLD-02', mark_for_deletion: 'AMB-18' }

/** The field tables make the record (PROC-12): the rule of whatever has no other. */
const OF_TABLES = 'PROC-12'
const OVERRIDES = 'OVR-03'
const ONLY_OVERRIDES = 'AMB-13'

/** What each field came from, and by which rules. */
export function explainedFields(
  table: FieldTable,
  draft: Draft,
  steps: readonly TraceStep[],
  context: Context,
): { readonly [field: string]: ExplainedField } {
  const setBy = (name: string): readonly string[] => steps.filter(({ wrote }) => wrote.has(name)).map(({ id }) => id)
  const overriding = (field: string): string =>
    context.amendments.get(draft.account.id)?.find((one) => one.field === field)?.where ?? 'an override'
  const called = fieldNames(table)
  const scene: Scene = {
    draft,
    context,
    called,
    from: (fact) => {
      const last = setBy(fact).at(-1)
      if (last === OVERRIDES) return overriding(called(fact))
      return last === undefined ? 'no rule' : (SOURCES[last]?.(fact, scene) ?? last)
    },
  }
  const of = (name: string, { reads }: Field): ExplainedField => {
    if (reads.kind === 'fact') return { from: scene.from(reads.fact), rules: setBy(reads.fact) }
    const set = setBy(name)
    if (reads.kind === 'nothing')
      return { from: set.length > 0 ? overriding(name) : 'only an override', rules: [ONLY_OVERRIDES, ...set] }
    const from = set.length > 0 ? overriding(name) : reads.columns.join(', ') || 'the configuration'
    return { from, rules: [...rulesOf(name, reads.columns), ...set] }
  }
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, of(name, field)]))
}

function rulesOf(name: string, columns: readonly string[]): string[] {
  const known = [...columns.map((column) => OF_COLUMNS[column]), OF_FIELDS[name]].filter((id) => id !== undefined)
  return known.length > 0 ? known : [OF_TABLES]
}
