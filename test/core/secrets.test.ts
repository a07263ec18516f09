import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { conceal, redact } from 'zds'

describe('a secret', () => {
  it('is replaced in the forms in which addresses, forms, JSON and HTML show it', () => {
    const secret = conceal('s3cr&t "of" <zds>/+=')
    const shapes = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
      JSON.stringify({ secret }),
      JSON.stringify({ words: secret }),
      's3cr&amp;t &quot;of&quot; &lt;zds&gt;/+=',
    ]
    for (const shape of shapes) expect(redact(shape)).not.toMatch(/s3cr/)
  })

  it('is known without the space around it', () => {
    conceal(' padded-secret\n')
    expect(redact('Bearer padded-secret')).toBe('Bearer ***')
  })

  it('of several lines is known line by line, with real line ends and with written ones', () => {
    for (const end of ['\n', '\\n']) {
      const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      conceal(pem.replaceAll('\n', end))
      const lines = pem.split('\n').filter((line) => line.length >= 20 && !line.startsWith('-----'))
      expect(lines.length).toBeGreaterThan(20)
      for (const line of lines) expect(redact(`cannot read ${line}`)).toBe('cannot read ***')
      expect(redact('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----')
    }
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
})
