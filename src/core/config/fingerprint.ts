import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sha256 } from '../plan/plan.ts'
import { syncsOf } from './stages.ts'
import type { Config } from '../types.ts'

/** Imports of files beside the configuration, whichever way they are written. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/**
 * What makes a configuration the one that it is: the text of the file and of all files that it
 * imports from beside it, and the addresses that it writes to. A plan that was made with another
 * one is not carried out.
 */
export function fingerprintOf(file: string, config: Config): string {
  const texts = new Map<string, string>()
  const read = (path: string): void => {
    if (texts.has(path) || !existsSync(path)) return
    const text = readFileSync(path, 'utf8')
    texts.set(path, text)
    for (const [, link = ''] of text.matchAll(RELATIVE_IMPORT)) read(resolve(dirname(path), link))
  }
  read(file)
  return sha256(JSON.stringify([[...texts.values()], addressesOf(config)]))
}

/** Where each sync writes: what was planned for one address is not carried out at another. */
export function addressesOf(config: Config): string[] {
  return [...syncsOf(config).values()].map(({ target }) => target.address())
}
