import { describe, expect, it } from 'vitest'
import { rate } from '../../../plugins/zendesk-target/rate.ts'

const NOW = new Date('2026-03-16T10:00:33Z')
const read = (headers: Record<string, string>) => rate(new Headers(headers), NOW)

describe('the window of the account', () => {
  it.each(['x-rate-limit-remaining', 'ratelimit-remaining', 'rate-limit-remaining'])('%s says what is left', (name) => {
    expect(read({ [name]: '7' }).left).toBe(7)
  })

  it.each(['x-rate-limit', 'ratelimit-limit', 'rate-limit'])('%s says of how many', (name) => {
    expect(read({ [name]: '700' }).limit).toBe(700)
  })

  it.each(['ratelimit-reset', 'rate-limit-reset', 'x-rate-limit-reset'])('%s says until when', (name) => {
    expect(read({ [name]: '13' }).resetMs).toBe(13_000)
  })

  it('ends with the clock minute where nobody says when, and is none where nothing is said', () => {
    expect(read({ 'x-rate-limit-remaining': '0' }).resetMs).toBe(27_000)
    expect(read({})).toEqual({ left: undefined, limit: undefined, resetMs: undefined, endpointMs: 0 })
  })

  it.each(['100;w=60', '-1', 'many', '', '1e3', '0x10'])('%j says nothing', (text) => {
    expect(read({ 'ratelimit-limit': text, 'ratelimit-remaining': text, 'ratelimit-reset': text })).toEqual(read({}))
  })

  it.each([
    ['seconds', '60', 60_000],
    ['milliseconds', '60000', 60_000],
    ['the moment, in seconds since 1970', '1773655293', 60_000],
    ['the moment, in milliseconds since 1970', '1773655293000', 60_000],
    ['a moment that is past', '1700000000', 0],
    ['nonsense', '99999999999999999999999', 27_000],
    ['nonsense', '999999999', 27_000],
    ['nonsense', '9'.repeat(400), 27_000],
  ])('its end is read as %s: %s', (_what, text, ms) => {
    expect(read({ 'ratelimit-remaining': '0', 'ratelimit-reset': text }).resetMs).toBe(ms)
  })
})

describe('the limit of one endpoint', () => {
  const name = 'zendesk-ratelimit-create-update-user'
  it.each([
    ['is spent', name, 'total=5; remaining=0; resets=4', 4000],
    ['is spent, with the older name', 'zendesk-rate-limit-update-user', 'total=5; remaining=0; resets=4', 4000],
    ['is spent until nobody knows', name, 'total=5; remaining=0; resets=99999999999999999999', 27_000],
    ['has something left', name, 'total=5; remaining=3; resets=4', 0],
    ['does not say what is left', name, 'total=5; resets=4', 0],
    ['does not say until when', name, 'total=5; remaining=0', 0],
    ['has another form', name, 'none', 0],
    ['is none of Zendesk', `x-${name}`, 'total=5; remaining=0; resets=4', 0],
    ['is the number of open jobs', 'zendesk-ratelimit-inflight-jobs', 'total=30; remaining=0; resets=60', 0],
  ])('that %s', (_what, header, value, ms) => {
    expect(read({ [header]: value }).endpointMs).toBe(ms)
  })

  it('is the longest of all that are spent', () => {
    expect(
      read({ [name]: 'remaining=0; resets=4', 'zendesk-ratelimit-update-organization': 'remaining=0; resets=9' }),
    ).toMatchObject({ endpointMs: 9000 })
  })
})
