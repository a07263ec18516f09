import { dateIn, FAR_MS, type Clock } from '../clock.ts'
import { ZdsError } from '../errors.ts'
import { spanOf } from './wait.ts'

type SaidDate = { readonly service: string; readonly ours: Date; readonly theirs: Date }

/**
 * What each service said last of a time that is far from ours, by the clock that all parts of a run
 * share.
 */
const saidTo = new WeakMap<Clock, Map<string, SaidDate>>()

/** Takes note of the moment at which a service says that it answers. */
export function heedDate(service: string, headers: Headers, ours: Date, clock: Clock): void {
  const theirs = dateIn(headers)
  if (theirs === undefined) return
  const said = saidTo.get(clock) ?? new Map<string, SaidDate>()
  saidTo.set(clock, said)
  if (Math.abs(ours.getTime() - theirs.getTime()) > FAR_MS) said.set(service, { service, ours, theirs })
  else said.delete(service)
}

/**
 * Throws CLOCK_WRONG where the clock of this machine is far from that of a service: ages, days and
 * locks would be wrong.
 */
export function assertClock(clock: Clock): void {
  const [first] = saidTo.get(clock)?.values() ?? []
  if (first === undefined) return
  const { service, ours, theirs } = first
  const ahead = ours.getTime() - theirs.getTime()
  const message = `The clock of this machine is ${spanOf(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} that of ${service}: here it was ${ours.toISOString()}, there ${theirs.toISOString()}`
  throw new ZdsError('CLOCK_WRONG', message, { hint: 'Set the clock right (NTP), and make a new plan.' })
}
