import { expect, test } from 'vitest'
import { repeatedIn } from '../../src/cli/repeated.ts'
import { textOf } from '../docs/pages.ts'

test('the reference configuration and the examples have nothing twice', () => {
  for (const file of [
    'sync.config.ts',
    'examples/third-instance/sync.config.ts',
    'examples/any-service/sync.config.ts',
  ])
    expect(repeatedIn(textOf(file)), file).toEqual([])
})

test('a key that is there twice is told with both lines, however it is written', () => {
  const text = `const other = { a: 1 }\n\nexport const fields = {\n\t...shared,\n\ta: x(),\n\t'b-c': x(),\n\ta: y(),\n\t"b-c": y(),\n}\n`
  expect(repeatedIn(text)).toEqual([
    { name: 'a', line: 7, before: 5 },
    { name: 'b-c', line: 8, before: 6 },
  ])
})

test.each([
  ['another object', 'const one = {\n  a: 1,\n}\nconst two = {\n  a: 1,\n}\n'],
  ['what is deeper', 'const one = {\n  a: {\n    a: 1,\n  },\n  b: {\n    a: 1,\n  },\n}\n'],
  ['a comment', 'const one = {\n  a: 1,\n  // a: 2,\n}\n'],
])('a key of %s is no repetition', (_, text) => expect(repeatedIn(text)).toEqual([]))
