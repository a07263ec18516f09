/** Calendar days, `YYYY-MM-DD` (PROC-04). */

export const daysFrom = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)

/** The last end that still counts is this one (PROC-02). */
export const graceOf = (today: string): string => daysFrom(today, -15)

/** Three years and a day ago; what ended before is neither read nor kept (PROC-03, AMB-01). */
export function horizonOf(today: string): string {
  const year = Number(today.slice(0, 4)) - 3
  const leap = year % 4 === 0
  const day = today.slice(5) === '02-29' && !leap ? '02-28' : today.slice(5)
  return daysFrom(`${year}-${day}`, -1)
}
