import { afterEach, describe, expect, it } from 'vitest'
import { baseUrl, env, instanceUrl, sameOrigin, url } from 'zds'

afterEach(() => delete process.env['ZDS_TEST_URL'])

function base(text: string): string {
  process.env['ZDS_TEST_URL'] = text
  return baseUrl(env('ZDS_TEST_URL'))
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('the address of an instance', () => {
  it.each([
    ['https://example.zendesk.com', 'https://example.zendesk.com'],
    ['https://example.zendesk.com//', 'https://example.zendesk.com'],
    ['https://proxy.example.com/zendesk/', 'https://proxy.example.com/zendesk'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('%s is usable', (text, expected) => {
    expect(base(text)).toBe(expected)
  })

  it.each([
    'http://example.zendesk.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://user:pass@localhost',
    'https://user:pass@example.zendesk.com',
    'https://user@example.zendesk.com',
    'https://:pass@example.zendesk.com',
    'ftp://localhost',
    'example.zendesk.com',
    'file:///etc/passwd',
    'https://',
  ])('%s is refused by the name of its variable, without showing it', (text) => {
    expect(() => base(text)).toThrow(
      expect.objectContaining({
        code: 'ENV_INVALID',
        message: 'ZDS_TEST_URL is not a usable address',
        hint: expect.stringContaining('https://') as string,
      }),
    )
  })
})

describe('the address of Salesforce or Zendesk', () => {
  const instance = (text: string): string => {
    process.env['ZDS_TEST_URL'] = text
    return instanceUrl(env('ZDS_TEST_URL'))
  }

  it.each(['https://acme.example', 'https://acme.example/', 'https://acme.example:443//', 'https://ACME.example'])(
    '%s ends with the host',
    (text) => {
      expect(instance(text)).toBe('https://acme.example')
    },
  )

  it.each(['acme.example', 'http://acme.example', 'https://'])('%s is none', (text) => {
    expect(() => instance(text)).toThrow(
      expect.objectContaining({ code: 'ENV_INVALID', message: 'ZDS_TEST_URL is not a usable address' }),
    )
  })

  it.each(['/agent', '/api/v2', '/agent/dashboard', '?brand=1', '/#top'])(
    'with %s behind the host is refused by the name of its variable: what is asked for comes there',
    (behind) => {
      expect(() => instance(`https://acme.example${behind}`)).toThrow(
        expect.objectContaining({
          code: 'ENV_INVALID',
          message: 'ZDS_TEST_URL has something behind the host, which is no part of the address',
          hint: expect.stringContaining('without a path') as string,
        }),
      )
    },
  )
})

describe('an address to which paths are added', () => {
  it.each(['https://slack.example/api?team=1', 'https://slack.example/api#top'])(
    '%s has no query or fragment',
    (text) => {
      process.env['ZDS_TEST_URL'] = text
      expect(() => baseUrl(env('ZDS_TEST_URL'))).toThrow(
        expect.objectContaining({
          code: 'ENV_INVALID',
          message: 'ZDS_TEST_URL has a query or a fragment, which is no part of the address',
          hint: 'Give the address without what follows ? or #.',
        }),
      )
      expect(url(env('ZDS_TEST_URL')).read()).toBe(text)
      delete process.env['ZDS_TEST_URL']
    },
  )

  it('takes no longer where it ends in a hundred thousand slashes, or holds as many', () => {
    process.env['ZDS_TEST_URL'] = `https://slack.example/a${'/'.repeat(100_000)}b${'/'.repeat(100_000)}`
    const began = performance.now()
    expect(baseUrl(env('ZDS_TEST_URL')).endsWith('/b')).toBe(true)
    expect(performance.now() - began).toBeLessThan(1_000)
    delete process.env['ZDS_TEST_URL']
  })
})

describe('a link in an answer', () => {
  const home = 'https://example.zendesk.com/api/v2'

  it('is followed at home, absolute or relative', () => {
    expect(sameOrigin('https://example.zendesk.com/api/v2/users?page=2', home)).toBe(
      'https://example.zendesk.com/api/v2/users?page=2',
    )
    expect(sameOrigin('/services/data/v58.0/query/01g-2000', home)).toBe(
      'https://example.zendesk.com/services/data/v58.0/query/01g-2000',
    )
  })

  it.each([
    'https://other.zendesk.com/api/v2/users',
    'http://example.zendesk.com/api/v2/users',
    'https://example.zendesk.com:8443/api/v2/users',
    'https://example.zendesk.com.evil.test/',
    '//evil.test/users',
    'javascript:alert(1)',
    'https://[no-address]/users',
  ])('%s is not followed: our token has no business there', (link) => {
    const error: unknown = thrownBy(() => sameOrigin(link, home, 'desk'))
    expect(error).toMatchObject({
      code: 'HTTP_UNREADABLE',
      message: 'An answer of desk links to another host than its own, which is not followed',
      hint: 'Check the address of the service, and what stands between you and it.',
    })
    expect(String(error)).not.toContain(link)
    expect(() => sameOrigin(link, home)).toThrow('An answer of a service links to another host')
  })
})
