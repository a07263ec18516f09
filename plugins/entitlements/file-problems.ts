import { nearest, ZdsError, type Issue, type Json } from 'zds'

export type Path = readonly (string | number)[]

/** A parsed YAML file that remembers where everything stands. */
export type YamlFile = {
  readonly value: Json
  /** `file:line` of the entry at `path`, or of the nearest one around it. */
  at(path: Path): string
  /** Whether nothing stands where the value of the entry at `path` should be; JSON has a null there. */
  isOpen(path: Path): boolean
  /** Keys that occur twice; the file can be read on for further problems. */
  readonly repeated: readonly Issue[]
}

export function problem(where: string, message: string, hint?: string): Issue {
  return { code: 'FILE_INVALID', where, message, ...(hint === undefined ? {} : { hint }) }
}

/** The hint for a word that is not among the known ones. */
export function meantHint(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?`
}

export function unusable(where: string, issues: readonly Issue[], cause?: unknown): ZdsError {
  const [first] = issues
  const more = issues.length > 1 ? ` and ${issues.length - 1} more` : ''
  const message = `${where} cannot be used: ${first === undefined ? 'it is invalid' : `${first.where}: ${first.message}`}${more}`
  return new ZdsError('FILE_INVALID', message, {
    issues,
    cause,
    hint: 'Correct the file; until then nothing is computed from it.',
  })
}
