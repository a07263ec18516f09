import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, addYears, dateOf, isDate, systemClock } from 'zds'
import { dateIn } from '../../src/core/clock.ts'

const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-12-31'), noInvalidDate: true }).map(dateOf)

describe('calendar dates', () => {
  it('PROC-02: the grace of 15 days', () => {
    expect(addDays('2026-03-16', -15)).toBe('2026-03-01')
  })

  it.each([
    ['2024-12-18', '2021-12-17'],
    ['2024-12-19', '2021-12-18'],
    ['2024-12-20', '2021-12-19'],
    ['2028-02-29', '2025-02-27'],
    ['2027-01-01', '2023-12-31'],
  ])('PROC-03: three years and a day before %s is %s', (today, expected) => {
    expect(addDays(addYears(today, -3), -1)).toBe(expected)
  })

  it('PROC-03: 29 February becomes 28 February in a common year, and stays in a leap year', () => {
    expect(addYears('2028-02-29', -3)).toBe('2025-02-28')
    expect(addYears('2028-02-29', -4)).toBe('2024-02-29')
    expect(addYears('2000-02-29', 100)).toBe('2100-02-28')
    expect(addYears('0003-02-01', -1)).toBe('0002-02-01')
  })

  it('addYears always yields a day that exists, in the same month', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -80, max: 80 }), (date, years) => {
        const moved = addYears(date, years)
        expect(isDate(moved)).toBe(true)
        expect(moved.slice(5, 7)).toBe(date.slice(5, 7))
        expect(Number(moved.slice(0, 4)) - Number(date.slice(0, 4))).toBe(years)
      }),
    )
  })

  it('addDays goes there and back, whatever the months and leap years between', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -20_000, max: 20_000 }), (date, days) => {
        const moved = addDays(date, days)
        expect(addDays(moved, -days)).toBe(date)
        expect((Date.parse(moved) - Date.parse(date)) / 86_400_000).toBe(days)
      }),
    )
  })

  it('isDate: exactly the days that exist, in exactly one spelling', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, date) => {
          const pad = (value: number, size: number): string => String(value).padStart(size, '0')
          const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
          const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
          expect(isDate(`${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`)).toBe(date >= 1 && date <= length)
        },
      ),
    )
    for (const text of [
      '',
      '2026-3-16',
      '2026-03-16T00:00:00Z',
      ' 2026-03-16',
      '16.03.2026',
      '2026-03-16\n',
      '12026-03-16',
      '+012026-03',
      '2026-03-16x',
    ])
      expect(isDate(text)).toBe(false)
  })
})

describe('the moment of an answer', () => {
  it.each([
    [{ date: 'Mon, 16 Mar 2026 10:00:00 GMT' }, '10:00:00'],
    [{ date: 'Mon, 16 Mar 2026 10:00:00 GMT', age: '90' }, '10:01:30'],
    [{ date: 'Mon, 16 Mar 2026 10:00:00 GMT', age: '-90' }, '10:00:00'],
    [{ date: 'Mon, 16 Mar 2026 10:00:00 GMT', age: 'old' }, '10:00:00'],
    [{ date: 'Mon, 16 Mar 2026 10:00:00 GMT', age: '1e300' }, '10:00:00'],
    [{ date: 'yesterday' }, undefined],
    [{}, undefined],
  ])('%j: %s', (headers, time) => {
    const moment = dateIn(new Headers(headers))
    expect(moment?.toISOString()).toBe(time && `2026-03-16T${time}.000Z`)
  })
})

describe('the clock of the machine', () => {
  it('is that of the machine', () => {
    const [before, now, after] = [Date.now(), systemClock().now().getTime(), Date.now()]
    expect(before <= now && now <= after).toBe(true)
  })

  it('PROC-04: has one date for the whole run, in UTC, or the one it is given', () => {
    expect(systemClock('2026-03-16').today).toBe('2026-03-16')
    expect([dateOf(new Date()), dateOf(new Date(Date.now() - 1000))]).toContain(systemClock().today)
    expect(dateOf(new Date('2026-03-16T23:59:59.999-05:00'))).toBe('2026-03-17')
  })

  it('says how to write a date it does not understand', () => {
    expect(() => systemClock('2026-02-30')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: '2026-02-30 is not a date',
        hint: expect.stringContaining('YYYY-MM-DD') as string,
      }),
    )
  })

  it('sleeps, and wakes with the reason of the abort at once', async () => {
    const clock = systemClock()
    const controller = new AbortController()
    const start = performance.now()
    await clock.sleep(20, controller.signal)
    expect(performance.now() - start).toBeGreaterThanOrEqual(15)
    const reason = new Error('enough')
    const waiting = clock.sleep(60_000, controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(clock.sleep(60_000, controller.signal)).rejects.toBe(reason)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

describe('a date for the rules', () => {
  it.each(['0000-01-01', '1999-12-31', '2100-01-01', '9999-12-31'])(
    '%s is out of range, and refused by name',
    (date) => {
      expect(() => systemClock(date)).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          message: `${date} is not between 2000-01-01 and 2099-12-31`,
          hint: 'Correct --as-of.',
        }),
      )
    },
  )

  it.each(['2000-01-01', '2099-12-31'])('%s is taken', (date) => expect(systemClock(date).today).toBe(date))
})
