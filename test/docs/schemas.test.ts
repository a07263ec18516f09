import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { generateWorld } from 'zds/sandbox'
import { catalogueSchema, overridesSchema } from '../../plugins/entitlements/schemas.ts'
import { reportDocument } from '../../src/cli/render/report.ts'
import { reportSchema } from '../../src/cli/render/report-schema.ts'
import { planSchema } from '../../src/core/plan/schema.ts'
import { reportOf } from '../../src/core/run/report.ts'
import { ZdsError } from '../../src/core/errors.ts'
import { faultProblem, kindKeys, matchKeys, presets } from '../../src/sandbox/faults/check.ts'
import { faultsSchema } from '../../src/sandbox/faults/schema.ts'
import { worldSchema } from '../../src/sandbox/world/schema.ts'
import { change, planOf, syncPlan } from '../cli/plans.ts'
import { ROOT, textOf } from './pages.ts'

const SCHEMAS = {
  faults: faultsSchema,
  overrides: overridesSchema,
  plan: planSchema,
  plans: catalogueSchema,
  report: reportSchema,
  world: worldSchema,
}

/** After a change of one: UPDATE_SCHEMA=1 npx vitest run test/docs/schemas.test.ts */
test.each(Object.entries(SCHEMAS))('docs/%s.schema.json is the schema of the code', (name, schema) => {
  const published = join(ROOT, `docs/${name}.schema.json`)
  const text = `${JSON.stringify(schema, null, 2)}\n`
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(published, text)
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(text))
})

/** Whether the published schema takes a value, as an editor would say. */
function takes(name: keyof typeof SCHEMAS): (value: unknown) => boolean {
  const ajv = new Ajv({ strict: false, formats: { date: true, regex: isRegex } })
  const validate = ajv.compile(JSON.parse(textOf(`docs/${name}.schema.json`)) as object) // our own file
  return (value) => validate(value)
}

function isRegex(text: string): boolean {
  try {
    return RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

describe('the schemas take what the code takes', () => {
  it('plans.yaml and overrides.yaml of the reference, and the entry that the latter shows', () => {
    expect(takes('plans')(parse(textOf('data/plans.yaml')))).toBe(true)
    const overrides = textOf('data/overrides.yaml')
    expect(takes('overrides')(parse(overrides))).toBe(true)
    const shown = overrides
      .slice(overrides.indexOf('# - '))
      .replaceAll(/^# ?/gm, '')
      .replace(/\[\]\s*$/, '')
    expect(takes('overrides')(parse(shown))).toBe(true)
    expect(takes('overrides')([{ salesforce_id: 'A', set: {} }])).toBe(false)
    expect(takes('plans')({ subscriptions: {} })).toBe(false)
  })

  it('a generated world', () => {
    const world = JSON.parse(JSON.stringify(generateWorld({ accounts: 20 }))) as { zendesk: object }
    expect(takes('world')({ $schema: 'any', ...world })).toBe(true)
    expect(takes('world')({ ...world, zendesk: { 'no-name': {} } })).toBe(false)
  })

  it('exactly the faults that the sandbox takes', () => {
    const isTaken = takes('faults')
    const values = fc.constantFrom<unknown>(
      0,
      1,
      404,
      1.5,
      -1,
      'a',
      'killed',
      'working',
      '(',
      {},
      { a: 'b' },
      { ids: [1] },
      ...presets.slice(0, 2),
    )
    const keys = [...matchKeys, ...new Set(Object.values(kindKeys).flat())].filter((key) => key !== 'service')
    const fault = fc.record({
      kind: fc.constantFrom(...Object.keys(kindKeys), 'odd'),
      more: fc.dictionary(fc.constantFrom(...keys, 'odd'), values, { maxKeys: 3 }),
    })
    fc.assert(
      fc.property(fault, ({ kind, more }) => {
        const one = { service: 'global', kind, ...more }
        expect(isTaken([one]), JSON.stringify(one)).toBe(faultProblem(one, ['global']) === undefined)
      }),
      { numRuns: 3000 },
    )
  })

  it('a report with everything that one can hold, and one in numbers', () => {
    const plan = planOf(
      syncPlan({
        changes: [{ ...change('create', 'A', { name: [null, 'Acme'] }), name: 'Acme' }, change('create', 'B', {})],
      }),
    )
    const error = new ZdsError('HTTP_UNAVAILABLE', 'global does not answer', { hint: 'Later' })
    const [sync = ''] = plan.syncs.map(({ name }) => name)
    const report = reportOf(
      { run: 'run-1', status: 'failed', forced: false, error },
      plan,
      new Map([[sync, [{ key: 'A', status: 'failed' as const, code: 'http-422', message: 'no' }]]]),
    )
    for (const redact of [false, true]) {
      const document = JSON.parse(JSON.stringify(reportDocument(report, redact))) as object
      expect(takes('report')(document)).toBe(true)
      expect(takes('report')({ ...document, more: 1 })).toBe(false)
    }
  })
})
