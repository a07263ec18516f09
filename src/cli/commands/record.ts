import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { onGathered } from '../../core/answers/on-gathered.ts'
import { ZdsError } from '../../core/errors.ts'
import { canonical, type Json } from '../../core/json.ts'
import type { Shared } from '../../core/run/shared.ts'
import { anonymise, type Rows } from '../mapping/anonymous.ts'
import { withEmptyState, desiredFrom, type DesiredBySync } from '../mapping/desired.ts'
import { textOf } from '../mapping/fixture.ts'
import { foundOf, type KeyRecorded } from '../mapping/gathered.ts'
import { expectationOf } from '../mapping/update.ts'
import { tell, warn } from '../output.ts'
import { unsaved } from '../private-file.ts'
import { watched } from '../render/tasks.ts'
import { inSession } from '../session.ts'
import { placeOf } from './plan.ts'

export type RecordOptions = { config?: string; env?: string; from: string; sync?: string; out?: string }

/**
 * `zds record KEY`: what a run has gathered of a key, as a file for `zds test`, with names and
 * addresses replaced.
 */
export async function recordCommand(asked: string, options: RecordOptions, signal: AbortSignal): Promise<number> {
  const place = placeOf(options.from)
  const directory = process.cwd()
  return inSession(options, signal, async ({ engine: { shared }, project }) => {
    const found = await watched((watch) =>
      onGathered({ from: place }, shared, watch, (here, run) => foundOf(asked, options.sync, here, run)),
    )
    const { key, kept, text } = await withEmptyState(project, signal, (here) => mappingOf(found, here))
    const file = resolve(directory, options.out ?? `${key}.mapping.yaml`)
    if (existsSync(file)) throw isThere(file)
    await mkdir(dirname(file), { recursive: true }).catch(unsaved(file))
    await writeFile(file, text, { flag: 'wx' }).catch(unsaved(file))
    tell([
      `Wrote ${file}`,
      ...(kept.length > 0
        ? [
            `The record depends on these, so they are as the run has them: ${kept.join(', ')}. Read them before you share it.`,
          ]
        : []),
    ])
    return 0
  })
}

/** A file that passes: what it expects is what comes of the rows that stand in it. */
async function mappingOf({ key, asOf, keys, given, desired, names }: KeyRecorded, shared: Shared) {
  const comesOf = (rows: Rows, of = keys): Promise<DesiredBySync> =>
    desiredFrom({ name: 'What was recorded', asOf, given: rows }, of, shared)
  if (canonical(await comesOf(given)) !== canonical(desired))
    warn(`What the run made of ${key} needs rows that do not name it: the file expects what comes of those that do`)
  const keysIn = (swap: (text: string) => string) =>
    Object.fromEntries(Object.keys(keys).map((sync) => [sync, [swap(key)]]))
  const needed = await onlyNeeded(given, comesOf)
  const clear = await anonymise(needed, names, (rows, swap) => comesOf(rows, keysIn(swap)).then(byValue))
  const expected = await comesOf(clear.given, keysIn(clear.replaced))
  const expect = Object.fromEntries(
    Object.entries(expected).map(([sync, said]) => [
      sync,
      Object.fromEntries(Object.entries(said).map(([name, one]) => [name, expectationOf(one)])),
    ]),
  )
  return {
    key: clear.replaced(key),
    kept: clear.kept,
    text: textOf({ asOf, given: clear.given, expect }),
  }
}

/** The sources without which something else would come out. */
async function onlyNeeded(given: Rows, comesOf: (rows: Rows) => Promise<DesiredBySync>): Promise<Rows> {
  const before = canonical(await comesOf(given))
  let rest = given
  for (const source of Object.keys(given)) {
    const { [source]: _, ...without } = rest
    if (canonical(await comesOf(without)) === before) rest = without
  }
  return rest
}

/** What is desired, whatever it is called. */
const byValue = (desired: DesiredBySync): Json =>
  Object.entries(desired).map(([sync, said]) => [sync, ...Object.values(said)])

const isThere = (file: string): ZdsError =>
  new ZdsError('USAGE', `${file} is there already, and is not replaced`, {
    hint: 'Give another name: --out FILE. To write what comes out into a file that is there: zds test FILE --update',
  })
