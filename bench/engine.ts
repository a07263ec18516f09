/**
 * The engine alone: a whole plan of generated records, gathered into artifacts, sorted, compared
 * and assembled, beside a bare hash join of the same records in two Maps. Each in a process of its
 * own, in turn, so that time and memory are of that way alone. `npm run bench -- 10000 20000` takes
 * the numbers of records.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cannotTell,
  checkbox,
  decimal,
  dropdown,
  name,
  openEngine,
  same,
  sync,
  text,
  typesOf,
  type Config,
  type Desired,
  type Existing,
  type Fields,
  type Json,
} from 'zds'

const SIZES = ['10000', '100000', '200000', '1000000']
/** Small sizes are measured three times, and the middle one counts. */
const SMALL = 200_000

const numbered = (of: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${of}_${at}`)
/** Nearly as many fields of each type as a customer of the reference configuration has. */
const TEXTS = numbered('text', 7)
const LEVELS = numbered('level', 3)
const SEATS = numbered('seats', 2)
const SUBSCRIPTIONS = numbered('sub', 21)
const FIELDS = {
  name: name(),
  salesforce_id: text(),
  ...Object.fromEntries(TEXTS.map((field) => [field, text()])),
  ...Object.fromEntries(LEVELS.map((field) => [field, dropdown()])),
  ...Object.fromEntries(SEATS.map((field) => [field, decimal()])),
  ...Object.fromEntries(SUBSCRIPTIONS.map((field) => [field, checkbox()])),
}
const types = typesOf(FIELDS)

type Figures = { readonly seconds: number; readonly cpu: number; readonly megabytes: number; readonly changes: number }
const WAYS: { readonly [way: string]: (records: number) => Promise<number> } = { plan: planned, join: joined }

const [first = '', ...more] = process.argv.slice(2)
const way = WAYS[first]
if (way !== undefined) await report(() => way(Number(more[0])))
else {
  process.stdout.write(cells('records', ['plan s', 'join s', 'ratio', 'plan CPU', 'join CPU', 'plan MB', 'join MB']))
  for (const records of first === '' ? SIZES : [first, ...more]) process.stdout.write(beside(Number(records)))
}

function beside(records: number): string {
  const rounds = Array.from({ length: records > SMALL ? 1 : 3 }, () => [child('plan', records), child('join', records)])
  const [plan, bare] = [0, 1].map((at) => middle(rounds.flatMap((round) => round[at] ?? [])))
  if (plan === undefined || plan.changes !== bare?.changes) throw new Error('The two ways find other changes')
  const seconds = [plan.seconds, bare.seconds, plan.seconds / bare.seconds, plan.cpu, bare.cpu]
  const megabytes = [plan.megabytes, bare.megabytes]
  return cells(records.toLocaleString('en'), [
    ...seconds.map((value) => value.toFixed(2)),
    ...megabytes.map((value) => value.toFixed(0)),
  ])
}

function cells(head: string, values: readonly string[]): string {
  return `${[head, ...values].map((value) => value.padStart(10)).join('')}\n`
}

function child(of: string, records: number): Figures {
  // Whoever holds all records may take what that needs.
  const options = of === 'join' ? ['--max-old-space-size=12288'] : process.execArgv
  const script = [...options, import.meta.filename, of, String(records)]
  const { stdout, stderr, status } = spawnSync(process.execPath, script, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Figures // printed by `report`
}

function middle(rounds: readonly Figures[]): Figures | undefined {
  return rounds.toSorted((a, b) => a.seconds - b.seconds)[(rounds.length - 1) / 2]
}

async function report(work: () => Promise<number>): Promise<void> {
  const started = performance.now()
  const changes = await work()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage()
  const megabytes = process.resourceUsage().maxRSS / 1024
  process.stdout.write(JSON.stringify({ seconds, cpu: (user + system) / 1e6, megabytes, changes } satisfies Figures))
}

async function planned(records: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'zds-bench-'))
  try {
    const engine = await openEngine({ config: configOf(records), directory })
    const { syncs } = await engine.plan()
    await engine.close()
    return syncs.reduce((sum, { changes }) => sum + changes.length, 0)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function joined(records: number): Promise<number> {
  const wanted = new Map<string, Fields>()
  const found = new Map<Json | undefined, Fields>()
  for await (const { key, fields } of desired(records)) wanted.set(key, fields)
  for await (const { fields } of existing(records)) found.set(fields['salesforce_id'], fields)
  const fits = Object.entries(types)
  const differs = (fields: Fields, old: Fields): boolean =>
    fits.some(([field, type]) => !same(type, old[field], fields[field]))
  let changes = 0
  for (const [key, fields] of wanted) {
    const old = found.get(key)
    if (old === undefined || differs(fields, old)) changes += 1
  }
  return changes
}

function configOf(records: number): Config {
  const target = {
    name: 'organizations',
    instance: 'global',
    resource: 'organizations',
    types,
    ops: ['create', 'update'] as const,
    staleness: 'none' as const,
    address: () => 'https://global.example',
    read: () => existing(records),
    refetch: never,
    settle: cannotTell,
    apply: never,
  }
  const rules = { key: 'salesforce_id', unique: 'name' } as const
  const global = sync({ fields: FIELDS, desired: { name: 'accounts', read: () => desired(records) }, target, rules })
  return { sources: {}, targets: { global } }
}

// oxlint-disable-next-line require-yield -- nothing is written here
async function* never(): AsyncGenerator<never> {
  throw new Error('The benchmark plans only')
}

/** Records in an order that is none; each hundredth differs. */
async function* desired(records: number): AsyncGenerator<Desired & { readonly kind: 'record' }> {
  for (let index = 0; index < records; index += 1)
    yield { kind: 'record', key: keyAt(index, records), fields: fieldsAt(index, records, index % 100 === 0) }
}

async function* existing(records: number): AsyncGenerator<Existing> {
  for (let index = records - 1; index >= 0; index -= 1)
    yield { id: String(index), fields: fieldsAt(index, records, false) }
}

function keyAt(index: number, records: number): string {
  return `001${String((index * 7919) % records).padStart(15, '0')}`
}

function fieldsAt(index: number, records: number, changed: boolean): Fields {
  const key = keyAt(index, records)
  const fields: { [field: string]: Json } = { name: `Company ${index}`, salesforce_id: key }
  for (const field of TEXTS) fields[field] = `${field} of ${key}`
  for (const field of LEVELS) fields[field] = changed ? 'ultimate' : 'premium'
  for (const field of SEATS) fields[field] = index
  for (const field of SUBSCRIPTIONS) fields[field] = index % 3 === 0
  return fields
}
