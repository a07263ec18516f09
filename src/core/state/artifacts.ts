import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZdsError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Artifacts, Summary } from './state.ts'

/** Artifacts in a directory of their own, readable by nobody else (OPS-08). */
export function artifactsIn(directory: string): Artifacts {
  const path = (name: string): string => join(directory, `${name.replaceAll(':', '.')}.ndjson`)
  const summaryPath = (name: string): string => join(directory, `${name.replaceAll(':', '.')}.summary.json`)
  return {
    write: async (name, rows, summarise = (count) => ({ rows: count, complete: true })) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const partial = `${path(name)}.partial`
      try {
        const { count, digest } = await writeRows(partial, rows)
        const summary = summarise(count, digest)
        await writeFile(summaryPath(name), `${JSON.stringify(summary)}\n`, { mode: 0o600 })
        await rename(partial, path(name))
        return summary
      } finally {
        await rm(partial, { force: true })
      }
    },
    read: (name) => readRows(path(name), name),
    summary: async (name) => {
      const text = await readFile(summaryPath(name), 'utf8').catch((cause: unknown) => {
        throw missing(name, cause)
      })
      return JSON.parse(text) as Summary // written by `write` above
    },
  }
}

/** Rows that were written: how many, and the digest of them. */
type WrittenArtifact = { readonly count: number; readonly digest: string }

/** Writes rows as NDJSON, as fast as the file takes them. */
export async function writeRows(file: string, rows: AsyncIterable<Json> | Iterable<Json>): Promise<WrittenArtifact> {
  let count = 0
  const hash = createHash('sha256')
  async function* lines(): AsyncIterable<string> {
    let block = ''
    for await (const row of rows) {
      count += 1
      block += `${JSON.stringify(row)}\n`
      if (block.length < 65_536) continue
      hash.update(block)
      yield block
      block = ''
    }
    hash.update(block)
    yield block
  }
  await pipeline(Readable.from(lines()), createWriteStream(file, { mode: 0o600 }))
  return { count, digest: hash.digest('hex') }
}

/**
 * The rows of an NDJSON file, one at a time. Lines end at \n only: other line separators of Unicode
 * may stand in a JSON string.
 */
export async function* readRows(file: string, name: string): AsyncIterable<Json> {
  const handle = await open(file).catch((cause: unknown) => {
    throw missing(name, cause)
  })
  // The blocks of a line that is not over yet: joined once, however long the line is.
  let rest: string[] = []
  for await (const block of handle.createReadStream({ encoding: 'utf8' })) {
    const [first = '', ...more] = String(block).split('\n')
    rest.push(first)
    const last = more.pop()
    if (last === undefined) continue
    yield JSON.parse(rest.join('')) as Json // JSON text is Json
    rest = [last]
    for (const line of more) yield JSON.parse(line) as Json
  }
  rest = rest.filter((block) => block !== '')
  if (rest.length > 0)
    throw new ZdsError('ARTIFACT_MISSING', `The artifact ${name} breaks off in the middle of a row`, {
      hint: 'Run its stage again.',
    })
}

function missing(name: string, cause: unknown): ZdsError {
  return new ZdsError('ARTIFACT_MISSING', `There is no artifact ${name}`, { cause, hint: 'Run its stage first.' })
}
