import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { conceal, http, redact, type Json } from 'zds'
import { redactedJson } from '../../src/core/secrets.ts'
import { serverOf } from '../support/server.ts'
import { testRun } from 'zds/testing'

describe('a secret', () => {
  it('is replaced in the forms in which addresses, forms, JSON and HTML show it', () => {
    const secret = conceal('s3cr&t "of" <zds>/+=')
    const shapes = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
      JSON.stringify({ secret }),
      JSON.stringify({ words: `grant of ${secret} refused` }),
      's3cr&amp;t &quot;of&quot; &lt;zds&gt;/+=',
    ]
    for (const shape of shapes) expect(redact(shape)).not.toMatch(/s3cr/)
  })

  it.each([
    [
      'percent-encoded in small letters',
      (text: string) => encodeURIComponent(text).replaceAll(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['JSON in JSON', (text: string) => JSON.stringify(JSON.stringify({ text }))],
    ['JSON in ASCII', (text: string) => JSON.stringify(text).replaceAll('é', '\\u00e9')],
    ['JSON in ASCII, in capitals', (text: string) => JSON.stringify(text).replaceAll('é', '\\u00E9')],
    ['JSON with its slashes escaped', (text: string) => JSON.stringify(text).replaceAll('/', '\\/')],
    [
      'hexadecimal entities',
      (text: string) => text.replaceAll('&', '&amp;').replaceAll("'", '&#x27;').replaceAll('"', '&quot;'),
    ],
    ['numeric entities', (text: string) => text.replaceAll(/[&'"/]/g, (one) => `&#${one.charCodeAt(0)};`)],
    ['base64', (text: string) => Buffer.from(text).toString('base64')],
    ['base64 behind one letter', (text: string) => Buffer.from(`:${text}`).toString('base64')],
    ['base64 between others', (text: string) => Buffer.from(`ab${text}, and more`).toString('base64')],
    ['base64 for addresses', (text: string) => Buffer.from(text).toString('base64url')],
  ])('is found as %s', (_, shape) => {
    const secret = conceal('s3crét/of&\'the\'"zds"~~~???')
    const shown = shape(secret)
    expect(redact(`before ${shown} after`)).toContain('***')
    for (const part of ['s3cr', Buffer.from('crét/of').toString('base64').slice(2, 8)])
      expect(redact(shown)).not.toContain(part)
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
    conceal(' padded-secret\n')
    expect(redact('Bearer padded-secret')).toBe('Bearer ***')
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
    const [long, twenty] = ['q8Zr2LkW0vXn5TbY7cHd', 'exactly-20-charactes']
    conceal(`\t${long}\n    ${twenty}\n  the plan of today\n`)
    for (const line of [long, twenty]) expect(redact(`cannot read ${line}`)).toBe('cannot read ***')
    expect(redact('this is the plan of today')).toBe('this is the plan of today')
  })

  it('that is a part of another one leaves no end of the longer one', () => {
    conceal('short-secret')
    conceal('short-secret-and-more')
    expect(redact('short-secret-and-more')).toBe('***')
  })

  it('of fewer than six characters is left, or ordinary words would go', () => {
    conceal('gold')
    expect(redact('support level gold')).toBe('support level gold')
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
