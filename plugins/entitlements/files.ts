import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readText, ZdsError, type Issue, type Setting } from 'zds'

/**
 * The text of a file that the variable `setting` names; a relative path is taken from the working
 * directory.
 */
export const readFileText = (path: string, setting: string): Promise<string> =>
  readText(path, `Create the file, or set ${setting} to where it is: a relative path counts from the configuration.`)

/**
 * What a file holds, for the fingerprint of a plan; undefined for an address.
 */
export function identityOf({ peek }: Setting, directory: string): string | undefined {
  const path = peek()
  if (path === undefined || isAddress(path)) return undefined
  try {
    return readFileSync(resolve(directory, path), 'utf8')
  } catch {
    // That it is missing, or cannot be read, is told by whoever checks or reads its source.
    return ''
  }
}

/** Whether a place is an address rather than a path. */
export const isAddress = (place: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(place)

/**
 * Makes something once for the same arguments as the time before: a check and what is read after it
 * parse a file once.
 */
export function onceForSame<Given extends readonly unknown[], Made>(
  make: (...given: Given) => Promise<Made>,
): (...given: Given) => Promise<Made> {
  let last: { readonly given: Given; readonly made: Promise<Made> } | undefined
  return (...given) => {
    const known =
      last?.given.every((one, index) => one === given[index]) === true ? last : { given, made: make(...given) }
    last = known
    return known.made
  }
}

/**
 * The problems that `load` throws, for a check that reports instead of failing. `setting` names the
 * place of one without its own.
 */
export async function issuesOf(setting: string, load: () => Promise<unknown>): Promise<readonly Issue[]> {
  try {
    await load()
    return []
  } catch (error) {
    if (!(error instanceof ZdsError)) throw error
    return error.issues.length > 0
      ? error.issues
      : [
          {
            code: error.code,
            where: setting,
            message: error.message,
            ...(error.hint !== undefined && { hint: error.hint }),
          },
        ]
  }
}
