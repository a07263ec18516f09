import {
  filtered,
  merge,
  typesOf,
  type Change,
  type FieldTable,
  type Many,
  type Preparation,
  type Run,
  type Target,
} from 'zds'
import type { Client } from './client.ts'
import { jobSize, OPEN_JOBS } from './write/batches.ts'
import { createTasks } from './write/create-many.ts'
import { declares } from './declares.ts'
import { diagnose } from './diagnose.ts'
import { gate } from './write/gate.ts'
import { checkDropdowns } from './dropdowns.ts'
import { checkFields } from './fields-check.ts'
import { withoutTakenIds } from './external-ids.ts'
import { finding } from './find.ts'
import type { Kind } from './kinds.ts'
import { list, refetching } from './listing.ts'
import { missing } from './missing.ts'
import { planPeople } from './people.ts'
import { withoutSeconds } from './second-addresses.ts'
import { bodyOf } from './records.ts'
import { lanes } from './write/lanes.ts'
import { predecessors, rounds } from './write/rounds.ts'
import { settle } from './write/settle.ts'
import type { Jobs } from './write/jobs.ts'
import type { Slots } from './write/slots.ts'
import { update, type Updatable } from './write/updates.ts'

export type TargetOptions<Table extends FieldTable> = {
  readonly name: string
  readonly client: Client
  readonly kind: Kind
  readonly fields: Table
  readonly slots: Slots
  readonly jobs: Jobs
  readonly createConcurrency: number
  readonly confined: boolean
  readonly createsInJobs: number
  readonly smallestJob: number
  readonly mayBeEmpty: boolean | undefined
}

type Members = 'check' | 'diagnose' | 'declares' | 'missing' | 'read' | 'refetch' | 'settle' | 'prepare' | 'apply'

export type TargetWork = Required<Pick<Extract<Target, { readonly apply: unknown }>, Members>>

/**
 * What a target does, where targets.ts says what it is. The jobs begin when every create has been
 * answered, or taken over by a job, and go on beside the people who come with the new ones.
 */
export function workOf(options: TargetOptions<FieldTable>): TargetWork {
  const { client, kind, fields, slots, jobs, createConcurrency, createsInJobs, smallestJob } = options
  const types = typesOf(fields)
  const refetch = refetching(client, kind, types)
  const collection = { client, kind, types, find: finding(client, kind) }
  const completed = async (planned: Many<Change>, run: Run): Promise<Preparation> => {
    const { changes, ...told } = await withoutTakenIds(planned, collection.find, run)
    return { ...told, changes: await planPeople(changes, client, run) }
  }
  const updatable: Updatable = {
    client,
    slots,
    jobs,
    resource: kind.resource,
    unique: kind.unique,
    payload: (change) => bodyOf(change, kind),
    refetch,
    types,
  }
  return {
    check: (run) => checkFields(client, kind, types, run),
    diagnose: (run, values) => diagnose(client, kind, types, values, run),
    declares: (run) => declares(client, kind, run),
    missing: (run, values) => missing(client, kind, types, values, run),
    read: (run) => list(client, kind, types, run),
    refetch,
    settle: (sent, run) => settle(sent, collection, updatable, run),
    prepare: async (changes, run) => {
      const asked = kind.resource === 'users' ? withoutSeconds(changes, client, run) : completed(changes, run)
      const [said] = await Promise.all([asked, checkDropdowns(changes, client, kind, types, run)])
      return said
    },
    async *apply(changes, run) {
      const since = run.clock.now()
      for (const [place, round] of rounds(changes, kind.unique).entries()) {
        if (place > 0) await run.waited(predecessors(round, changes, kind.unique), since)
        const [creates, others] = [filtered(round, isCreate), filtered(round, (change) => !isCreate(change))]
        const answered = gate(creates.length)
        const inJobs = creates.length >= createsInJobs
        const rows = jobSize(others.length + (inJobs ? creates.length : 0), smallestJob)
        const creating = { ...collection, slots, jobs, rows, inJobs, answered: () => answered.pass() }
        const updating = { ...updatable, rows, begin: (over: AbortSignal) => answered.wait(over) }
        yield* merge(
          (over) =>
            [
              ...lanes(createTasks(creates, creating, over, run), createConcurrency, over),
              ...lanes(update(others, updating, over, run), OPEN_JOBS, over),
            ].values(),
          createConcurrency + OPEN_JOBS,
          run.signal,
        )
      }
    },
  }
}

const isCreate = ({ op }: Change): boolean => op === 'create'
