import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Explanation, FieldAnswer, SyncAnswer } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { emptied, sampleWorld, type Expected } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const ALL = join(import.meta.dirname, '../support/explain-all.ts')

type Row = { readonly [column: string]: unknown }
type Override = { salesforce_id: string; instance?: string; set: Row; reason: string; expires_on?: string }

/** What the comparison makes of a key, in the words of the worlds. */
const VERDICTS: { readonly [action: string]: string } = {
  create: 'create',
  update: 'update',
  retire: 'retire',
  mark: 'retire',
  held: 'skipped',
}
const IN_SYNC = new Set([null, undefined, 'already-marked'])
const WORDS: { readonly [reason: string]: string } = { role: 'not-owned' }

/** Columns that fields are copied or derived from, and the rules that say so (section 2). */
const COLUMNS: { readonly [field: string]: readonly [column: string, rule: string] } = {
  name: ['Name', 'SFA-11'],
  external_id: ['Account_ID_18__c', 'SFA-10'],
  salesforce_id: ['Account_ID_18__c', 'SFA-10'],
  sfdc_short_id: ['Account_ID_18__c', 'FLD-02'],
  account_owner: ['Account_Owner_Calc__c', 'SFA-21'],
  technical_account_manager: ['Technical_Account_Manager_Name__c', 'SFA-22'],
  solutions_architect: ['Solutions_Architect_Lookup__r.Name', 'SFA-23'],
  restricted_account: ['Restricted_Account__c', 'SFA-16'],
  org_in_escalated_state: ['Account_Risk_Level__c', 'SFA-17'],
  support_hold: ['Support_Hold__c', 'SFA-24'],
  sales_segmentation: ['Ultimate_Parent_Sales_Segment_Employees__c', 'SFA-14'],
  market_segment: ['Ultimate_Parent_Sales_Segment_Employees__c', 'SFA-14'],
  mark_for_deletion: ['the configuration', 'AMB-18'],
}
/** Rules that have the last word on a field, whatever an override says (OVR-04). */
const COMPUTED: { readonly [field: string]: string } = {
  support_level: 'PROC-30',
  account_type: 'PROC-32',
  aar: 'PROC-41',
  arr: 'PROC-41',
  emergency_support_24x7: 'PROC-45',
}
/** Rules that make a field unless an override does. */
const FACTS: { readonly [field: string]: string } = {
  expiration_date: 'PROC-18',
  seats_decimal: 'PROC-19',
  number_of_seats: 'PROC-19',
  org_region: 'SFA-15',
}
const PARTNER: { readonly [field: string]: string } = {
  account_type: 'PART-03',
  restricted_account: 'PART-04',
  org_in_escalated_state: 'PART-05',
}

/** Of what is wrong, enough to see what it is. */
const FEW = 5

/** Every rule of the mission, as docs/rules.md lists them. */
const RULES = new Set(readFileSync('docs/rules.md', 'utf8').match(/\b[A-Z]{3,4}-\d\d\b/g))

describe.each(['cases', 'plain'] as const)('explain, of every case of the world %s (CHG-09)', (name) => {
  const { world, expected, environment } = sampleWorld(name)
  const plans = parse(readFileSync(environment.SUPPORT_PLANS, 'utf8')) as {
    subscriptions: { [type: string]: string[] }
  } // a plans file
  const overrides = parse(readFileSync(environment.SUPPORT_OVERRIDES, 'utf8')) as readonly Override[] // an overrides file
  const lines = readFileSync(environment.SUPPORT_OVERRIDES, 'utf8').split('\n')
  const charges = Map.groupBy(
    (world.salesforce['Zuora__SubscriptionProductCharge__c'] ?? []) as readonly Row[],
    (row) => row['Zuora__Account__c'],
  )
  let sandbox: Sandbox
  let here: Project
  let planned: Result
  let requests: number
  let answers: ReadonlyMap<string, Explanation>

  const judged = (['global', 'us-gov', 'partners'] as const).flatMap((sync) =>
    expected[sync].filter(({ action }) => action !== 'unjudged').map((one) => [sync, one] as const),
  )
  const users = expected['us-gov-users'].filter(({ action, email }) => action !== 'unjudged' && email !== null)
  const askedFor = ({ key, ids }: Expected): string => key ?? String(ids?.[0])

  beforeAll(async () => {
    sandbox = await startSandbox({ world })
    here = project({ ...sandbox.env, ...environment })
    planned = await here.zds('plan', '--as-of', expected.asOf)
    requests = sandbox.requests.length
    const asked = [...new Set([...judged.map(([, one]) => askedFor(one)), ...users.map(({ email }) => String(email))])]
    const { stdout, stderr } = spawnSync(process.execPath, [ALL], {
      cwd: here.directory,
      env: { PATH: process.env['PATH'] ?? '', ...sandbox.env, ...environment },
      input: asked.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const said = stdout.split('\n').filter(Boolean)
    if (said.length !== asked.length) throw new Error(stderr)
    answers = new Map(said.map((line, at) => [asked[at] ?? '', JSON.parse(line) as Explanation])) // what it prints
  }, 300_000)
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })

  const answerOf = (asked: string, sync: string): SyncAnswer | undefined =>
    answers.get(asked)?.syncs.find((one) => one.sync === sync)

  test('makes no request', () => {
    expect(planned, planned.stderr).toMatchObject({ code: 0 })
    expect(sandbox.requests.slice(requests)).toEqual([])
  })

  test('the key is the 18-character id, or the address', () => {
    for (const [asked, { key, asOf }] of answers) {
      expect(asOf).toBe(expected.asOf)
      const known = asked.startsWith('001') || asked.includes('@')
      expect(key).toBe(asked.includes('@') ? asked.toLowerCase() : known ? asked : key)
    }
  })

  test('the verdict and the reason are those of the plan, each with a rule (CMP-02..06, AMB-17)', () => {
    const wrong: unknown[] = []
    const of = (sync: string, asked: string, action: string, reason: string | null | undefined) => {
      const answer = answerOf(asked, sync)
      const verdict = VERDICTS[action] ?? (IN_SYNC.has(reason) ? 'in-sync' : 'skipped')
      const word = verdict === 'skipped' || verdict === 'retire' ? (WORDS[reason ?? ''] ?? reason ?? 'gone') : undefined
      const rule = answer?.rules.at(-1)?.id ?? ''
      if (answer?.verdict !== verdict || (word !== undefined && answer.reason !== word) || !RULES.has(rule))
        wrong.push({ sync, asked, verdict, word, found: answer?.verdict, reason: answer?.reason, rule })
    }
    for (const [sync, one] of judged) of(sync, askedFor(one), one.action, one.reason)
    for (const one of users) of('us-gov-users', String(one.email), one.action, (one as { reason?: string }).reason) // some have
    expect(wrong.slice(0, FEW)).toEqual([])
  })

  test('each field has its live and its desired value, and says what follows', () => {
    const wrong: unknown[] = []
    let compared = 0
    for (const [sync, one] of judged.filter(([, { fields }]) => fields !== undefined)) {
      if (one.action === 'retire') continue
      const found = new Map(answerOf(askedFor(one), sync)?.fields.map((field) => [field.field, field]))
      for (const [field, value] of Object.entries(one.fields ?? {})) {
        compared += 1
        const { desired, verdict } = found.get(field) ?? {}
        const changes =
          one.action === 'update' ? one.changed?.includes(field) : one.action !== 'none' && emptied(value) !== null
        const follows = changes ? 'differs' : 'same'
        const isHeld = one.action === 'none' && one.reason !== null && one.reason !== undefined
        if (emptied(desired) !== emptied(value) || (!isHeld && verdict !== follows))
          wrong.push({ sync, key: one.key, field, value, desired, verdict, follows })
      }
    }
    expect(wrong.slice(0, FEW)).toEqual([])
    expect(compared).toBeGreaterThan(4_000)
  })

  test('each managed field names rules of the mission, and what it came from', () => {
    const wrong: unknown[] = []
    for (const [asked, { syncs }] of answers) {
      for (const { sync, verdict, reason, fields } of syncs) {
        for (const field of fields.filter((one) => one.verdict !== 'not-managed')) {
          // Of what nobody desires it only says that it is retired, and why.
          const retired = verdict === 'retire' || (verdict === 'in-sync' && reason !== undefined)
          const problem = sync === 'us-gov-users' || retired ? undefined : problemOf(asked, sync, field)
          const strange = field.rules.filter((id) => !RULES.has(id))
          if (problem !== undefined || strange.length > 0 || field.rules.length === 0 || field.from === '')
            wrong.push({ asked, sync, problem, strange, ...field })
        }
      }
    }
    expect(wrong.slice(0, FEW)).toEqual([])
  })

  /** What is wrong with the source or the rules of a field, by what the world holds. */
  function problemOf(key: string, sync: string, { field, desired, from, rules }: FieldAnswer): string | undefined {
    const cites = (id: string) => (rules.includes(id) ? undefined : `does not cite ${id}`)
    if (sync === 'partners') return cites(PARTNER[field] ?? 'PART-06')
    const computed = COMPUTED[field]
    if (computed !== undefined) return cites(computed)
    const override = overrides.find(
      (one) =>
        one.salesforce_id === key &&
        field in one.set &&
        appliesTo(one, sync) &&
        !((one.expires_on ?? '9') < expected.asOf),
    )
    if (override !== undefined && rules.at(-1) === 'OVR-03') {
      const line = Number(/:(\d+)$/.exec(from)?.[1] ?? 0)
      return lines[line - 1]?.includes(key) === true ? undefined : 'names another line than the one of its override'
    }
    if (override !== undefined) return cites('OVR-03')
    const column = COLUMNS[field]
    if (column !== undefined) return from === column[0] ? cites(column[1]) : `is not from ${column[0]}`
    if (!field.startsWith('sub_')) return cites(FACTS[field] ?? 'AMB-13')
    if (desired === true && from.startsWith('charge')) {
      const granting = (charges.get(key) ?? []).filter((row) =>
        plans.subscriptions[field]?.includes(String(row['Zuora__SubscriptionRatePlanChargeName__c'])),
      )
      const named = granting.some((row) =>
        from.includes(JSON.stringify(row['Zuora__SubscriptionRatePlanChargeName__c'])),
      )
      return named ? cites('PROC-16') : 'names no charge that grants it'
    }
    return desired === true && !/^(sub_ss_enterprise|usgov_fedramp): /.test(from)
      ? 'comes from nowhere'
      : cites('PROC-16')
  }

  test('every charge of the subscriptions of an instance is there, as in Salesforce, with why', () => {
    const sums = { charges: 0, granting: 0 }
    for (const [sync, one] of judged.filter(([sync]) => sync !== 'partners')) {
      const answer = answerOf(askedFor(one), sync)
      if (answer === undefined) continue
      const known = (charges.get(one.key) ?? []).map((row) =>
        JSON.stringify([
          row['Zuora__SubscriptionRatePlanChargeName__c'] ?? null,
          row['Zuora__EffectiveStartDate__c'] ?? null,
          row['Zuora__EffectiveEndDate__c'] ?? null,
          row['Zuora__Quantity__c'] ?? null,
        ]),
      )
      for (const { name: called, start, end, quantity, type, grants, why } of answer.charges) {
        sums.charges += 1
        if (grants) sums.granting += 1
        expect(known).toContain(JSON.stringify([called, start, end, quantity]))
        expect(type).toBe(typeOf(called))
        expect(grants && type === null).toBe(false)
        expect(why).toMatch(/\S/)
      }
    }
    expect(sums.granting).toBeGreaterThan(100)
    expect(sums.charges).toBeGreaterThan(sums.granting)
  })

  const typeOf = (called: string | null): string | null =>
    Object.entries(plans.subscriptions).find(([, names]) => names.includes(called ?? ''))?.[0] ?? null

  test('every override of an account is named, with its reason', () => {
    for (const { salesforce_id: key, reason, set, instance } of overrides) {
      for (const { sync, overrides: named } of answers.get(key)?.syncs ?? []) {
        if (!['global', 'us-gov'].includes(sync) || !appliesTo({ instance }, sync)) continue
        expect(named).toContainEqual(expect.objectContaining({ reason, set }))
      }
    }
  })
})

const appliesTo = ({ instance }: { instance?: string | undefined }, sync: string): boolean =>
  instance === undefined || instance.replace('_', '-') === sync
