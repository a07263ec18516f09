import {
  checkOptions,
  isObject,
  notInstalled,
  settingSchema,
  shape,
  well,
  type Issue,
  type Json,
  type Run,
  type Setting,
  type Source,
} from 'zds'
import { identityOf, issuesOf, onceForSame, readFileText } from './files.ts'
import { FACTS, EXPIRED } from './rules.ts'
import { meantHint, problem, unusable, type Path, type YamlFile } from './file-problems.ts'
import { catalogueSchema } from './schemas.ts'

/** The validated plans file (PLAN-01): which charge names grant what, and what that is worth. */
export type Catalogue = {
  /** The file, as messages name it. */
  readonly where: string
  /** Charge names by subscription type. */
  readonly subscriptions: { readonly [type: string]: readonly string[] }
  /** A list, since the order is the rank and objects are written sorted. */
  readonly levels: readonly { readonly level: string; readonly types: readonly string[] }[]
  readonly us_government: { readonly standard: readonly string[]; readonly exception: readonly string[] }
  readonly base_tiers: readonly string[]
  readonly regions: { readonly [region: string]: string }
}

/** The plans file as a source of one row, which checks of other files may load too. */
export type CatalogueFile = Source<Catalogue> & { load(): Promise<Catalogue> }

const schema = shape({ path: settingSchema })

/** The plans file. A relative path is taken from the working directory. */
export function supportPlans(path: Setting): CatalogueFile {
  checkOptions('supportPlans', schema, { path })
  const parse = onceForSame(parseCatalogue)
  const load = async () => parse(path.read(), await readFileText(path.read(), path.name))
  return {
    name: 'plans',
    mayBeEmpty: false,
    load,
    identity: (directory) => identityOf(path, directory),
    check: () => issuesOf(path.name, load),
    async *inspect() {
      const { where, subscriptions, levels } = await load()
      yield well(where, `${Object.keys(subscriptions).length} subscription types, ${levels.length} levels`)
    },
    async *read(run: Run) {
      run.signal.throwIfAborted()
      yield await load()
    },
  }
}

/** Parses and validates the text of a plans file. Throws FILE_INVALID with all problems. */
export async function parseCatalogue(where: string, text: string): Promise<Catalogue> {
  const { misfits, parseYaml } = await import('./yaml-file.ts').catch(notInstalled)
  const file = parseYaml(where, text)
  const issues = [...file.repeated, ...misfits(file, catalogueSchema), ...contradictions(file)]
  if (issues.length > 0) throw unusable(where, issues)
  // The schema has just been checked.
  const value = file.value as Omit<Catalogue, 'where' | 'levels'> & { levels: { [level: string]: readonly string[] } }
  return { where, ...value, levels: Object.entries(value.levels).map(([level, types]) => ({ level, types })) }
}

type CatalogueEntry = { readonly path: Path; readonly text: string }

/**
 * What fits the schema and still cannot be meant. Skips whatever has the wrong shape, which is
 * reported already.
 */
function contradictions(file: YamlFile): Issue[] {
  const { value } = file
  if (!isObject(value)) return []
  const types = isObject(value['subscriptions']) ? Object.keys(value['subscriptions']) : []
  if (isObject(value['subscriptions']) && types.length === 0)
    return [problem(file.at(['subscriptions']), 'lists no subscription type')]
  const references = [
    ...entries(value['levels'], ['levels']),
    ...entries(value['us_government'], ['us_government']),
    ...entries(value['base_tiers'], ['base_tiers']),
  ]
  const unknown = references.filter(({ text }) => !types.includes(text))
  return [
    ...unknown.map(({ path, text }) =>
      problem(
        file.at(path),
        `${String(path[0])}: ${JSON.stringify(text)} is no subscription type`,
        meantHint(text, types),
      ),
    ),
    ...types
      .filter((type) => FACTS.some((fact) => fact === type))
      .map((type) => problem(file.at(['subscriptions', type]), `a subscription type cannot be called ${type}`)),
    ...twice(
      file,
      entries(value['subscriptions'], ['subscriptions']),
      'A charge name grants exactly one subscription type.',
    ),
    ...ranks(file, value['levels'], types),
  ]
}

function ranks(file: YamlFile, levels: Json | undefined, types: readonly string[]): Issue[] {
  if (!isObject(levels)) return []
  const ranked = entries(levels, ['levels'])
  const without = types.filter((type) => !ranked.some(({ text }) => text === type))
  return [
    ...(EXPIRED in levels
      ? [
          problem(
            file.at(['levels', EXPIRED]),
            `${EXPIRED} is the level of accounts without any of these types, it cannot be given`,
          ),
        ]
      : []),
    ...twice(file, ranked, 'A subscription type gives exactly one level.'),
    ...without.map((type) =>
      problem(
        file.at(['subscriptions', type]),
        `${type} is in no level, so it would leave an account expired`,
        'List it under a level.',
      ),
    ),
  ]
}

function twice(file: YamlFile, all: readonly CatalogueEntry[], hint: string): Issue[] {
  const first = new Map<string, Path>()
  return all.flatMap(({ path, text }) => {
    const before = first.get(text)
    if (before === undefined) first.set(text, path)
    if (before === undefined) return []
    return [
      problem(
        file.at(path),
        `${JSON.stringify(text)} is already listed under ${String(before[1])} (${file.at(before)})`,
        hint,
      ),
    ]
  })
}

/** Every text in lists below `value`, with its path. */
function entries(value: Json | undefined, path: Path): CatalogueEntry[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (isObject(value)) return Object.entries(value).flatMap(([key, part]) => entries(part, [...path, key]))
  if (Array.isArray(value)) return value.flatMap((part: Json, index) => entries(part, [...path, index]))
  return []
}
