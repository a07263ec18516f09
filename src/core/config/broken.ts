import { realpathSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { messageOf, ZdsError } from '../errors.ts'
import { packageMissing } from '../package.ts'
import { isOwn } from './import.ts'

/** What keeps a configuration, `file`, from being loaded: where it is wrong, and what to do. */
export function whyNotLoaded(file: string, cause: unknown): ZdsError {
  const told = packageMissing(cause) ?? cause
  const place = placeIn(file, told)
  if (told instanceof ZdsError) return inFile(file, told, place)
  return new ZdsError('CONFIG_BROKEN', `${file} cannot be loaded: ${messageOf(cause)}${inWords(file, place)}`, {
    cause,
    hint: hintFor(cause),
  })
}

/** Where a plugin was called, or code is wrong; the name counts from the configuration. */
type Place = { readonly name: string; readonly line: string }

/** What a plugin says of its options, with the line that calls it. */
function inFile(file: string, cause: ZdsError, place: Place | undefined): ZdsError {
  const { code, message, hint } = cause
  const at = place === undefined ? '' : ` (${place.name}:${place.line})`
  // `zds validate` shows these alone.
  const issues = cause.issues.map((issue) => ({ ...issue, message: `${issue.message}${at}` }))
  return new ZdsError(code, `${basename(file)}: ${message}${inWords(file, place)}`, { cause, hint, issues })
}

/**
 * Node names the place of a syntax error only in the stack. The line of the configuration, or where
 * it has none the one that it led to; never one of ours.
 */
function placeIn(file: string, cause: unknown): Place | undefined {
  const own = realpathSync(file)
  const places = [...inspect(cause).matchAll(/(file:\/\/[^\s()]+?):(\d+)/g)].flatMap(([, url = '', line = '']) => {
    const path = fileURLToPath(url)
    return isOwn(path) ? [] : [{ name: relative(dirname(own), path), line }]
  })
  return places.find(({ name }) => name === basename(own)) ?? places[0]
}

function inWords(file: string, place: Place | undefined): string {
  if (place === undefined) return ''
  const { name, line } = place
  return name === basename(realpathSync(file)) ? ` (line ${line})` : ` (${name}, line ${line})`
}

const IMPORTS = 'Check the paths of its imports (with their endings), and that npm install was run.'

/** What to do, by the code that Node gives, or by its words where it gives none. */
const HINTS = {
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Enums, namespaces and parameter properties are not supported: use plain objects and types.',
  ERR_MODULE_NOT_FOUND: IMPORTS,
  ERR_PACKAGE_PATH_NOT_EXPORTED: IMPORTS,
  'outside a module':
    'Make it a module: "type": "module" in package.json (npm pkg set type=module), or the name sync.config.mts.',
  'does not provide an export': 'Correct the name; one that is a type is imported with the word: type DesiredOf.',
}

function hintFor(cause: unknown): string | undefined {
  const told = inspect(cause)
  return Object.entries(HINTS).find(([words]) => told.includes(words))?.[1]
}
