import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline as connected, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ZdsError } from '../errors.ts'
import { parseJson, type Json } from '../json.ts'
import type { Artifacts, Summary } from './state.ts'
import { unavailable } from './trouble.ts'

/** Artifacts in a directory of their own, readable by nobody else (OPS-08). */
export function artifactsIn(directory: string): Artifacts {
  const plain = (name: string): string => join(directory, `${name.replaceAll(':', '.')}.ndjson`)
  const path = (name: string): string => `${plain(name)}${PACKED}`
  const summaryPath = (name: string): string => join(directory, `${name.replaceAll(':', '.')}.summary.json`)
  return {
    write: async (name, rows, summarise = (count) => ({ rows: count, complete: true })) => {
      const [partial, about] = [`${path(name)}.partial`, `${summaryPath(name)}.partial`]
      let failure: unknown
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        const { count, digest } = await writeRows(partial, rows, (error) => (failure = error))
        const summary = summarise(count, digest)
        await writeFile(about, `${JSON.stringify(summary)}\n`, { mode: 0o600 })
        await rename(about, summaryPath(name))
        await rename(partial, path(name))
        if (existsSync(plain(name))) await rm(plain(name))
        return summary
      } catch (error) {
        for (const file of [partial, about]) await rm(file, { force: true })
        throw failure === error ? error : unavailable(error, path(name))
      }
    },
    read: (name) => readRows(existsSync(plain(name)) ? plain(name) : path(name), name),
    summary: async (name) => {
      const text = await readFile(summaryPath(name), 'utf8').catch((cause: unknown) => {
        throw missing(name, cause)
      })
      return parsed(text, name) as Summary // written by `write` above
    },
  }
}

/** Ends the name of a file whose rows are compressed (zstd). An earlier zds did not. */
const PACKED = '.zst'

/** The fastest: what is in an artifact repeats itself enough to become small all the same. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const BLOCK = 65_536
/** Bytes of a packed file that are read at once: no more than some blocks come out of them. */
const SMALL = 4_096

/**
 * Writes rows as compressed NDJSON, as fast as the file takes them. `failed` hears what was thrown
 * where they come from: that is no trouble of the file.
 */
async function writeRows(
  file: string,
  rows: AsyncIterable<Json> | Iterable<Json>,
  failed: (error: unknown) => void,
): Promise<{ readonly count: number; readonly digest: string }> {
  let count = 0
  const hash = createHash('sha256')
  async function* lines(): AsyncGenerator<string, string> {
    let block = ''
    /** What fails meanwhile is the file. */
    let handedOut = false
    try {
      for await (const row of rows) {
        count += 1
        block += `${JSON.stringify(row)}\n`
        if (block.length < BLOCK) continue
        hash.update(block)
        handedOut = true
        yield block
        handedOut = false
        block = ''
      }
    } catch (error) {
      if (!handedOut) failed(error)
      throw error
    }
    hash.update(block)
    return block
  }
  await writePacked(file, lines())
  return { count, digest: hash.digest('hex') }
}

/** Most artifacts are one block: a stream of it would take longer to make than all the rest. */
async function writePacked(file: string, blocks: AsyncGenerator<string, string>): Promise<void> {
  const { done, value: first } = await blocks.next()
  if (done) return writeFile(file, zstdCompressSync(first, LEVEL), { mode: 0o600 })
  const into = createWriteStream(file, { mode: 0o600 })
  await pipeline(Readable.from(whole(first, blocks)), createZstdCompress(LEVEL), into)
}

async function* whole(first: string, blocks: AsyncGenerator<string, string>): AsyncIterable<string> {
  yield first
  yield yield* blocks
}

/**
 * The rows of an NDJSON file, one at a time. Lines end at \n only: other line separators of Unicode
 * may stand in a JSON string.
 */
async function* readRows(file: string, name: string): AsyncIterable<Json> {
  // The blocks of a line that is not over yet: joined once, however long the line is.
  let rest: string[] = []
  for await (const block of textIn(file, name)) {
    rest.push(block)
    if (!block.includes('\n')) continue
    const lines = rest.join('').split('\n')
    rest = lines.splice(-1)
    for (const line of lines) yield parsed(line, name)
  }
  if (rest.some((block) => block !== '')) throw broken(name)
}

async function* textIn(file: string, name: string): AsyncIterable<string> {
  const handle = await open(file).catch((cause: unknown) => {
    throw missing(name, cause)
  })
  const packed = file.endsWith(PACKED)
  try {
    if (packed && (await handle.stat()).size < SMALL) yield await unpackedAtOnce(handle)
    else for await (const block of streamed(handle, packed)) yield String(block)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // as streams end with
    throw String(code).startsWith('Z') ? broken(name, error) : error
  }
}

function streamed(handle: FileHandle, packed: boolean): AsyncIterable<unknown> {
  const bytes = handle.createReadStream()
  if (!packed) return bytes.setEncoding('utf8')
  // What goes wrong in either of them is thrown where they are read.
  return connected(bytes, createZstdDecompress({ chunkSize: BLOCK }), () => undefined).setEncoding('utf8')
}

/** The same without streams, whose making takes longer than so few bytes. */
async function unpackedAtOnce(handle: FileHandle): Promise<string> {
  try {
    return zstdDecompressSync(await handle.readFile()).toString('utf8')
  } finally {
    await handle.close()
  }
}

function parsed(text: string, name: string): Json {
  const json = parseJson(text)
  if (json === undefined) throw broken(name)
  return json
}

function broken(name: string, cause?: unknown): ZdsError {
  return new ZdsError('ARTIFACT_MISSING', `The artifact ${name} breaks off, or is not what was written`, {
    cause,
    hint: 'Run its stage again.',
  })
}

function missing(name: string, cause: unknown): ZdsError {
  return new ZdsError('ARTIFACT_MISSING', `There is no artifact ${name}`, { cause, hint: 'Run its stage first.' })
}
