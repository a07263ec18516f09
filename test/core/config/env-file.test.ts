import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { env, ZdsError } from 'zds'
import { parseVariables, readVariables, slipsIn, type Variables } from '../../../src/core/config/env-file.ts'
import { within, type Environment } from '../../../src/core/settings.ts'

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
    ['blanks in quotes, which are none', `A="  "\nB=1\nB='  '`, { B: '1' }],
    ['typographic quotes within', 'A=say “hi”', { A: 'say “hi”' }],
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
    ['a comment with a line end of Unicode, which ends no line', 'A=1 # a\u2028b\nB=2', { A: '1', B: '2' }],
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

  it('is refused with what to do, and how each problem is called', () => {
    expect(() => parseVariables('A', '.env')).toThrow(
      expect.objectContaining({
        code: 'FILE_INVALID',
        message: '.env cannot be used',
        hint: expect.stringContaining('NAME=value on a line of its own') as string,
        issues: [expect.objectContaining({ code: 'FILE_INVALID' })] as unknown,
      }) as Error,
    )
  })

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

describe('the variables of a file', () => {
  const read = async (text: string, variables: Environment): Promise<Variables> => {
    const directory = mkdtempSync(join(tmpdir(), 'zds-env-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, '.env'), text)
    return within(variables, () => readVariables(join(directory, '.env')))
  }

  it('SAFE-09: are put where there is none, and an empty one is none', async () => {
    const variables: Environment = { SET: 'outside', EMPTY: ' ' }
    const { file, ...names } = await read('SET=inside\nEMPTY=full\nNEW=one\nNOTHING=\n', variables)
    expect(variables).toEqual({ SET: 'outside', EMPTY: 'full', NEW: 'one' })
    expect(names).toEqual({ given: ['EMPTY', 'NEW'], outvoted: ['SET'] })
    expect(file).toMatch(/\.env$/)
  })

  const slips = (text: string, variables: Environment = {}): Promise<string[]> =>
    within(variables, async () => slipsIn(await read(text, variables)))
  const MADE = ['SLIP_GLOBAL_TOKEN', 'SLIP_READ_TOKEN', 'SLIP_READ_TOKENS', 'SLIP_EMEA_URL', 'SLIP_US_URL', 'SLIPPED']

  it.each([
    ['a letter that is missing', 'SLIP_GLOBAL_TOKN', 'SLIP_GLOBAL_TOKEN'],
    ['letters that are swapped', 'SLIP_MEEA_URL', 'SLIP_EMEA_URL'],
    ['letters of another size', 'SLIP_emea_URLS', 'SLIP_EMEA_URL'],
    ['a word that is glued on', 'SLIPGLOBAL_TOKEN', 'SLIP_GLOBAL_TOKEN'],
    ['all that is read is set', 'SLIP_GLOBAL_TOKN', undefined, { SLIP_GLOBAL_TOKEN: '1' }],
    ['what loses against the environment', 'SLIP_GLOBAL_TOKN', 'SLIP_GLOBAL_TOKEN', { SLIP_GLOBAL_TOKN: '2' }],
    ['three letters', 'SLIP_GLOBAL_TO', undefined],
    ['another region', 'SLIP_APAC_URL', undefined],
    ['another region in two letters', 'SLIP_EU_URL', undefined],
    ['something else', 'OTHER', undefined],
    ['what is read', 'SLIPPED', undefined],
    ['what is read, and looks like what is', 'SLIP_READ_TOKENS', undefined],
  ])('%s: %s may mean %s', async (_, name, meant, variables: Environment = {}) => {
    for (const made of MADE) env(made)
    const said = meant === undefined ? [] : [`.env: nothing reads ${name}. Did you mean ${meant}? That is not set`]
    expect((await slips(`${name}=1\n`, variables)).map((one) => one.slice(one.indexOf('.env: ')))).toEqual(said)
  })
})
