import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { locksOver, type Hold, type Leases } from 'zds'
import { fakeClock } from 'zds/testing'

/** What keeps the leases of this test: what it answers when one is to be renewed, and what it was told. */
let renewal: () => Promise<boolean>
let broken: (cause: unknown) => void
let renewals: number

const leases: Leases = {
  take: async (_claim, lost) => {
    broken = lost
    return undefined
  },
  renew: async () => {
    renewals += 1
    return await renewal()
  },
  drop: async () => {
    throw new Error('no connection')
  },
  held: async () => [],
  release: async () => false,
}

beforeEach(() => {
  vi.useFakeTimers()
  renewals = 0
  renewal = async () => true
})
afterEach(() => void vi.useRealTimers())

const taken = (): Promise<Hold> =>
  locksOver(leases).take(
    [
      { address: 'https://global.example', instance: 'global' },
      { address: 'https://us-gov.example', instance: 'us-gov' },
    ],
    'run-1',
    { waitMs: 0, clock: fakeClock(), signal: new AbortController().signal },
  )

/** Why nothing more is sent under a hold; undefined where something may be. */
function endOf(hold: Hold): unknown {
  try {
    hold.assert()
  } catch (error) {
    return error
  }
  return undefined
}

const lost = (message: string): unknown =>
  expect.objectContaining({
    code: 'LOCK_LOST',
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining('See that nobody else writes to it') as string,
  })

const noConnection = async (): Promise<boolean> => {
  throw new Error('no connection')
}

describe('SAFE-16: a run whose locks are not known to be its own sends nothing', () => {
  it('as long as they are renewed it sends', async () => {
    const hold = await taken()
    await vi.advanceTimersByTimeAsync(300_000)
    expect([endOf(hold), renewals]).toEqual([undefined, 30])
  })

  it('nothing, once 30 seconds have passed since they were last renewed: they have run out', async () => {
    const hold = await taken()
    await vi.advanceTimersByTimeAsync(10_000)
    renewal = noConnection
    await vi.advanceTimersByTimeAsync(29_999)
    expect(endOf(hold)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    const end = endOf(hold)
    expect(end).toEqual(lost('lock of run run-1 on global and us-gov was not renewed for 30 s'))
    renewal = async () => true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(endOf(hold)).toBe(end)
  })

  it('a renewal counts from when it was asked for: the answer may be late', async () => {
    const hold = await taken()
    renewal = async () => await new Promise((resolve) => setTimeout(() => resolve(true), 9_000))
    await vi.advanceTimersByTimeAsync(19_000)
    renewal = noConnection
    await vi.advanceTimersByTimeAsync(20_999)
    expect(endOf(hold)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(endOf(hold)).toEqual(lost('not renewed'))
  })

  it('nothing, when one was taken away', async () => {
    const hold = await taken()
    renewal = async () => false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(endOf(hold)).toEqual(lost('lock of run run-1 on global was taken away'))
  })

  it('nothing, when whatever keeps them is lost; the first reason is the one that is told', async () => {
    const hold = await taken()
    const cause = new Error('the connection has ended')
    broken(cause)
    broken(new Error('and again'))
    renewal = async () => false
    await vi.advanceTimersByTimeAsync(60_000)
    expect(endOf(hold)).toBe(cause)
  })

  it('gives them back, also where they cannot be: they run out; and renews them no more', async () => {
    const hold = await taken()
    await hold.giveBack()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(renewals).toBe(0)
  })
})
