import { describe, expect, it } from 'vitest'
import { checkOptions, misfitsOf, nearest, shape, ZdsError } from 'zds'
import { problems } from '../../src/core/options.ts'

const text = { type: 'string' }
const whole = { type: 'integer' }
const schema = shape({
  name: { type: 'string', minLength: 1 },
  pageSize: { type: 'integer', minimum: 1, maximum: 100 },
  'mode?': { enum: ['strict', 'loose'] },
  'nested?': shape({ retries: whole }),
  'rows?': { type: 'array', items: shape({ id: text }) },
  'from?': { anyOf: [text, shape({ file: text })] },
})

function refusal(options: unknown): ZdsError {
  try {
    checkOptions('zendesk', schema, options)
  } catch (error) {
    if (error instanceof ZdsError) return error
    throw error
  }
  throw new Error('the options were accepted')
}

describe('the options of a plugin', () => {
  it('pass when they fit', () => {
    expect(() =>
      checkOptions('zendesk', schema, { name: 'global', pageSize: 100, mode: 'loose', rows: [{ id: 'a' }] }),
    ).not.toThrow()
  })

  it('are refused with all problems at once, each with its path', () => {
    const { code, message, issues } = refusal({
      pageSize: 101,
      mode: 'lax',
      nested: { retries: 'x' },
      rows: [{ id: 'a' }, { id: 5 }],
    })
    expect([code, message]).toEqual(['CONFIG_INVALID', 'zendesk was given options it cannot use'])
    expect(issues.map(({ where, message: words }) => [where, words])).toEqual(
      expect.arrayContaining([
        ['zendesk', 'lacks "name"'],
        ['zendesk.pageSize', 'must be <= 100'],
        ['zendesk.mode', 'must be one of ["strict","loose"], not "lax"'],
        ['zendesk.nested.retries', 'must be integer'],
        ['zendesk.rows.1.id', 'must be string'],
      ]),
    )
    expect(issues).toHaveLength(5)
  })

  it('are refused with the option that was probably meant', () => {
    const { issues } = refusal({
      name: 'global',
      pageSize: 1,
      pagesize: 2,
      nested: { retries: 1, retrys: 1 },
      colour: 'red',
    })
    expect(issues).toEqual(
      expect.arrayContaining([
        {
          code: 'CONFIG_INVALID',
          where: 'zendesk',
          message: 'has no option "pagesize"',
          hint: 'Did you mean "pageSize"?',
        },
        {
          code: 'CONFIG_INVALID',
          where: 'zendesk.nested',
          message: 'has no option "retrys"',
          hint: 'Did you mean "retries"?',
        },
        {
          code: 'CONFIG_INVALID',
          where: 'zendesk',
          message: 'has no option "colour"',
          hint: 'Known options: name, pageSize, mode, nested, rows, from.',
        },
      ]),
    )
  })

  it('are refused with what is wrong, without what only says so again, and with a hint only where there is one', () => {
    expect(refusal({ name: '', pageSize: 0, mode: 'lax' }).issues).toStrictEqual([
      { code: 'CONFIG_INVALID', where: 'zendesk.name', message: 'must NOT have fewer than 1 characters' },
      { code: 'CONFIG_INVALID', where: 'zendesk.pageSize', message: 'must be >= 1' },
      { code: 'CONFIG_INVALID', where: 'zendesk.mode', message: 'must be one of ["strict","loose"], not "lax"' },
    ])
    const either = refusal({ name: 'global', pageSize: 1, from: { file: 5 } }).issues
    expect(either.map(({ where, message }) => `${where} ${message}`)).toEqual([
      'zendesk.from must be string',
      'zendesk.from.file must be string',
    ])
    const needsFile = { type: 'object', if: { not: { required: ['from'] } }, else: { required: ['file'] } }
    expect(problems('FILE_INVALID', 'x', needsFile, { from: 1 })).toStrictEqual([
      { code: 'FILE_INVALID', where: 'x', message: 'lacks "file"' },
    ])
  })

  it('are named as they are written, signs of paths and all', () => {
    const odd = shape({ 'a/b': whole, 'c~d': whole, 'e~1f': whole })
    const found = problems('CONFIG_INVALID', 'x', odd, { 'a/b': 'x', 'c~d': 'x', 'e~1f': 'x' })
    expect(found.map(({ where }) => where)).toEqual(['x.a/b', 'x.c~d', 'x.e~1f'])
  })

  it('tell who has words of his own what does not fit, where, and what may stand there', () => {
    expect(misfitsOf(schema, { name: 'global', pageSize: 1, nested: { retries: 1, 're/try': 1 } })).toMatchObject([
      {
        keyword: 'additionalProperties',
        path: ['nested'],
        params: { additionalProperty: 're/try' },
        known: ['retries'],
      },
    ])
  })

  it('of a schema are checked again and again', () => {
    for (let time = 0; time < 3; time += 1)
      expect(problems('FILE_INVALID', 'x', schema, { name: '', pageSize: 1 })).toHaveLength(1)
  })

  it('that are nothing at all are refused too', () => {
    for (const options of [undefined, null, 5, []]) expect(refusal(options).issues[0]?.where).toBe('zendesk')
  })
})

describe('nearest', () => {
  const known = ['support_level', 'account_type', 'aar', 'name']

  it.each([
    ['suport_level', 'support_level'],
    ['Account_Type', 'account_type'],
    ['arr', 'aar'],
    ['nmae', undefined],
    ['expiration_date', undefined],
    ['', undefined],
  ])('%j is probably %j', (word, meant) => {
    expect(nearest(word, known)).toBe(meant)
  })

  it('takes the nearest of several', () => {
    expect(nearest('sub_sm_premiux', ['sub_sm_premium', 'sub_sm_premiun'])).toBe('sub_sm_premium')
    expect(nearest('sub_sm_premiun', ['sub_sm_premia', 'sub_sm_premium', 'sub_ss_premium'])).toBe('sub_sm_premium')
  })
})
