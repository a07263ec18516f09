/**
 * What a plan of many creates needs: made and written as a document, read, shown and carried out,
 * each in a process of its own. `npm run bench:memory -- 300000` takes the number of creates. Time is
 * that of the processor, so that what else the machine does is no matter.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cannotTell, decimal, dropdown, name, openEngine, sync, text, typesOf, type Change, type Config } from 'zds'
import { documentOf } from '../src/cli/output.ts'
import { readPlan } from '../src/cli/plan-file.ts'
import { writePrivately } from '../src/cli/private-file.ts'
import { planLines } from '../src/cli/render/plan/screen.ts'
import { painter } from '../src/cli/render/paint.ts'

const FIELDS = {
  name: name(),
  salesforce_id: text(),
  support_level: dropdown(),
  aar: decimal(),
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`text_${index}`, text()] as const)),
}

const [mode = '300000', directory = '', count = '0'] = process.argv.slice(2)
const parts = ['plan', 'read', 'show', 'apply'] as const
await (parts.find((part) => part === mode) === undefined ? all(Number(mode)) : one(mode, directory, Number(count)))

async function all(records: number): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'zds-memory-'))
  try {
    for (const part of parts) {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [...process.execArgv, import.meta.filename, part, scratch, String(records)],
        { encoding: 'utf8' },
      )
      process.stdout.write(status === 0 ? stdout : `${part}: ${stderr.slice(-1500)}\n`)
    }
    process.stdout.write(`document ${(statSync(join(scratch, 'plan.json')).size / 1e6).toFixed(0)} MB\n`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function one(part: string, scratch: string, records: number): Promise<void> {
  const engine = await openEngine({ config: configOf(records), directory: join(scratch, 'state') })
  const file = join(scratch, 'plan.json')
  switch (part) {
    case 'plan':
      await writePrivately(file, documentOf(await engine.plan()))
      break
    case 'read':
      await readPlan(file)
      break
    case 'show':
      planLines(await readPlan(file), { columns: 100, paint: painter(process.stdout), all: false })
      break
    case 'apply':
      await engine.apply(await readPlan(file), { force: true })
  }
  await engine.close()
  const { user, system } = process.cpuUsage()
  const seconds = ((user + system) / 1e6).toFixed(1)
  const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0)
  process.stdout.write(`${part.padEnd(6)}${seconds.padStart(8)} s${peak.padStart(7)} MB\n`)
}

function configOf(records: number): Config {
  const types = typesOf(FIELDS)
  const target = {
    name: 'organizations',
    instance: 'global',
    resource: 'organizations',
    types,
    ops: ['create'] as const,
    staleness: 'none' as const,
    mayBeEmpty: true,
    address: () => 'https://global.example',
    read: none,
    refetch: none,
    settle: cannotTell,
    write: {
      batch: 100,
      parallel: 4,
      // An answer comes in a turn of its own, as over a network: what a turn has looked at is forgotten after it.
      send: async (changes: readonly Change[]) => {
        await new Promise(setImmediate)
        return changes.map(({ key }) => ({ key, status: 'done' as const, id: `1${key}` }))
      },
    },
  }
  const desired = { name: 'accounts', read: () => desiredRows(records) }
  const global = sync({ fields: FIELDS, desired, target, rules: { key: 'salesforce_id', unique: 'name' }, readBack: 0 })
  return { sources: {}, targets: { global } }
}

async function* none(): AsyncGenerator<never> {}

async function* desiredRows(records: number) {
  for (let index = 0; index < records; index += 1) {
    const key = `001${String((index * 7919) % records).padStart(15, '0')}`
    const texts = Array.from({ length: 20 }, (_, number) => [`text_${number}`, `value ${number} of ${key}`] as const)
    const fields = { name: `Company ${index}`, salesforce_id: key, support_level: 'premium', aar: index }
    yield { kind: 'record' as const, key, fields: { ...fields, ...Object.fromEntries(texts) } }
  }
}
