import { expect, test } from 'vitest'
import { unusedIn } from '../../src/cli/unused.ts'
import { textOf } from '../docs/pages.ts'

const reference = textOf('sync.config.ts')
const namesIn = (text: string): string[] => unusedIn(text).map(({ name }) => name)

test('the reference configuration and the examples list all that they make', () => {
  for (const file of [
    'sync.config.ts',
    'examples/third-instance/sync.config.ts',
    'examples/any-service/sync.config.ts',
  ])
    expect(unusedIn(textOf(file)), file).toEqual([])
})

test('a sync that is not listed is found with its line, and so is a source that nobody reads', () => {
  const without = reference
    .replace(`    'us-gov-users': usGovUsers,\n`, '')
    .replace('sources: { accounts, partnerRows,', 'sources: { accounts,')
  expect(unusedIn(without)).toEqual([
    { name: 'usGovUsers', line: without.split('\n').findIndex((line) => line.startsWith('const usGovUsers')) + 1 },
  ])
})

test.each([
  ['a comment', '// emea\n/* emea, */'],
  ['a text', `log('emea', "emea")`],
  ['a key of something else', 'const fields = { emea: emeaFields }'],
  ['a member of something else', 'reference.emea'],
  ['a longer name', 'emeaFields, $emea'],
])('%s is no use of what has the name', (_, code) => {
  expect(namesIn(`const emea = customers({})\n${code}\n`)).toEqual(['emea'])
})

test.each([
  ['a shorthand', 'x({ targets: { emea } })'],
  ['a value', `x({ 'the-emea': emea })`],
  ['a member of it', 'emea.target'],
  ['a place in a template', 'soql`x = ${emea}`'],
  ['a text of it that holds an apostrophe', "/* it’s */ soql`it's ${emea}`"],
  ['an argument', 'keysAfter(emea)'],
  ['one right behind a comment', 'typeof/* it */emea'],
  ['a choice', 'const one = process.env.X ? emea : other'],
])('%s is one', (_, code) => {
  expect(namesIn(`const emea = customers<X>({})\n${code}\n`)).toEqual([])
})

test('functions, tables and what is exported are no matter of it', () => {
  expect(namesIn(`const f = (x) => x\nconst table = {\n}\nexport const made = sync({})\n`)).toEqual([])
})
