import { clockSight, well, type Run, type Sight } from 'zds'
import { check } from './check.ts'
import type { Query } from './compose.ts'
import type { Connection } from './connection.ts'

/**
 * A look at the org: its address, who we are there, the columns of a query, the requests that are
 * left, and its clock. Nothing is asked where something for that is not set.
 */
export async function* diagnose(
  connection: Connection,
  { name, query, isSet }: { readonly name: string; readonly query: Query; readonly isSet: boolean },
  run: Run,
): AsyncIterable<Sight> {
  if (!isSet) return
  const issues = await check((object) => connection.describe(object, run), query)
  const { instanceUrl, user, scope, headers } = await connection.seen(run)
  yield well('salesforce: address', `${instanceUrl} answers`)
  if (user !== undefined && URL.canParse(user))
    yield well('salesforce: user', `zds acts as ${new URL(user).pathname.split('/').at(-1)}`)
  yield* scopeSights(scope)
  yield* clockSight('salesforce', headers, run.clock.now())
  yield* requestSights(headers)
  if (issues.length > 0) return
  const children = query.children ?? []
  const lists = children.length === 0 ? '' : ` and ${children.map(({ relationship }) => relationship).join(', ')}`
  yield well(
    `salesforce: columns of ${query.object} (${name})`,
    `all ${query.columns.length}${lists} are there to be read`,
  )
}

function* scopeSights(scope: string | undefined): Generator<Sight, void, void> {
  if (scope === undefined) return
  const where = 'salesforce: scopes'
  if (/\b(api|full)\b/.test(scope)) return yield well(where, scope)
  const message = `the app may ${scope}, and not use the API`
  yield { level: 'error', code: 'AUTH_FAILED', where, message, hint: 'Give the app the scope api.' }
}

/** With less than this left, a run of this org may end in the middle. */
const LEAST = 0.05

/** `Sforce-Limit-Info: api-usage=891/15000`: requests of the last 24 hours. */
function* requestSights(headers: Headers): Generator<Sight, void, void> {
  const [, used, all] = /\bapi-usage=(\d+)\/(\d+)/.exec(headers.get('sforce-limit-info') ?? '') ?? []
  if (used === undefined || all === undefined) return
  const where = 'salesforce: requests'
  const left = Number(all) - Number(used)
  const message = `${left} of ${all} are left in these 24 hours`
  if (left >= Number(all) * LEAST) return yield well(where, message)
  const hint = 'Wait until older requests fall out of the window, or raise the limit of the org.'
  yield { level: 'warning', code: 'REQUESTS_LOW', where, message, hint }
}
