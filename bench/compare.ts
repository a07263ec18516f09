/**
 * The comparison of one sync, streaming from artifacts as zds does it, beside the plain way: both
 * sides in Maps of objects. Each in a process of its own, in turn, so that time and memory are of
 * that way alone. `npm run bench -- 200000` takes the number of records.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  checkbox,
  decimal,
  dropdown,
  name,
  same,
  sync,
  text,
  typesOf,
  type Desired,
  type Existing,
  type Json,
  type Target,
} from 'zds'
import { artifactsIn } from '../src/core/state/artifacts.ts'
import { compare, keyIn } from '../src/core/compare/compare.ts'
import { indexNames } from '../src/core/compare/names.ts'
import { sortBy } from '../src/core/compare/sort.ts'

const ROUNDS = 3
const FIELDS = {
  name: name(),
  salesforce_id: text(),
  support_level: dropdown(),
  aar: decimal(),
  mark_for_deletion: checkbox(),
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`text_${index}`, text()] as const)),
}
const types = typesOf(FIELDS)

type Figures = { readonly seconds: number; readonly megabytes: number; readonly changes: number }

const [mode = 'both', directory = '', count = '200000'] = process.argv.slice(2)
switch (mode) {
  case 'streaming':
    report(await measured(() => streaming(directory)))
    break
  case 'maps':
    report(await measured(() => maps(directory)))
    break
  default:
    await both(Number(/^\d+$/.test(mode) ? mode : count))
}

async function both(records: number): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'zds-bench-'))
  try {
    const artifacts = artifactsIn(scratch)
    await artifacts.write('desired', desired(records))
    await artifacts.write('existing', existing(records))
    const rounds = Array.from({ length: ROUNDS }, () => ({
      streaming: child('streaming', scratch),
      maps: child('maps', scratch),
    }))
    const median = (of: (round: (typeof rounds)[number]) => number): number =>
      rounds.map(of).toSorted((a, b) => a - b)[(ROUNDS - 1) / 2] ?? Number.NaN
    const line = (what: string, a: number, b: number): string =>
      `${what.padEnd(12)}${a.toFixed(1).padStart(10)}${b.toFixed(1).padStart(10)}${(a / b).toFixed(2).padStart(10)}\n`
    process.stdout.write(`${records.toLocaleString('en')} records, median of ${ROUNDS} rounds in turn\n`)
    process.stdout.write(`${''.padEnd(12)}${'zds'.padStart(10)}${'maps'.padStart(10)}${'ratio'.padStart(10)}\n`)
    process.stdout.write(
      line(
        'seconds',
        median(({ streaming: a }) => a.seconds),
        median(({ maps: b }) => b.seconds),
      ),
    )
    process.stdout.write(
      line(
        'peak MB',
        median(({ streaming: a }) => a.megabytes),
        median(({ maps: b }) => b.megabytes),
      ),
    )
    if (rounds.some(({ streaming: a, maps: b }) => a.changes !== b.changes))
      throw new Error('The two ways do not find the same changes')
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function child(way: string, scratch: string): Figures {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, way, scratch], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Figures // printed by `report`
}

async function measured(work: () => Promise<number>): Promise<Figures> {
  const started = performance.now()
  const changes = await work()
  return { seconds: (performance.now() - started) / 1000, megabytes: process.resourceUsage().maxRSS / 1024, changes }
}

function report(figures: Figures): void {
  process.stdout.write(JSON.stringify(figures))
}

async function streaming(scratch: string): Promise<number> {
  const artifacts = artifactsIn(scratch)
  const rows = <Row extends Json>(of: string) => artifacts.read(of) as AsyncIterable<Row> // written by `both`
  const target: Target = {
    name: 'organizations',
    instance: 'global',
    resource: 'organizations',
    types,
    read: never,
    ops: [],
    staleness: 'none',
    address: () => '',
    refetch: never,
    settle: never,
    apply: never,
  }
  const both = sync({
    fields: FIELDS,
    desired: { name: 'desired', read: never },
    target,
    rules: { key: 'salesforce_id', unique: 'name' },
  })
  const plan = await compare('global', both, {
    desired: sortBy(rows<Desired>('desired'), ({ key }) => key, scratch),
    existing: sortBy(rows<Existing>('existing'), (row) => keyIn(both, row), scratch),
    names: await indexNames(both, rows('existing'), [rows('desired')]),
    yielded: new Set(),
    ownedElsewhere: () => false,
    complete: { desired: true, existing: true },
  })
  return plan.changes.length
}

async function maps(scratch: string): Promise<number> {
  const wanted = new Map<string, Desired & { kind: 'record' }>()
  const found = new Map<string, Existing>()
  for await (const row of artifactsIn(scratch).read('desired') as AsyncIterable<Desired>)
    if (row.kind === 'record') wanted.set(row.key, row) // as above
  for await (const row of artifactsIn(scratch).read('existing') as AsyncIterable<Existing>)
    found.set(JSON.stringify(row.fields['salesforce_id']), row) // as above
  let changes = 0
  for (const [key, { fields }] of wanted) {
    const old = found.get(JSON.stringify(key))
    if (
      old === undefined ||
      Object.entries(types).some(([field, type]) => !same(type, old.fields[field], fields[field]))
    )
      changes += 1
  }
  return changes
}

// oxlint-disable-next-line require-yield -- nothing is read or written here
async function* never(): AsyncGenerator<never> {
  throw new Error('The benchmark compares only')
}

/** Records in an order that is none; each hundredth differs. */
function* desired(records: number): Iterable<Json> {
  for (let index = 0; index < records; index += 1)
    yield { kind: 'record', key: keyAt(index, records), fields: fieldsAt(index, records, index % 100 === 0) }
}

function* existing(records: number): Iterable<Json> {
  for (let index = records - 1; index >= 0; index -= 1)
    yield { id: String(index), fields: fieldsAt(index, records, false) }
}

function keyAt(index: number, records: number): string {
  return `001${String((index * 7919) % records).padStart(15, '0')}`
}

function fieldsAt(index: number, records: number, changed: boolean): { [field: string]: Json } {
  const key = keyAt(index, records)
  const texts: { [field: string]: Json } = {}
  for (let number = 0; number < 20; number += 1) texts[`text_${number}`] = `value ${number} of ${key}`
  return {
    name: `Company ${index}`,
    salesforce_id: key,
    support_level: changed ? 'ultimate' : 'premium',
    aar: index,
    mark_for_deletion: false,
    ...texts,
  }
}
