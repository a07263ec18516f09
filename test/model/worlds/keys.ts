import * as fc from 'fast-check'
import { idOf } from '../ids.ts'

/** Few keys, of which two and two differ by their case only; few names: so that they collide. */
export const SHORT = (
  '001PL000000000a 001PL000000000A 001PL00000000Ac 001PL00000000ac ' +
  '001PL000000000e 001PL000000000f 001PL000000000g 001PL0000000000'
).split(' ')
export const IDS = SHORT.map(full)
export const ALLIANCE = full('001PL000000000g')
export const PROTECTED = [full('001PL000000000e'), full('001PL000000000f')]

/** Of no account, and of one that is always there: a source without any row would stop the run. */
export const GONE = full('001PL0000000zzz')
export const ANCHOR = full('001PL000000anch')

/** The first ones are the usual names of the ids. */
const USUAL = 'Acme;Beta;Gamma;Delta GmbH;Epsilon;Zeta;Eta;Theta'.split(';')
const NAMES = [...USUAL, 'ACME', ' acme ', 'beta ', 'Iota']

/** What an arbitrary makes. */
export type Made<A> = A extends fc.Arbitrary<infer Value> ? Value : never

/** One of these, or nothing. */
export const maybe = <T>(...values: readonly T[]): fc.Arbitrary<T | null> => fc.constantFrom(...values, null)

/** One of `usual` mostly. */
export const mostly = <T, U>(usual: fc.Arbitrary<T>, ...others: readonly U[]): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...others) })

/** A name of the n-th id: its own mostly. */
export const nameAt = (n: number): fc.Arbitrary<string> => mostly(fc.constant(USUAL[n] ?? 'Kappa'), ...NAMES)

/** The n-th record of an object of Salesforce. */
export const numbered = (prefix: string, n: number): string => full(prefix + String(n).padStart(12, '0'))

function full(short: string): string {
  const id = idOf(short)
  if (id === undefined) throw new Error(`${short} is no id`)
  return id
}

/** Contacts that something was sold to. */
export const SOLD_TO = [numbered('003', 901), numbered('003', 902)]
