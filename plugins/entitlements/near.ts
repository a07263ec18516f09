import { nearest } from 'zds'

/**
 * The name of the plans file that a charge is most likely meant to have, to be put behind what is
 * said of it. Where both look the same, it says what nobody sees.
 */
export function nearestName(name: string, known: Iterable<string>): string {
  const near = nearest(name, known)
  if (near === undefined) return ''
  const differs = UNSEEN.filter(({ of }) => of(name) !== of(near)).map(({ what }) => what)
  const alike = differs.length > 0 && bare(name) === bare(near)
  return `; the nearest name there is ${JSON.stringify(near)}${alike ? `, which differs in its ${differs.join(' and ')} only` : ''}`
}

const BLANKS = /\s+/g
const DASHES = /\p{Pd}/gu
const bare = (name: string): string => name.replaceAll(BLANKS, '').replaceAll(DASHES, '-').toLowerCase()

/** What two names may differ in and look the same. */
const UNSEEN = [
  { what: 'blanks', of: (name: string) => name.replaceAll(/\S/g, '.') },
  { what: 'dashes', of: (name: string) => name.replaceAll(/\P{Pd}/gu, '') },
  { what: 'case', of: (name: string) => name.replaceAll(/\P{L}/gu, '') },
]
