import * as fc from 'fast-check'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { domains, emails, foldAddress, env, invalid, several, single, unset } from 'zds'

const NAME = 'ZDS_TEST_TYPED'
afterEach(() => delete process.env[NAME])

const setTo = (text: string) => {
  process.env[NAME] = text
  return env(NAME)
}
const problemsOf = (setting: ReturnType<typeof domains>): string[] =>
  invalid(setting).map(({ code, where, message }) => `${code} ${where}: ${message}`)

describe('SAFE-09: domains', () => {
  it.each([
    ['gitlab.com', ['gitlab.com']],
    ['gitlab.com; agency.example', ['gitlab.com', 'agency.example']],
    [' GitLab.COM ,\tAgency.Example\r\n', ['gitlab.com', 'agency.example']],
    ['"gitlab.com","agency.example"', ['gitlab.com', 'agency.example']],
    ['"gitlab.com, agency.example"', ['gitlab.com', 'agency.example']],
    ['["gitlab.com", "agency.example"]', ['gitlab.com', 'agency.example']],
    ['“gitlab.com”', ['gitlab.com']],
    ['@gitlab.com\n@agency.example', ['gitlab.com', 'agency.example']],
    ['gitlab.com.', ['gitlab.com']],
    ['gitlab.com\u200B,\uFEFFagency.example', ['gitlab.com', 'agency.example']],
    ['Bücher.example', ['xn--bcher-kva.example']],
    ['gitlab.com,GitLab.com', ['gitlab.com']],
  ])('%j can only mean one thing', (text, meant) => {
    expect(domains(setTo(text)).read()).toEqual(meant)
    expect(problemsOf(domains(setTo(text)))).toEqual([])
  })

  it.each([
    'gitlab',
    '*.gitlab.com',
    'ada@gitlab.com',
    'https://gitlab.com',
    'gitlab.com/x',
    'git_lab .com',
    'a|b.c',
    'x.a!',
    'x.!a',
  ])('%j is refused', (text) => {
    expect(problemsOf(domains(setTo(text)))).not.toEqual([])
    expect(() => domains(setTo(text)).read()).toThrow(expect.objectContaining({ code: 'ENV_INVALID' }))
  })

  it('what is refused is named with its place, all of it at once', () => {
    expect(problemsOf(domains(setTo('gitlab.com, gitlab; *.example')))).toEqual([
      `ENV_INVALID ${NAME}: part 2 of 3, "gitlab", is no domain`,
      `ENV_INVALID ${NAME}: part 3 of 3, "*.example", is no domain`,
    ])
    expect(() => domains(setTo('gitlab.com, gitlab')).read()).toThrow(
      expect.objectContaining({
        message: `${NAME} part 2 of 2, "gitlab", is no domain`,
        hint: 'Write domains, like example.com; each means itself, and none below it.',
      }),
    )
  })

  it('where several are, all of them are told', () => {
    const problem = (part: number, text: string) => ({
      code: 'ENV_INVALID',
      where: NAME,
      message: `part ${part} of 3, ${JSON.stringify(text)}, is no address`,
      hint: 'Write whole addresses, like ada@example.com.',
    })
    expect(() => emails(setTo('ada, bob@example.com; eve')).read()).toThrow(
      expect.objectContaining({
        message: `${NAME} cannot be used`,
        hint: 'Write whole addresses, like ada@example.com.',
        issues: [problem(1, 'ada'), problem(3, 'eve')],
      }),
    )
  })

  it('what is no setting is refused', () => {
    expect(() => domains('gitlab.com' as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('a typed setting') as string,
      }),
    )
  })

  it('one value that is only quotes is none', () => {
    expect(invalid(single(setTo('""'), (text) => text))).toEqual([])
    expect(invalid(single(setTo(`" '`), (text) => text))).toMatchObject([{ message: 'is set and holds no value' }])
  })

  it('separators alone are no list', () => {
    expect(problemsOf(domains(setTo(' , ;')))).toEqual([`ENV_INVALID ${NAME}: is set and holds no value`])
  })

  it('none are set where the variable is not, or empty', () => {
    expect(domains(env(NAME)).read()).toEqual([])
    expect(domains(setTo(' ')).read()).toEqual([])
    expect(domains(setTo(' ')).peek()).toBeUndefined()
    expect(domains(env('ZDS_TEST_OTHER', 'gitlab.com')).read()).toEqual(['gitlab.com'])
  })

  it('follow the variable, and show their value to nobody', () => {
    const setting = domains(setTo('gitlab.com'))
    expect(setting.read()).toEqual(['gitlab.com'])
    process.env[NAME] = 'agency.example'
    expect(setting.read()).toEqual(['agency.example'])
    expect(`${inspect(setting)} ${JSON.stringify({ setting })}`).not.toContain('agency')
  })
})

describe('SAFE-09: addresses of people', () => {
  it.each([
    ['ADA@Example.com; <bob@example.com>', ['ada@example.com', 'bob@example.com']],
    ["'ada@example.com'\n'bob@bücher.example'", ['ada@example.com', 'bob@xn--bcher-kva.example']],
    ["o'neill+zd@example.com", ["o'neill+zd@example.com"]],
  ])('%j can only mean one thing', (text, meant) => expect(emails(setTo(text)).read()).toEqual(meant))

  it.each([
    'ada',
    '@example.com',
    'ada@',
    'ada@gitlab',
    'mailto:ada@example.com',
    'a@b@example.com',
    'ada@example.com@',
  ])('%j is refused', (text) => expect(problemsOf(emails(setTo(text)))).toEqual([`ENV_INVALID ${NAME}: is no address`]))

  it('a name before an address is no address', () => {
    expect(problemsOf(emails(setTo('Ada Example <ada@example.com>')))).toHaveLength(2)
  })

  it('an address is the same in whatever case, and as others fold it', () => {
    const address = fc.emailAddress().filter((one) => !/["'`]/.test(one))
    fc.assert(
      fc.property(address, (one) => {
        expect(emails(setTo(one.toUpperCase())).read()).toEqual([foldAddress(one)])
      }),
    )
  })
})

describe('a kind of one’s own', () => {
  const word = (text: string) =>
    /^\w+$/.test(text) ? text.toLowerCase() : { problem: 'is no word', hint: 'Write one.' }

  it('however parts are separated and quoted, they are the same', () => {
    const separator = fc.constantFrom(',', ';', ' ', '\n', '\r\n', ', ', ' ; ', '\u00A0')
    const quote = fc.constantFrom(['', ''], ['"', '"'], ["'", "'"], ['“', '”'])
    const words = fc.uniqueArray(fc.stringMatching(/^[A-Z]{1,6}$/), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(words, separator, quote, (some, between, [open = '', close = '']) => {
        const text = some.map((one) => `${open}${one}${close}`).join(between)
        expect(several(setTo(text), word).read()).toEqual(some.map((one) => one.toLowerCase()))
      }),
    )
  })

  it('one value is unquoted, and not shown when it is refused: it may be a password', () => {
    expect(single(setTo('"Hello"'), word).read()).toBe('hello')
    const wrong = single(setTo('hunter2 hunter2'), word)
    expect(invalid(wrong)).toEqual([{ code: 'ENV_INVALID', where: NAME, message: 'is no word', hint: 'Write one.' }])
    expect(() => wrong.peek()).toThrow(expect.objectContaining({ message: `${NAME} is no word`, hint: 'Write one.' }))
  })

  it('that is not set is missing, and not invalid', () => {
    expect(unset(single(env(NAME), word))).toHaveLength(1)
    expect(invalid(single(env(NAME), word))).toEqual([])
    expect(() => single(env(NAME), word).read()).toThrow(expect.objectContaining({ code: 'ENV_MISSING' }))
  })
})

it('blanks and quotes in the middle of a value take no longer than others: a hundred thousand of them', () => {
  process.env[NAME] = `a${' "'.repeat(50_000)}b`
  const began = performance.now()
  expect(single(env(NAME), (text) => text).read()).toHaveLength(100_002)
  expect(performance.now() - began).toBeLessThan(1_000)
})
