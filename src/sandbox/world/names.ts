import type { Random } from './random.ts'

type List = readonly [string, ...string[]]

const first: List = [
  'Ada',
  'Björn',
  'Chiara',
  'Dmitri',
  'Elif',
  'Fatima',
  'Grace',
  'Hiro',
  'Ivy',
  'João',
  'Kim',
  'Lars',
  'Mei',
  'Noor',
  'Ola',
  'Priya',
  'Quentin',
  'Rosa',
  'Søren',
  'Tomás',
]
const last: List = [
  'Alvarez',
  'Bauer',
  'Cho',
  "D'Angelo",
  'Evans',
  'Fischer',
  'Gupta',
  'Haddad',
  'Ito',
  'Jansen',
  'Kowalska',
  'Lindqvist',
  'Moreau',
  'Novák',
  'Okafor',
  'Petrov',
  'Quispe',
  'Rossi',
  'Silva',
  'Tanaka',
]

const start: List = [
  'Acme',
  'Alpine',
  'Borealis',
  'Cascade',
  'Cobalt',
  'Copper',
  'Delta',
  'Évian',
  'Fjord',
  'Granite',
  'Grüne',
  'Harbor',
  'Indigo',
  'Juniper',
  'Keystone',
  'Lumen',
  'Meridian',
  'Nordic',
  'Northwind',
  'Orchid',
  'Pacific',
  'Pinnacle',
  'Quantum',
  'Redwood',
  'Silver',
  'Summit',
  'Tundra',
  'Vertex',
  'Willow',
]
const trade: List = [
  'Airlines',
  'Analytics',
  'Biotech',
  'Energie',
  'Foods',
  'Games',
  'Health',
  'Insurance',
  'Labs',
  'Logistics',
  'Media',
  'Mobility',
  'Motors',
  'Networks',
  'Pharma',
  'Robotics',
  'Semiconductors',
  'Software',
  'Telecom',
  'Verlag',
  'Water',
]
const form: List = ['AG', 'Corp.', 'GmbH', 'Group', 'Inc.', 'K.K.', 'LLC', 'Ltd', 'Pty Ltd', 'S.A.', 'SE']
const agency: List = [
  'Agriculture',
  'Archives',
  'Census',
  'Commerce',
  'Education',
  'Energy',
  'Fisheries',
  'Forests',
  'Geology',
  'Health',
  'Housing',
  'Labor',
  'Oceans',
  'Parks',
  'Roads',
  'Science',
  'Standards',
  'Transport',
  'Veterans',
  'Weather',
]
const office: List = ['Agency for', 'Bureau of', 'Department of', 'Office of', 'National Institute of']

/** The name of a person. */
export const personName = (random: Random): string => `${random.pick(first)} ${random.pick(last)}`

/** The n-th company name: all different, in an order that does not look sorted. */
export function companyName(n: number): string {
  const total = start.length * trade.length * form.length
  // 2003 is prime and divides no length of a list, so the walk meets every combination once.
  const at = (n * 2003) % total
  const name = `${start[at % start.length]} ${trade[Math.floor(at / start.length) % trade.length]} ${form[Math.floor(at / start.length / trade.length)]}`
  return numbered(name, Math.floor(n / total))
}

/** The n-th name of a public body: all different. */
export function agencyName(n: number): string {
  const name = `${office[n % office.length]} ${agency[Math.floor(n / office.length) % agency.length]}`
  return numbered(name, Math.floor(n / office.length / agency.length))
}

const numbered = (name: string, round: number): string => (round === 0 ? name : `${name} ${round + 1}`)
