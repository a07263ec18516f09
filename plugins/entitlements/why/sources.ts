import { canonical } from 'zds'
import type { Charge } from '../account.ts'
import { ACCOUNT, CHARGE } from '../columns.ts'
import type { Context, Draft } from '../rule.ts'
import { counts, EXPIRED, FEDRAMP, typeOf } from '../rules.ts'

/** What is known where it is asked what a fact came from. */
export type Scene = {
  readonly draft: Draft
  readonly context: Context
  /** What a fact is called, and what it came from itself. */
  readonly called: (fact: string) => string
  readonly from: (fact: string) => string
}

type SourceWords = (fact: string, scene: Scene) => string

const quoted = (name: string | null): string => `charge ${JSON.stringify(name)}`
const fact =
  (name: string): SourceWords =>
  (_, { called, from }) =>
    `${called(name)}: ${from(name)}`

/** What the facts that a rule sets come from, by the id of the rule. */
export const SOURCES: { readonly [rule: string]: SourceWords } = {
  'PROC-16': (type, { draft, context }) => {
    const granting = draft.charges.filter((charge) => typeOf(charge, context) === type && counts(charge, context))
    return granting.length === 0 ? 'no charge that counts' : granting.map(({ name }) => quoted(name)).join(', ')
  },
  'PROC-18': (_, scene) => columnOf(CHARGE.end, scene, ({ end }) => end === scene.draft.facts['expiry']),
  'PROC-19': (_, scene) => {
    const { draft, context } = scene
    const most = draft.facts['seats'] ?? null
    const fits = (charge: Charge): boolean =>
      context.baseTiers.has(typeOf(charge, context) ?? '') && counts(charge, context) && charge.quantity === most
    return most === 0 ? 'no charge of a base tier that counts' : columnOf(CHARGE.quantity, scene, fits)
  },
  'SFA-15': (_, { draft: { account }, context: { regions } }) =>
    regions.has(account.geo ?? '')
      ? ACCOUNT.geo
      : regions.has(account.region ?? '')
        ? ACCOUNT.region
        : `${ACCOUNT.geo}, ${ACCOUNT.region}`,
  'PROC-44': fact(FEDRAMP),
  'PROC-30': (_, { draft, context, called, from }) => {
    const level = draft.facts['level'] ?? null
    const types = context.levels.find((one) => one.level === level)?.types ?? []
    const giving = types.filter((type) => draft.facts[type] === true)
    return giving.length === 0
      ? `no subscription type is set, so it is ${EXPIRED}`
      : giving.map((type) => `${called(type)}: ${from(type)}`).join(', ')
  },
  'PROC-32': (_, scene) => levelOf(scene),
  'PROC-41': (_, scene) =>
    scene.draft.facts['level'] === EXPIRED ? `${ACCOUNT.arr}, 0 at ${levelOf(scene)}` : ACCOUNT.arr,
  'PROC-42': fact('sub_ss_enterprise'),
  'PROC-45': fact('sub_usgov_24x7'),
}

const levelOf = ({ draft, called }: Scene): string =>
  `${called('level')} ${canonical(draft.facts['level'] ?? null).replaceAll('"', '')}`

/** A column, and the first charge with a known name that it is of. */
function columnOf(column: string, { draft, context }: Scene, fits: (charge: Charge) => boolean): string {
  const found = draft.charges.find((charge) => typeOf(charge, context) !== undefined && fits(charge))
  return found === undefined ? column : `${column} of ${quoted(found.name)}`
}
