import { isObject, type Change, type Json, type Plan, type SyncPlan } from 'zds'
import type { Counted } from './services.ts'

/** Zendesk takes so many rows in a job, and tells of so many jobs or records in one answer. */
const TOGETHER = 100
/** So many addresses go into one search for users. */
const SEARCHED = 20

/** What the reference way asks for once, and needs: signing in, queries, the list of users. */
const ONCE = /^(?:\w+ POST .*tokens?|salesforce GET .*|\w+ GET .*\/users)$/
/** What it asks for twice: before it writes, and once more for what comes after. */
const TWICE = /^\w+ GET \/api\/v2\/organizations$/

/**
 * The fewest calls, by endpoint, that come to the same: each page of each list once, a job for a
 * hundred rows of a kind, one look at all jobs, a request for each new user, since Zendesk takes users
 * in jobs only where its support has allowed it. What a promise alone asks for is not in it: no check
 * before the run, no second look at a record, no proof that everything was read.
 */
export function fewestOf(plan: Plan, reference: Counted): Counted {
  const read = Object.entries(reference).flatMap(([call, times]): [string, number][] => {
    if (ONCE.test(call)) return [[call, times]]
    // What was created meanwhile may have filled another page.
    return TWICE.test(call) ? [[call, Math.floor(times / 2)]] : []
  })
  const written = [...Map.groupBy(plan.syncs, ({ instance }) => instance)].flatMap(([instance, syncs]) =>
    Object.entries(writtenTo(syncs)).map(([call, times]): [string, number] => [
      `${instance.replaceAll('-', '_')} ${call}`,
      times,
    ]),
  )
  return Object.fromEntries([...read, ...written, ['slack POST /api/chat.postMessage', 1]])
}

/** What is written to one instance, and looked up for it. */
function writtenTo(syncs: readonly SyncPlan[]): Counted {
  const of = (resource: string, op: Change['op']): Change[] =>
    syncs
      .filter((sync) => sync.resource === resource)
      .flatMap(({ changes }) => [...changes].filter((one) => one.op === op))
  const jobs = (rows: readonly Change[]): number => Math.ceil(rows.length / TOGETHER)
  const changed = (resource: string): number => jobs(of(resource, 'update')) + jobs(of(resource, 'retire'))
  const created = jobs(of('organizations', 'create'))
  const all = created + changed('organizations') + changed('users')
  const people = of('organizations', 'create').flatMap(peopleOf)
  const users = of('users', 'create').length
  const fate = (action: string): number => people.filter((one) => one['action'] === action).length
  return {
    'POST /api/v2/organizations/create_many': created,
    // The results of a job name no record.
    'GET /api/v2/organizations/show_many': created,
    'PUT /api/v2/organizations/update_many': changed('organizations'),
    'PUT /api/v2/users/update_many': changed('users'),
    'GET /api/v2/job_statuses/show_many': Math.ceil(all / TOGETHER),
    'GET /api/v2/users/search': Math.ceil((people.length + users) / SEARCHED),
    'POST /api/v2/users': fate('create') + users,
    'PUT /api/v2/users/#': fate('associate'),
  }
}

function peopleOf({ along = null }: Change): readonly { readonly [name: string]: Json }[] {
  const people = isObject(along) ? along['people'] : undefined
  return Array.isArray(people) ? people.filter(isObject) : []
}

/** What was asked beside the fewest, by endpoint and in all. */
export function callLines(calls: Counted, fewest: Counted): string[] {
  const all = (counted: Counted): number => Object.values(counted).reduce((total, count) => total + count, 0)
  const endpoints = [...new Set([...Object.keys(calls), ...Object.keys(fewest)])]
    .map((call) => [call, calls[call] ?? 0, fewest[call] ?? 0] as const)
    .filter(([, is, least]) => is + least > 0)
    .toSorted(([, a], [, b]) => b - a)
  const lines = [...endpoints, ['all', all(calls), all(fewest)] as const].map(([call, is, least]) => [
    String(is),
    String(least),
    least === 0 ? '' : (is / least).toFixed(2),
    call,
  ])
  return [['zds', 'fewest', 'ratio', 'endpoint'], ...lines].map(
    ([is = '', least = '', ratio = '', call = '']) =>
      `${is.padStart(8)}${least.padStart(8)}${ratio.padStart(8)}  ${call}`,
  )
}
