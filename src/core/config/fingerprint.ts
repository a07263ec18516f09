import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseJson, type Json } from '../json.ts'
import { sha256 } from '../plan/plan.ts'
import { stages, syncsOf } from './stages.ts'
import type { Config } from './define.ts'

/** Imports of files beside the configuration, whichever way they are written. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** Imports of packages; what comes with Node is Node's. */
const PACKAGE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]((?!node:)[\w@][^'"]*)['"]/g

/**
 * What makes a configuration the one that it is: the text of the file and of all files that it
 * imports from beside it, of what else was `loaded` for it in whatever way, the versions of the
 * packages that they import, what its sources say makes them what they are (the text of a data
 * file), and the addresses that it writes to. A plan that was made with another one is not carried
 * out. Its first half is what is written, its second half where it writes.
 */
export function fingerprintOf(file: string, config: Config, loaded: readonly string[]): string {
  const texts = textsOf(file)
  const packages = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(PACKAGE_IMPORT)].map(([, name = '']) => versionOf(name, path)),
  )
  for (const path of loaded.toSorted()) if (existsSync(path)) texts.set(path, readFileSync(path, 'utf8'))
  return inHalves([[...texts.values()], [...new Set(packages)].toSorted(), identities(config, dirname(file))], config)
}

/** The texts of a file, and of all that it imports from beside it, by their paths. */
export function textsOf(file: string): Map<string, string> {
  const texts = new Map<string, string>()
  const read = (path: string): void => {
    if (texts.has(path) || !existsSync(path)) return
    const text = readFileSync(path, 'utf8')
    texts.set(path, text)
    for (const [, link = ''] of text.matchAll(RELATIVE_IMPORT)) read(resolve(dirname(path), link))
  }
  // Relative imports count from where a link leads to.
  if (existsSync(file)) read(realpathSync(file))
  return texts
}

/** The fingerprint of a configuration that is no file, but what `content` says. */
export function inHalves(content: Json, config: Config): string {
  const half = (value: Json): string => sha256(JSON.stringify(value)).slice(0, 32)
  // What was planned for one address is not carried out at another.
  const addresses = [...syncsOf(config).values()].map(({ target }) => target.address())
  return `${half(content)}${half(addresses)}`
}

/** The half that stays the same wherever a configuration writes: a stage need not know all addresses. */
export const contentHalf = (fingerprint: string): string => fingerprint.slice(0, 32)

/**
 * `name@version` of the package that an import leads to; the bare import where it leads nowhere.
 */
function versionOf(name: string, from: string): string {
  let file: string | undefined
  try {
    file = findPackageJSON(name, pathToFileURL(from))
  } catch {
    // That there is none, loading has said.
  }
  if (file === undefined) return name
  const { name: called, version } = parseJson(readFileSync(file, 'utf8')) as { name?: string; version?: string } // npm's form
  return `${called}@${version}`
}

/** What makes each source what it is, besides its rows. */
function identities(config: Config, directory: string): Json {
  return stages(config).flatMap((stage) =>
    stage.kind === 'gather' ? [[stage.name, stage.source.identity?.(directory) ?? null]] : [],
  )
}
