import * as fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { conceal, env, httpPolicy, invalid, list, redact, secret, unset, type Setting } from 'zds'
import { settingNames } from '../../src/core/settings.ts'

const NAMES = [
  'ZDS_TEST_GIVEN',
  'ZDS_TEST_HIDDEN',
  'ZDS_TEST_VALUE',
  'ZDS_TEST_SECRET',
  'ZDS_HTTP_ATTEMPTS',
  'ZDS_HTTP_TIMEOUT_MS',
  'ZDS_HTTP_BASE_DELAY_MS',
  'ZDS_HTTP_MOST_BYTES',
]
afterEach(() => NAMES.forEach((name) => delete process.env[name]))

describe('a setting', () => {
  it('is read when it is used, not when it is declared', () => {
    const setting = env('ZDS_TEST_VALUE')
    process.env['ZDS_TEST_VALUE'] = 'later'
    expect(setting.read()).toBe('later')
  })

  it('counts an empty value as not set, and has a default then', () => {
    process.env['ZDS_TEST_VALUE'] = ''
    expect(env('ZDS_TEST_VALUE').peek()).toBeUndefined()
    expect(env('ZDS_TEST_VALUE', 'default').read()).toBe('default')
  })

  it.each([' ', '\t\r\n', '""', "''"])('SAFE-09: counts %j as not set too', (text) => {
    process.env['ZDS_TEST_VALUE'] = text
    process.env['ZDS_TEST_SECRET'] = text
    expect(env('ZDS_TEST_VALUE').peek()).toBeUndefined()
    expect(env('ZDS_TEST_VALUE', 'default').read()).toBe('default')
    expect(unset(secret('ZDS_TEST_SECRET'))).toHaveLength(1)
  })

  it('leaves out the blanks and line ends around a value', () => {
    process.env['ZDS_TEST_VALUE'] = process.env['ZDS_TEST_SECRET'] = ' a value\r\n'
    expect(env('ZDS_TEST_VALUE').read()).toBe('a value')
    expect(secret('ZDS_TEST_SECRET').read()).toBe('a value')
  })

  it('tells whether somebody has set it, and is known by its name', () => {
    const name = `ZDS_TEST_${randomUUID()}`
    const [open, hidden] = [env('ZDS_TEST_GIVEN', 'fallback'), secret('ZDS_TEST_HIDDEN')]
    expect(settingNames()).not.toContain(name)
    expect(env(name).peek()).toBeUndefined()
    expect([open.given?.(), hidden.given?.()]).toEqual([false, false])
    process.env['ZDS_TEST_GIVEN'] = 'x'
    process.env['ZDS_TEST_HIDDEN'] = 'secret-of-settings'
    expect([open.given?.(), hidden.given?.()]).toEqual([true, true])
    expect(settingNames()).toContain(name)
    expect(invalid({}, { issues: () => [{ code: 'ENV_INVALID', where: 'X', message: 'is none' }] })).toHaveLength(1)
  })

  it('that is missing is named, with what to do', () => {
    expect(() => env('ZDS_TEST_VALUE').read()).toThrow(
      expect.objectContaining({
        code: 'ENV_MISSING',
        message: 'The environment variable ZDS_TEST_VALUE is not set',
        hint: expect.stringContaining('.env') as string,
        issues: [{ code: 'ENV_MISSING', where: 'ZDS_TEST_VALUE', message: 'is not set' }],
      }),
    )
  })

  it('is named among those that are not set, with all the others that are not (SAFE-07)', () => {
    process.env['ZDS_TEST_VALUE'] = 'here'
    expect(
      unset(env('ZDS_TEST_OTHER'), env('ZDS_TEST_VALUE'), env('ZDS_TEST_WITH_DEFAULT', 'x'), secret('ZDS_TEST_SECRET')),
    ).toEqual([
      { code: 'ENV_MISSING', where: 'ZDS_TEST_OTHER', message: 'is not set' },
      { code: 'ENV_MISSING', where: 'ZDS_TEST_SECRET', message: 'is not set' },
    ])
    expect(unset(env('ZDS_TEST_VALUE'))).toEqual([])
  })

  it('USR-02: is a list of the parts between commas', () => {
    process.env['ZDS_TEST_VALUE'] = ' a, b ,,c '
    expect(list(env('ZDS_TEST_VALUE'))).toEqual(['a', 'b', 'c'])
    expect(list(env('ZDS_TEST_OTHER'))).toEqual([])
  })
})

describe('a secret', () => {
  const value = 'hunter2+/= "quoted" ~'
  const shows: [string, (setting: Setting) => string][] = [
    ['JSON.stringify', (setting) => JSON.stringify({ setting })],
    ['String', String],
    ['inspect', (setting) => inspect(setting)],
    ['inspect, hidden and deep', (setting) => inspect({ setting }, { showHidden: true, depth: 9 })],
    ['an error', (setting) => inspect(new Error('refused', { cause: { setting } }))],
  ]

  it.each(shows)('is not seen in %s', (_how, show) => {
    process.env['ZDS_TEST_SECRET'] = value
    const setting = secret('ZDS_TEST_SECRET')
    expect(setting.read()).toBe(value)
    expect(show(setting)).not.toContain('hunter2')
    expect(show(setting)).toContain('ZDS_TEST_SECRET')
  })

  it('is taken out of any text once it was read: as it is, URL-encoded, and as a form', () => {
    process.env['ZDS_TEST_SECRET'] = value
    secret('ZDS_TEST_SECRET').read()
    expect(redact(`grant with ${value} refused, ${value}`)).toBe('grant with *** refused, ***')
    expect(redact(`https://login.test/?secret=${encodeURIComponent(value)}&x=1`)).toBe(
      'https://login.test/?secret=***&x=1',
    )
    expect(redact(`sent ${new URLSearchParams({ secret: value }).toString()}`)).toBe('sent secret=***')
  })

  it('is taken out from its declaration on: what fails before it is used may quote it', () => {
    const declared = `declared-${randomUUID()}`
    process.env['ZDS_TEST_SECRET'] = declared
    secret('ZDS_TEST_SECRET')
    expect(redact(`cannot use ${declared}`)).toBe('cannot use ***')
  })

  it('leaves nothing of a longer secret that begins with a shorter one', () => {
    conceal('open-sesame')
    conceal('open-sesame-and-more')
    expect(redact('tried open-sesame-and-more')).toBe('tried ***')
  })

  it('whatever it is, a text around it comes out without it', () => {
    const long = fc.string({ minLength: 6, maxLength: 30 }).filter((text) => !/^[*]*$/.test(text))
    fc.assert(
      fc.property(long, fc.constantFrom('', 'at ', '{"a":"'), (hidden, before) => {
        conceal(hidden)
        expect(redact(`${before}${hidden}`)).not.toContain(hidden)
        expect(redact(`${before}${encodeURIComponent(hidden)}`)).not.toContain(encodeURIComponent(hidden))
      }),
      { numRuns: 30 },
    )
  })

  it('is handed back as it is; one too short to be one is not blanked out', () => {
    expect(conceal('key')).toBe('key')
    expect(conceal(undefined)).toBeUndefined()
    expect(redact('a key to it')).toBe('a key to it')
  })
})

describe('the HTTP policy of the environment', () => {
  const NAMES = ['ZDS_HTTP_TIMEOUT_MS', 'ZDS_HTTP_ATTEMPTS', 'ZDS_HTTP_BASE_DELAY_MS', 'ZDS_HTTP_MOST_BYTES']
  const refusing = (name: string): unknown =>
    expect.objectContaining({ code: 'ENV_INVALID', issues: [expect.objectContaining({ where: name })] })

  it('has defaults', () => {
    expect(httpPolicy()).toEqual({ timeoutMs: 60_000, attempts: 5, baseDelayMs: 1000, mostBytes: 100_000_000 })
  })

  it('is read from the environment', () => {
    for (const [index, name] of NAMES.entries()) process.env[name] = ` ${index + 1} `
    expect(httpPolicy()).toEqual({ timeoutMs: 1, attempts: 2, baseDelayMs: 3, mostBytes: 4 })
    process.env['ZDS_HTTP_BASE_DELAY_MS'] = '0'
    expect(httpPolicy().baseDelayMs).toBe(0)
  })

  it.each(NAMES.flatMap((name) => ['-1', '1.5', 'many', '1e3', '9999999999999'].map((text) => [name, text] as const)))(
    'refuses %s=%s by name',
    (name, text) => {
      process.env[name] = text
      expect(() => httpPolicy()).toThrow(refusing(name))
    },
  )

  it('is told with what it may be, and all of it at once', () => {
    process.env['ZDS_HTTP_ATTEMPTS'] = '101'
    process.env['ZDS_HTTP_TIMEOUT_MS'] = '1 s'
    const issue = (where: string, message: string) => ({
      code: 'ENV_INVALID',
      where,
      message,
      hint: 'Write digits only, without a unit.',
    })
    expect(() => httpPolicy()).toThrow(
      expect.objectContaining({
        message: 'No request can be made as the environment says',
        issues: [
          issue('ZDS_HTTP_TIMEOUT_MS', 'must be a whole number from 1 to 3600000; it is "1 s"'),
          issue('ZDS_HTTP_ATTEMPTS', 'must be a whole number from 1 to 100; it is "101"'),
        ],
      }),
    )
    process.env['ZDS_HTTP_ATTEMPTS'] = '100'
    delete process.env['ZDS_HTTP_TIMEOUT_MS']
    expect(httpPolicy().attempts).toBe(100)
  })

  it('refuses no attempt, no time and no byte', () => {
    for (const name of NAMES.filter((one) => one !== 'ZDS_HTTP_BASE_DELAY_MS')) {
      process.env[name] = '0'
      expect(() => httpPolicy()).toThrow(refusing(name))
      delete process.env[name]
    }
  })
})
