import { typesOf, type FieldTable, type Target, type TypesOf } from 'zds'
import type { TargetOptions, TargetWork } from './work.ts'
import { describe } from './newcomers.ts'

/**
 * Records of one kind of an instance as a target: listed by cursor, created one by one or in jobs,
 * updated and retired in jobs (SYN-01 to SYN-08).
 */
export function target<Table extends FieldTable>(options: TargetOptions<Table>): Target<TypesOf<Table>> {
  const { name, client, kind, fields, confined, mayBeEmpty } = options
  const types = typesOf(fields)
  /** What it does, loaded when it is first asked to: a configuration that is looked at needs none of it. */
  let loaded: Promise<TargetWork> | undefined
  const work = () => (loaded ??= import('./work.ts').then(({ workOf }) => workOf(options)))
  return {
    name,
    instance: client.instance,
    resource: kind.resource,
    types,
    words: kind.words,
    ops: ['create', 'update', 'retire'],
    // Jobs know no condition, and a hundred records are read with one request.
    staleness: 'batch',
    address: client.address,
    confined,
    ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
    asks: () => Object.keys(types),
    ...(kind.resource === 'organizations' && { describe }),
    misfit: ({ id = '1' }) =>
      /^[1-9]\d*$/.test(id) && Number.isSafeInteger(Number(id)) ? undefined : 'id: is none that Zendesk gives',
    together: true,
    check: async (run) => (await work()).check(run),
    declares: async (run) => (await work()).declares(run),
    missing: async (run, values) => (await work()).missing(run, values),
    prepare: async (changes, run) => (await work()).prepare(changes, run),
    async *diagnose(run, values) {
      yield* (await work()).diagnose(run, values)
    },
    async *read(run) {
      yield* (await work()).read(run)
    },
    async *refetch(ids, run) {
      yield* (await work()).refetch(ids, run)
    },
    async *settle(sent, run) {
      yield* (await work()).settle(sent, run)
    },
    async *apply(changes, run) {
      yield* (await work()).apply(changes, run)
    },
  }
}
