import { ZdsError } from 'zds'
import { describe, expect, test } from 'vitest'
import { parseYaml } from '../../../plugins/entitlements/yaml-file.ts'

function problemsOf(text: string): string[] {
  try {
    return parseYaml('f.yaml', text).repeated.map(({ where, message }) => `${where} ${message}`)
  } catch (error) {
    if (!(error instanceof ZdsError && error.code === 'FILE_INVALID')) throw error
    return error.issues.map(({ where, message }) => `${where} ${message}`)
  }
}

const INDENT = 'is indented differently from the lines it belongs to'
const QUOTE = 'put the text in quotes'

describe('a fault of YAML is told in words, with its line', () => {
  test.each<[string, string, string]>([
    ['an open quote', 'a: 1\nb: "x\nc: 1\n', '2 opens a quote that is never closed'],
    ['an open quote before another', "- a: 'x\n  b: 1\n- a: 'y'\n", '1 opens a quote that is never closed'],
    [
      'an apostrophe',
      "a: 'it's'\n",
      '1 has something behind a closing quote: put text with such quotes into the other kind of quotes',
    ],
    ['a tab', 'a:\n\t- x\n', '2 begins with a tab: indent it with blanks'],
    ['a tab within', '- a: x\n\tb: y\n', '2 begins with a tab: indent it with blanks'],
    ['a second document', 'a: 1\n---\nb: 2\n', '2 begins a second document (---), and the file must be one'],
    ['a second colon', 'a: b: c\n', `1 has a second colon (then ${QUOTE}), or the next line is indented too far`],
    [
      'a line too far',
      '- a: x\n    b: y\n',
      `1 has a second colon (then ${QUOTE}), or the next line is indented too far`,
    ],
    ['a line not far enough', '- a: x\n b: y\n', `2 lacks its dash, or ${INDENT}`],
    [
      'text behind brackets',
      'a: [EDU] SaaS\n',
      `1 has something behind its value (then ${QUOTE} as a whole), or ${INDENT}`,
    ],
    ['an open bracket', 'a: [1, 2\nb: 3\n', `2 ${INDENT}, or a bracket before it is not closed`],
    ['a name for nothing', 'a: *x\n', `1 has text that begins with *, which means something else in YAML: ${QUOTE}`],
    [
      'a name for itself',
      'a: &x\n  - *x\n',
      `2 has text that begins with *, which means something else in YAML: ${QUOTE}`,
    ],
    ['a tag', 'a: !important\n', `1 has text that begins with !, which means something else in YAML: ${QUOTE}`],
    [
      'a reserved character',
      'a: @ada\n',
      `1 has text that begins with a character which means something else in YAML: ${QUOTE}`,
    ],
    ['a backslash', 'a: "C:\\q"\n', '1 has a backslash in double quotes that means nothing there: use single quotes'],
    ['typographic quotes', 'a: “x”\n', '1 has typographic quotes around its text: write straight ones'],
    [
      'a lost character',
      'a: 1\nb: Bj\uFFFDrn\n',
      '2 has a character that was lost (\uFFFD): the text was not in UTF-8, or was saved wrongly',
    ],
    ['a key twice', 'a: 1\na: 2\n', '2 repeats a key of the lines before it'],
    ['a missing colon', 'a: 1\nb\n', `2 lacks a colon and a blank, or ${INDENT}`],
  ])('%s', (_what, text, problem) => {
    expect(problemsOf(text)).toEqual([`f.yaml:${problem}`])
    expect(problemsOf(text.replaceAll('\n', '\r\n'))).toEqual([`f.yaml:${problem}`])
  })

  test('all at once, one for each line', () => {
    expect(problemsOf('a: 1\na: *x\nb: !y z\nc: Bj\uFFFDrn\n').map((one) => one.split(' ')[0])).toEqual([
      'f.yaml:4',
      'f.yaml:2',
      'f.yaml:3',
    ])
  })

  test('what a merge has left', () => {
    expect(problemsOf('<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n')).toEqual(
      [1, 3, 5].map((line) => `f.yaml:${line} is left over from a merge: decide which lines stay`),
    )
  })

  test('one document may begin with ---, and a value may be used twice', () => {
    expect(parseYaml('f.yaml', '---\na: &x [1]\nb: *x\nc: !!str 1\n').value).toEqual({ a: [1], b: [1], c: '1' })
  })
})

describe('what would take for ever is refused', () => {
  const billions = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    .map(
      (name, index, all) =>
        `${name}: &${name} [${Array(9)
          .fill(index === 0 ? 'x' : `*${all[index - 1]}`)
          .join(', ')}]`,
    )
    .join('\n')
  test.each([
    ['a million characters', `a: ${'x'.repeat(1_000_000)}`, 'f.yaml has more than 1,000,000 characters'],
    ['brackets without end', '['.repeat(20_000), 'f.yaml:1 is nested too deeply'],
    ['values that multiply', billions, 'f.yaml repeats parts of itself (*) beyond measure'],
    ['a name a thousand times', `a: &x 1\nb: [${'*x, '.repeat(1000)}]`, 'f.yaml:1 has more than 100 *'],
  ])('%s', (_what, text, problem) => expect(problemsOf(text)).toEqual([problem]))
})
