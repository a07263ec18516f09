import { join } from 'node:path'
import { expect, test } from 'vitest'
import { variablesLine } from '../../../src/cli/render/variables.ts'

const file = join(process.cwd(), 'sub/production.env')

test('which file gave which variables is one line', () => {
  expect(variablesLine({ file, given: ['A', 'B'], outvoted: [] })).toBe('sub/production.env gives A, B')
  expect(variablesLine({ file, given: ['A'], outvoted: ['B', 'C'] })).toBe(
    'sub/production.env gives A; the environment wins with B, C',
  )
  const many = { file, given: ['A', 'B', 'C', 'D'], outvoted: ['E', 'F', 'G', 'H', 'I'] }
  expect(variablesLine(many)).toBe('sub/production.env gives 4 variables; the environment wins with 5 variables')
  expect(variablesLine(many, true)).toBe('sub/production.env gives A, B, C, D; the environment wins with E, F, G, H, I')
  expect(variablesLine({ file, given: [], outvoted: [] })).toBe('sub/production.env gives nothing')
})
