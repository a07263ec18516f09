import { domainToASCII } from 'node:url'
import { foldAddress } from './addresses.ts'
import { ZdsError, type Issue } from './errors.ts'
import { checkOptions } from './options.ts'
import { setting, settingSchema, type Setting } from './settings.ts'
import { shape } from './shape.ts'

/** What a person meant by a text, or why nobody can tell. */
export type Meaning = string | { readonly problem: string; readonly hint: string }

/**
 * A setting whose text is read as one value of a kind: `meaning` brings what can only mean one
 * thing into one form, and refuses the rest (SAFE-09).
 */
export function single(from: Setting, meaning: (text: string) => Meaning): Setting {
  const { values, more } = reader(from, (text) => [bare(text)].filter(Boolean), meaning)
  return setting(from.name, () => values()?.[0], more)
}

/**
 * The same for a list: none where it is not set. Commas, semicolons, blanks, line ends and the
 * brackets of a JSON list separate; quotes around are no part of a value.
 */
export function several(from: Setting, meaning: (text: string) => Meaning): Setting<readonly string[]> {
  const { values, more } = reader(from, parts, meaning)
  const made = setting(from.name, values, more)
  return Object.freeze({ ...made, read: () => made.peek() ?? [] })
}

/** Domains: in lower case and ASCII. `@example.com` means `example.com`. */
export const domains = (from: Setting): Setting<readonly string[]> => several(from, domain)

/** Addresses of people, folded as `foldAddress` does it. */
export const emails = (from: Setting): Setting<readonly string[]> => several(from, email)

function email(text: string): Meaning {
  const [, host = ''] = /^[^\s@:,;<>()[\]\\"]+@([^@]+)$/.exec(text) ?? []
  if (domainIn(host) !== undefined) return foldAddress(text)
  return { problem: 'is no address', hint: 'Write whole addresses, like ada@example.com.' }
}

function domain(text: string): Meaning {
  const hint = 'Write domains, like example.com; each means itself, and none below it.'
  return domainIn(text.replace(/^@/, '')) ?? { problem: 'is no domain', hint }
}

function domainIn(text: string): string | undefined {
  // It would cut off what follows a slash.
  const ascii = /[/\\?#@:%]/.test(text) ? '' : domainToASCII(text.replace(/\.$/, ''))
  const labels = ascii.split('.')
  return labels.length > 1 && labels.every((label) => /^[\w-]+$/.test(label)) ? ascii : undefined
}

/** What is left of a value without the quotes and blanks that people put around it. */
const WITHIN = /[^\s"'`“”„‘’‚«»<>](?:.*[^\s"'`“”„‘’‚«»<>])?/su
/** What nobody sees. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u2060\uFEFF]/g

const bare = (text: string): string => WITHIN.exec(text.replaceAll(INVISIBLE, ''))?.[0] ?? ''

const parts = (text: string): string[] =>
  text
    .split(/[\s,;[\]]+/)
    .map(bare)
    .filter((part) => part !== '')

const GIVEN = shape({ from: settingSchema })

type FoundValue = { readonly part: string; readonly meant: Meaning }

/** What a setting says, looked at once for each text that it has. */
function reader(from: Setting, partsOf: (text: string) => string[], meaning: (part: string) => Meaning) {
  checkOptions('a typed setting', GIVEN, { from })
  let last: { readonly text: string; readonly found: readonly FoundValue[] } | undefined
  const found = (): readonly FoundValue[] | undefined => {
    const text = from.peek()?.trim() || undefined
    if (text === undefined) return undefined
    if (last?.text !== text) last = { text, found: partsOf(text).map((part) => ({ part, meant: meaning(part) })) }
    return last.found
  }
  const issues = (): Issue[] => issuesOf(from.name, found())
  const values = (): readonly string[] | undefined => {
    const [problem, ...more] = issues()
    if (problem !== undefined) throw unusable(from.name, problem, more)
    const meant = found()?.map((one) => one.meant as string) // all else is an issue
    return meant && [...new Set(meant)]
  }
  return { values, more: { ...(from.given && { given: from.given }), issues } }
}

/** A single value may be a password in the wrong place: only parts of a list are shown. */
function issuesOf(where: string, found: readonly FoundValue[] | undefined): Issue[] {
  const code = 'ENV_INVALID'
  if (found?.length === 0) return [{ code, where, message: 'is set and holds no value' }]
  return (found ?? []).flatMap(({ part, meant }, index, { length }) => {
    if (typeof meant === 'string') return []
    const place = length > 1 ? `part ${index + 1} of ${length}, ${JSON.stringify(part)}, ` : ''
    return [{ code, where, message: `${place}${meant.problem}`, hint: meant.hint }]
  })
}

function unusable(name: string, problem: Issue, more: readonly Issue[]): ZdsError {
  const message = more.length === 0 ? `${name} ${problem.message}` : `${name} cannot be used`
  return new ZdsError('ENV_INVALID', message, { hint: problem.hint, issues: [problem, ...more] })
}
