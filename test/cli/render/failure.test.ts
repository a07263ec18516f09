import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HttpError } from '../../../src/core/http/error.ts'
import { ZdsError, type Issue } from '../../../src/core/errors.ts'
import { explainFailure, failureLines } from '../../../src/cli/render/failure.ts'
import { bare, many } from '../plans.ts'

const lines = (error: unknown): string[] => failureLines(error, bare)
const issue = (index: number, more: Partial<Issue> = {}): Issue => ({
  code: 'FIELD_UNKNOWN',
  where: `field ${index}`,
  message: 'is not there',
  ...more,
})

describe('a failure', () => {
  test('is one line with its code, and what to do', () => {
    expect(lines(new ZdsError('USAGE', 'tomorrow is not a date', { hint: 'Write it as YYYY-MM-DD.' }))).toEqual([
      'Error [USAGE] tomorrow is not a date',
      '  Write it as YYYY-MM-DD.',
    ])
  })

  test('lists every problem with its place and hint', () => {
    const issues = [issue(1, { hint: 'Did you mean "x"?' }), issue(2), issue(3, { where: '' })]
    expect(lines(new ZdsError('CONFIG_INVALID', 'The run cannot start', { issues }))).toEqual([
      'Error [CONFIG_INVALID] The run cannot start',
      '  ✖ field 1: is not there [FIELD_UNKNOWN]',
      '    Did you mean "x"?',
      '  ✖ field 2: is not there [FIELD_UNKNOWN]',
      '  ✖ is not there [FIELD_UNKNOWN]',
    ])
  })

  test('does not say twice what the message has said', () => {
    const hint = 'Check the API name.'
    expect(
      lines(
        new ZdsError('FIELD_UNKNOWN', 'field 1 is not there, or is hidden', { issues: [issue(1, { hint })], hint }),
      ),
    ).toEqual(['Error [FIELD_UNKNOWN] field 1 is not there, or is hidden', `  ${hint}`])
    expect(
      lines(
        new ZdsError('FIELD_UNKNOWN', 'Some are missing', { issues: [issue(1, { hint }), issue(2, { hint })], hint }),
      ),
    ).toEqual([
      'Error [FIELD_UNKNOWN] Some are missing',
      '  ✖ field 1: is not there [FIELD_UNKNOWN]',
      `    ${hint}`,
      '  ✖ field 2: is not there [FIELD_UNKNOWN]',
      `    ${hint}`,
    ])
  })

  test('keeps the hint of a problem that the message has told, where that is the only one', () => {
    const hint = 'Check the API name.'
    expect(lines(new ZdsError('FIELD_UNKNOWN', 'field 1 is not there', { issues: [issue(1, { hint })] }))).toEqual([
      'Error [FIELD_UNKNOWN] field 1 is not there',
      `  ${hint}`,
    ])
  })

  test('of a thousand problems the first fifty are told', () => {
    const told = lines(
      new ZdsError('FILE_INVALID', 'The file cannot be used', { issues: many(1000, (index) => issue(index)) }),
    )
    expect(told).toHaveLength(52)
    expect(told.at(-1)).toBe('  … and 950 more')
  })

  test('after a request that may have arrived says so', () => {
    const lost = new HttpError('HTTP_UNAVAILABLE', 'global: no answer', { status: 0, arrived: 'maybe' })
    expect(lines(lost).at(-1)).toContain('is not known; the next plan shows it')
    const refused = new HttpError('HTTP_REFUSED', 'global: answered 400', { status: 400, arrived: 'no' })
    expect(lines(refused)).toEqual(['Error [HTTP_REFUSED] global: answered 400'])
  })

  test('after a request that only read does not: there was nothing to act on', () => {
    const lost = new HttpError('HTTP_UNAVAILABLE', 'global: no answer', { status: 0, arrived: 'maybe', reads: true })
    expect(lines(lost)).toEqual(['Error [HTTP_UNAVAILABLE] global: no answer'])
  })

  test('of the operating system has no stack and blames nobody', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
    })
    expect(lines(full)).toEqual(['Error [SYSTEM] ENOSPC: no space left on device, write'])
  })

  test('of zds itself shows where it happened, once', () => {
    const told = lines(new TypeError('x is not a function'))
    expect(told[0]).toBe('Error [INTERNAL] x is not a function')
    expect(told[1]).toMatch(/^ {4}at .*failure\.test/)
    expect(told.filter((line) => line.includes('x is not a function'))).toHaveLength(1)
    expect(told.at(-1)).toContain('please report it')
    expect(lines('just text')[0]).toBe('Error [INTERNAL] just text')
  })

  test('cannot send commands to the terminal', () => {
    const evil = 'a\u001B[2J\u009B\r\nb'
    const error = new ZdsError('HTTP_REFUSED', evil, {
      hint: evil,
      issues: [issue(1, { where: evil, message: evil, hint: evil })],
    })
    for (const told of [lines(error), lines(new Error(evil))])
      expect(told.filter((line) => /\p{Cc}/u.test(line))).toEqual([])
  })
})

describe('the exit code', () => {
  beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true))
  afterEach(() => void vi.restoreAllMocks())

  test.each([
    ['CONFIG_INVALID', 1],
    ['NEEDS_APPROVAL', 1],
    ['PLAN_INVALID', 1],
    ['LIMIT_EXCEEDED', 3],
    ['PLAN_STALE', 5],
    ['INTERRUPTED', 130],
  ] as const)('of %s is %d', (code, exit) => expect(explainFailure(new ZdsError(code, 'a test'))).toBe(exit))

  test('of a fault is 1', () => expect(explainFailure(new Error('a test'))).toBe(1))
})
