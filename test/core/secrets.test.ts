import * as fc from 'fast-check'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { conceal, http, redact, type Json } from 'zds'
import { redactedJson } from '../../src/core/secrets.ts'
import { serverOf } from '../support/server.ts'
import { testRun } from 'zds/testing'

/** A secret that no other test, and no other run of this one, has concealed; of as many bytes. */
const fresh = (text: string): string => text.replace('s3cr', `s3cr${randomBytes(9).toString('hex').slice(0, 17)}`)

describe('a secret', () => {
  const inner = (text: string): string => JSON.stringify(text).slice(1, -1)
  const small = (text: string): string => text.replaceAll(/%..|\\u..../g, (part) => part.toLowerCase())
  const ascii = (text: string): string =>
    inner(text).replaceAll(/[éÿ]/g, (one) => `\\u00${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const form = (text: string): string => new URLSearchParams({ a: text }).toString().slice(2)
  const html = (text: string, quote: string, slash = '/'): string =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('/', slash)
      .replaceAll("'", quote)

  it.each<[string, (text: string) => string]>([
    ['it is', (text) => text],
    ['addresses have it', encodeURIComponent],
    ['addresses have it in small letters', (text) => small(encodeURIComponent(text))],
    ['forms have it', form],
    ['forms have it in small letters', (text) => small(form(text))],
    ['JSON has it', inner],
    ['JSON has it with its slashes escaped', (text) => inner(text).replaceAll('/', '\\/')],
    ['JSON in JSON has it', (text) => inner(inner(text))],
    ['JSON in ASCII has it', ascii],
    ['JSON in ASCII has it in small letters', (text) => small(ascii(text))],
    ['JSON in ASCII in JSON has it', (text) => inner(ascii(text))],
    ['HTML has it', (text) => html(text, "'")],
    ['HTML has it with a number for a quote', (text) => html(text, '&#39;')],
    ['HTML has it with a name for a quote', (text) => html(text, '&apos;')],
    ['HTML has it with a hexadecimal quote', (text) => html(text, '&#x27;')],
    ['HTML has it with a hexadecimal quote and slash', (text) => html(text, '&#x27;', '&#x2F;')],
    ['HTML has it in numbers', (text) => text.replaceAll(/[&<>"'/]/g, (one) => `&#${one.charCodeAt(0)};`)],
    [
      'HTML has it in hexadecimal numbers',
      (text) => text.replaceAll(/[&<>"'/]/g, (one) => `&#x${one.charCodeAt(0).toString(16).toUpperCase()};`),
    ],
    ['base64 has it', (text) => Buffer.from(text).toString('base64')],
    ['base64 of addresses has it', (text) => Buffer.from(text).toString('base64url')],
  ])('is replaced as %s', (_how, shape) => {
    const secret = conceal(fresh('s3crét/of&\'the\'"<zds>"+ ~~~????ÿ'))
    expect(Buffer.byteLength(secret) % 3).toBe(0)
    expect(redact(`before ${shape(secret)} after`)).toBe('before *** after')
    expect(redact(shape(fresh('s3crét/of&\'the\'"<zds>"+ ~~~????ÿ')))).not.toContain('***')
  })

  it('is hidden as a search for each of them would find it, the longest first: overlapping, nested, side by side', () => {
    // Letters that no secret of another test has.
    const letters = ['\uE000', '\uE001', '\uE002', '\uE003']
    const words = (lengths: fc.StringSharedConstraints) => fc.string({ unit: fc.constantFrom(...letters), ...lengths })
    const known = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(words({ minLength: 6, maxLength: 9 }), { maxLength: 4 }),
        words({ maxLength: 200 }),
        (some, rest) => {
          for (const secret of some) known.add(conceal(secret))
          const forms = [...known].toSorted((a, b) => b.length - a.length).join('|')
          for (const text of [rest, some.join(''), `${rest}${some.join(rest.slice(0, 7))}`])
            expect(redact(text)).toBe(forms === '' ? text : text.replaceAll(new RegExp(forms, 'g'), '***'))
        },
      ),
    )
  })

  it('is hidden, each of three thousand: a worker that lives on gets tokens for ever', () => {
    for (let known = 0; known < 3_000; known += 1) {
      const token = conceal(randomBytes(24).toString('base64url'))
      expect(redact(`Bearer ${token}`)).toBe('Bearer ***')
    }
  })

  it.each([1, 2, 4])('is replaced in base64 that has %i bytes before it, but for a letter that it shares', (before) => {
    for (const tail of ['', 'more', '??~']) {
      const secret = conceal(fresh('s3cret') + tail)
      for (const encoding of ['base64', 'base64url'] as const) {
        const shown = Buffer.from(`${'x'.repeat(before)}${secret}, and more`).toString(encoding)
        const [start = '', end = ''] = redact(shown).split('***')
        expect(start.length).toBe(Math.ceil((before * 4) / 3))
        expect(end.length).toBe(shown.length - Math.floor(((before + Buffer.byteLength(secret)) * 4) / 3))
      }
    }
  })

  it('that is a word or a number leaves JSON what it is', () => {
    conceal('status')
    conceal('123456')
    const document = { status: 'the status is 123456', seats: 123456, list: [{ status: 'done' }] }
    expect(JSON.parse(redactedJson(document, 2))).toEqual({
      status: 'the *** is ***',
      seats: 123456,
      list: [{ status: 'done' }],
    })
  })

  it('is known without the space around it', () => {
    const padded = fresh('s3cr').slice(0, 12)
    conceal(` ${padded}\n`)
    expect(redact(`Bearer ${padded}`)).toBe('Bearer ***')
    expect(redact(`Bearer ${padded} and`)).toBe('Bearer *** and')
  })

  it('of several lines is known line by line, with real line ends and with written ones', () => {
    for (const end of ['\n', '\\n']) {
      const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString()
      conceal(pem.replaceAll('\n', end))
      const lines = pem.split('\n').filter((line) => line.length >= 20 && !line.startsWith('-----'))
      expect(lines.length).toBeGreaterThan(20)
      for (const line of lines) expect(redact(`cannot read ${line}`)).toBe('cannot read ***')
      expect(redact('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----')
    }
  })

  it('of several lines is known without what indents them, from twenty characters on: a shorter line may be ordinary words', () => {
    const [long, twenty] = [fresh('s3cr-long'), fresh('s3cr').slice(0, 20)]
    conceal(`\t${long}\n    ${twenty}\n  the plan of today\n`)
    expect([long.length > 20, twenty.length]).toEqual([true, 20])
    for (const line of [long, twenty]) expect(redact(`cannot read ${line}`)).toBe('cannot read ***')
    expect(redact('this is the plan of today')).toBe('this is the plan of today')
  })

  it('that is a part of another one leaves no end of the longer one', () => {
    const short = conceal(fresh('s3cr'))
    const longer = conceal(`${short}-and-more`)
    expect([redact(longer), redact(`${short} and`)]).toEqual(['***', '*** and'])
  })

  it('of fewer than six characters is left, or ordinary words would go', () => {
    conceal('gold')
    expect(redact('support level gold')).toBe('support level gold')
    const six = conceal(randomBytes(3).toString('hex'))
    expect(redact(`support level ${six}`)).toBe('support level ***')
  })

  it('is not left in part where the words of a service are cut', async () => {
    const secret = conceal('Canary0123456789abcdefghijklmnopqrstuvwxyz')
    const explain = (body: Json): string => JSON.stringify(body)
    for (const before of [470, 480, 490, 499]) {
      const { url } = await serverOf({ status: 422, body: { description: `${'x'.repeat(before - 16)}${secret}` } })
      const send = http({ service: 'global', policy: { timeoutMs: 5_000, attempts: 1, baseDelayMs: 1 }, explain })
      const error: unknown = await send({ method: 'GET', url }, testRun()).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'HTTP_REFUSED', message: expect.stringContaining('xxx') })
      expect(String(error)).not.toContain('Canary')
    }
  })
})
