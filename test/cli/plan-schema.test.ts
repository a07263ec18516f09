import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { planSchema } from '../../src/core/plan/schema.ts'
import { change, notice, planOf, syncPlan } from './plans.ts'

const published = join(import.meta.dirname, '../../docs/plan.schema.json')

/** After a change of the schema: UPDATE_SCHEMA=1 npx vitest run test/cli/plan-schema.test.ts */
test('docs/plan.schema.json is the schema that plans are checked against', () => {
  const text = `${JSON.stringify(planSchema, null, 2)}\n`
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(published, text)
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(text))
})

test('the published schema takes a plan with everything that a plan can hold, and nothing else', () => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(
    JSON.parse(readFileSync(published, 'utf8')) as object,
  ) // our own file
  const plan = planOf(
    syncPlan({
      changes: [
        change(
          'create',
          'A',
          { name: [null, 'Acme'] },
          { along: { people: ['a@b.c'] }, remarks: [{ code: 'user-new', message: 'a@b.c: new user' }] },
        ),
        change('update', 'B', { organization_id: [null, { ref: { sync: 'us-gov', key: 'A' } }] }),
        change('retire', 'C', { mark: [false, true] }, { reason: 'gone' }),
      ],
      skipped: [
        { key: '', reason: 'no-key', id: '1', name: 'Nobody' },
        { key: 'D', reason: 'name-taken', heldBy: { key: 'C', id: '3', name: 'Cyd', fate: 'retired' } },
        {
          key: 'E',
          reason: 'incomplete-listing',
          id: '5',
          change: change('retire', 'E', { mark: [false, true] }, { reason: 'gone' }),
        },
      ],
      notices: [notice('a charge')],
      excesses: [
        {
          id: 'global.update',
          op: 'update',
          count: 1,
          existing: 1,
          limit: 0.3,
          because: { fields: ['organization_id'], left: 0 },
          message: 'too many',
          examples: ['B'],
        },
      ],
    }),
  )
  expect(validate(plan), JSON.stringify(validate.errors)).toBe(true)
  expect(validate({ ...plan, more: true })).toBe(false)
  expect(validate({ ...plan, version: 2 })).toBe(false)
  expect(validate({ ...plan, syncs: [{ ...plan.syncs[0], changes: [{ op: 'delete', key: 'A', fields: {} }] }] })).toBe(
    false,
  )
})
