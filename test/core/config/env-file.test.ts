import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ZdsError } from 'zds'
import { parseVariables } from '../../../src/core/config/env-file.ts'

const parsed = (text: string) => Object.fromEntries(parseVariables(text, '.env'))

function problemsOf(text: string): string[] {
  try {
    parseVariables(text, '.env')
    return []
  } catch (error) {
    if (!(error instanceof ZdsError && error.code === 'FILE_INVALID')) throw error
    return error.issues.map(({ where, message }) => `${where} ${message}`)
  }
}

describe('a file of variables', () => {
  it('a blank behind an empty variable does not swallow the next line', () => {
    const text = readFileSync('test/fixtures/cases/env/blank-after-empty.env', 'utf8')
    expect(parsed(text)).toEqual({ PROTECTED_ACCOUNT_IDS: '00100000003zYauAAE' })
  })

  it.each<[string, string, { [name: string]: string }]>([
    ['a value', 'A=1', { A: '1' }],
    ['blanks around', '  A =  some words \t\nB=2', { A: 'some words', B: '2' }],
    ['empty ones, which are none', 'A=\nB= \nC=""\nD=\t# nothing\nE=5', { E: '5' }],
    ['comments', '# A=1\n\n  # B=2\nC=3 # three\nD="4" # four\n', { C: '3', D: '4' }],
    ['export', 'export A=1', { A: '1' }],
    ['quotes', `A='a # b'\nB="c # d"\nC=\`e'"f\`\n`, { A: 'a # b', B: 'c # d', C: `e'"f` }],
    ['quotes within', `A=it's\nB=say "hi"\n`, { A: "it's", B: 'say "hi"' }],
    [
      'escapes in double quotes only',
      String.raw`A="a\nb\t\"c\" \\ \d"` + '\n' + String.raw`B='a\nb'` + '\n' + String.raw`C=a\nb`,
      { A: 'a\nb\t"c" \\ \\d', B: String.raw`a\nb`, C: String.raw`a\nb` },
    ],
    [
      'several lines',
      'KEY="-----BEGIN-----\nabc=\n-----END-----"\nB=2',
      { KEY: '-----BEGIN-----\nabc=\n-----END-----', B: '2' },
    ],
    ['equals signs in a value', 'A=b=c==', { A: 'b=c==' }],
    ['line ends of other systems', 'A=1\r\nB=2\rC="3\r\n4"', { A: '1', B: '2', C: '3\n4' }],
    ['the same twice', 'A=1\nA=1\nB=2\nB=', { A: '1', B: '2' }],
    ['nothing', '', {}],
  ])('%s', (_what, text, variables) => expect(parsed(text)).toEqual(variables))

  it.each<[string, string, string]>([
    ['no equals sign', 'A=1\nB 2\n', '.env:2 is no line of the form NAME=value'],
    ['a colon', 'A: 1', '.env:1 is no line of the form NAME=value'],
    ['a name with a blank', 'A B=1', '.env:1 is no line of the form NAME=value'],
    ['the rest of a list', 'A=001,\n  002', '.env:2 is no line of the form NAME=value'],
    ['a command of PowerShell', '$env:A = 1', '.env:1 is no line of the form NAME=value'],
    ['something unseen', '\u200BA=1', '.env:1 is no line of the form NAME=value'],
    [
      'a quote that is not closed',
      'B=1\nA="x\nC=3',
      '.env:2 has a quote that is not closed, or something behind the closing one',
    ],
    [
      'something behind a quote',
      `A='x'y`,
      '.env:1 has a quote that is not closed, or something behind the closing one',
    ],
    ['typographic quotes', 'A=“x”', '.env:1 has typographic quotes around its value: write straight ones'],
    [
      'a # that may belong to the value',
      'A=x#y',
      '.env:1 has a # in a value without quotes: set quotes, or a blank before a comment',
    ],
    ['another value', 'A="1\n2"\nB=1\nA=2', '.env:4 sets a variable of a line before it to another value'],
  ])('%s is refused, with its line and without its value', (_what, text, problem) =>
    expect(problemsOf(text)).toEqual([problem]),
  )

  it('names all that it cannot use at once', () => {
    expect(problemsOf('one\nA=1\ntwo\n\nthree').map((one) => one.split(' ')[0])).toEqual(['.env:1', '.env:3', '.env:5'])
  })

  it('whatever stands in single quotes is the value', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !/['\r]/.test(text) && text.trim() !== '')
    fc.assert(
      fc.property(value, (text) => {
        expect(parsed(`A='${text}'\nB=2`)).toEqual({ A: text, B: '2' })
      }),
    )
  })
})
