import { expect, test } from 'vitest'
import { lookCommands } from '../../../../src/cli/render/plan/looks.ts'
import { change, planOf, syncPlan } from '../../plans.ts'

const excess = (id: string, more: object) =>
  ({ id, op: 'update', count: 31, existing: 100, limit: 0.3, message: 'too many', examples: [], ...more }) as const

test.each([
  ['creates alone: all of it', [], [excess('global.create', { op: 'create' })], ['--all']],
  [
    'what ends comes first, then the one field that updates are made for, and the field of a limit, each once',
    [change('retire', 'Z', { mark: [false, true] })],
    [
      excess('global.update', { because: { fields: ['industry'], left: 3 } }),
      excess('global.field.level', { op: 'field', field: 'level' }),
      excess('us-gov.update', { because: { fields: ['industry'], left: 0 } }),
    ],
    ['--retire', '--field industry', '--field level', '--all'],
  ],
  ['a removal ends, too', [change('remove', 'Z', { name: ['Acme', null] })], [], ['--retire', '--all']],
  [
    'several fields are no single cause',
    [],
    [excess('global.update', { because: { fields: ['a', 'b'], left: 3 } })],
    ['--all'],
  ],
])('what is shown of a plan beyond its limits: %s', (_what, changes, excesses, parts) => {
  expect(lookCommands(planOf(syncPlan({ changes, excesses })), 'plan.json')).toEqual(
    parts.map((part) => `zds show plan.json ${part}`),
  )
})
