import {
  checkOptions,
  settingSchema,
  shape,
  ZdsError,
  type HttpPolicy,
  type Issue,
  type Run,
  type Setting,
  type Source,
} from 'zds'
import { fetchText, shownAddress } from './fetch-text.ts'
import { identityOf, isAddress, issuesOf, onceForSame, readFileText } from '../files.ts'
import type { CatalogueFile } from '../catalogue.ts'
import { entriesOf, type Override } from './entries.ts'
import { overrideSights } from './inspect.ts'
import type { Tables } from './problems.ts'

/** The entries of an overrides file, and the field tables of the instances that they may name. */
export type OverridesSource = Source<Override> & {
  readonly tables?: Tables
  load?(run: Run): Promise<readonly Override[]>
}

export type OverridesOptions = {
  /** A path, taken from the working directory, or an https address. */
  readonly from: Setting
  /** The field table of each instance, by the name that entries give the instance. */
  readonly fields: Tables
  /** What the values of dropdowns that are computed from it are checked by. */
  readonly catalogue?: CatalogueFile
  /** Sent as a bearer token to an address. */
  readonly token?: Setting
  readonly http?: HttpPolicy
}

const schema = shape<OverridesOptions>({
  from: settingSchema,
  fields: {},
  'catalogue?': {},
  'token?': settingSchema,
  'http?': {},
})

/**
 * The entries of the overrides file (OVR-01), validated against the field tables. The file must be
 * there and hold a list, if an empty one.
 */
export function overrides(options: OverridesOptions): OverridesSource {
  checkOptions('overrides', schema, options)
  const parse = onceForSame(entriesOf)
  const load = async (run: Run) => {
    const place = options.from.read()
    const text = isAddress(place)
      ? await fetchText(options.from, options, run)
      : await readFileText(place, options.from.name)
    const catalogue = await options.catalogue?.load().catch(toldElsewhere)
    return parse(shownAddress(place), text, options.fields, run.clock.today, catalogue)
  }
  return {
    name: 'overrides',
    tables: options.fields,
    mayBeEmpty: true,
    load,
    async *inspect(run) {
      const place = options.from.read()
      if (!isAddress(place)) yield* overrideSights(place, await load(run), options.fields, run.clock.today)
    },
    identity: (directory) => identityOf(options.from, directory),
    check: async (run) => [...lostAddress(options), ...(await issuesOf(options.from.name, () => load(run)))],
    async *read(run) {
      run.signal.throwIfAborted()
      yield* await load(run)
    },
  }
}

/**
 * Whose token is set keeps overrides at an address: without that, the file of the default would take
 * their place, and all of them be dropped.
 */
function lostAddress({ from, token }: OverridesOptions): Issue[] {
  if (from.given?.() !== false || token?.given?.() !== true) return []
  const message = `is not set, and ${token.name} is, which is for an address`
  return [{ code: 'ENV_MISSING', where: from.name, message, hint: `Set ${from.name}, or take ${token.name} out.` }]
}

/** What is wrong with the plans file is told by its own check. */
export function toldElsewhere(error: unknown): undefined {
  if (!(error instanceof ZdsError)) throw error
}
