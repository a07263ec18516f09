import { expect, it } from 'vitest'
import { clockSight } from 'zds'

const now = new Date('2026-03-16T10:00:00Z')
const levelsOf = (headers: { readonly [name: string]: string }): string[] =>
  clockSight('global', new Headers(headers), now).map(({ level }) => level)

it.each([
  ['Mon, 16 Mar 2026 10:01:00 GMT', 'ok'],
  ['Mon, 16 Mar 2026 10:01:01 GMT', 'warning'],
  ['Mon, 16 Mar 2026 09:55:00 GMT', 'warning'],
  ['Mon, 16 Mar 2026 09:54:59 GMT', 'error'],
])('a service that says %s at 10:00:00: %s', (date, level) => expect(levelsOf({ date })).toEqual([level]))

it('is told in seconds, with what follows from it', () => {
  const sight = (date: string): unknown => clockSight('global', new Headers({ date }), now)
  expect(sight('Mon, 16 Mar 2026 10:00:00 GMT')).toEqual([
    { level: 'ok', where: 'global: clock', message: 'agrees with that of this machine' },
  ])
  const hint = 'Set the clock of this machine (NTP): dates, and how long tokens are good, follow from it.'
  const differs = { level: 'warning', code: 'CLOCK_DIFFERS', where: 'global: clock', hint }
  expect(sight('Mon, 16 Mar 2026 09:58:00 GMT')).toEqual([{ ...differs, message: 'this machine is 120 s ahead' }])
  expect(sight('Mon, 16 Mar 2026 10:02:00 GMT')).toEqual([{ ...differs, message: 'this machine is 120 s behind' }])
})

it('an answer that something in between has kept is as old as that says', () => {
  expect(levelsOf({ date: 'Mon, 16 Mar 2026 09:50:00 GMT', age: '600' })).toEqual(['ok'])
})

it('of a service that says no time, nothing is known', () => expect(levelsOf({})).toEqual([]))
