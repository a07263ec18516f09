import type { Declared } from '../../core/known.ts'

/** Every name with its type as TypeScript writes it, by its path: module, interface, and what is in it. */
export type KnownNames = ReadonlyMap<string, string>

/** No name of a service has one. */
const STEP = '\t'
export const pathOf = (key: string): string[] => key.split(STEP)
export const keyOf = (path: readonly string[]): string => path.join(STEP)

/** All that is declared, in the order of names: the same services give the same file. */
export function namesOf(declared: readonly Declared[]): KnownNames {
  const all = new Map<string, string>()
  for (const { module, within, members } of declared) {
    for (const [name, type] of Object.entries(members)) {
      const key = keyOf([module, ...within, name])
      all.set(key, either(all.get(key), type))
    }
  }
  return new Map([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** What two sources say of one name: both may be right. */
const either = (one: string | undefined, other: string): string =>
  one === undefined ? other : [...new Set([one, other].flatMap((type) => type.split(' | ')))].toSorted().join(' | ')

/**
 * Names that services have and a file has not, those that only the file has, and those that are
 * something else now.
 */
export type NamesDifference = { readonly added: string[]; readonly gone: string[]; readonly changed: string[] }

export function differenceOf(file: KnownNames, now: KnownNames): NamesDifference {
  const common = [...now.keys()].filter((key) => file.has(key))
  return {
    added: [...now.keys()].filter((key) => !file.has(key)).map(shown),
    gone: [...file.keys()].filter((key) => !now.has(key)).map(shown),
    changed: common.filter((key) => file.get(key) !== now.get(key)).map(shown),
  }
}

/** As the file has it: `Instances.global.organizations.aar`. */
const shown = (key: string): string => pathOf(key).slice(1).join('.')

const MOST = 5

/** For a person; nothing where there is no difference. */
export function differenceText({ added, gone, changed }: NamesDifference): string {
  const parts = Object.entries({ new: added, gone, changed }).filter(([, names]) => names.length > 0)
  return parts.map(([how, names]) => `${how}: ${someOf(names)}`).join('; ')
}

const someOf = (names: readonly string[]): string =>
  `${names.slice(0, MOST).join(', ')}${names.length > MOST ? `, and ${names.length - MOST} more` : ''}`
