import {
  columnsOf,
  invalid,
  originUrl,
  refuse,
  unset,
  type FieldTable,
  type HttpPolicy,
  type Issue,
  type JsonObject,
  type Keys,
  type Run,
  type Setting,
  type Sight,
  type Source,
} from 'zds'
import { composeSoql, type Child, type Query } from './compose.ts'
import { connect } from './connection.ts'
import type { Login } from './login.ts'
import type { ColumnName } from './known.ts'
import { checkLogin, checkLookup, checkRows } from './options.ts'
import type { Gather } from './read/rows.ts'
import { refusedOf } from './trouble.ts'

export { salesforceId, salesforceIds } from './ids.ts'
export { composeSoql, type Child, type Query } from './compose.ts'
/** The 18-character form of a Salesforce id, of whatever spelling: the fold of keys that are such ids. */
export { caseSafeId as salesforceIdOf } from 'zds'
// A file of declarations adds to its interface: it can do so where nothing renames it.
export * from './known.ts'
export { soql, soqlDate, type SoqlDate, type SoqlValue } from './soql.ts'

export type SalesforceOptions = Login & {
  /** Default: the policy of the environment. */
  readonly http?: HttpPolicy
  /** The version of the REST API, 58.0 or later. Default 60.0. */
  readonly version?: string
}

type RowsAsked<Name extends string> = {
  /** The name of the source. */
  readonly name: string
  /** The API name of the object: `Account`. */
  readonly object: Name
  /** Field tables whose columns are asked for. */
  readonly columnsOf?: readonly FieldTable[]
  /** Default false for `rows` (SAFE-02), true for `lookup`. */
  readonly mayBeEmpty?: boolean
}

export type RowsQuery<Name extends string = string> = RowsAsked<Name> & {
  /** Further columns; `Owner.Name` is a column of a parent. */
  readonly columns?: readonly ColumnName<Name>[]
  /** Child lists below each row, for the date of the run. */
  readonly children?: (today: string) => readonly Child[]
  /** SOQL; compose its values with `soql`. */
  readonly where?: string | ((today: string) => string)
  /** A column that no two rows may share. */
  readonly key?: ColumnName<Name>
  /** How they are read. Default `auto`: by their number. */
  readonly gather?: Gather
  /** Read once this has been: what goes from those rows to these meanwhile is in both, and not in neither. */
  readonly after?: Source
}

export type LookupQuery<Name extends string = string> = RowsAsked<Name> & {
  readonly columns: readonly ColumnName<Name>[]
  readonly where?: string
  /** The column whose value must be one of the keys. */
  readonly in: ColumnName<Name>
  readonly keys: Keys
  /** Keys in one query at most. Default 500; fewer where the address would be too long (CTC-02). */
  readonly chunk?: number
}

/**
 * Rows are flat JSON: each column asked for under its name, `Owner.Name` under `Owner.Name` and
 * null without an owner, each child list as an array under the name of its relationship.
 */
export type Salesforce = {
  /** The rows of an object. */
  rows<const Name extends string>(query: RowsQuery<Name>): Source<JsonObject>
  /** The rows that belong to keys which other sources yield. */
  lookup<const Name extends string>(query: LookupQuery<Name>): Source<JsonObject>
}

/**
 * Reads from one Salesforce org. Nothing is ever written (GEN-01). Throws CONFIG_INVALID for
 * options it cannot use.
 */
export function salesforce(options: SalesforceOptions): Salesforce {
  checkLogin(options)
  const connection = connect({ version: '60.0', ...options })
  const unusable = (): readonly Issue[] => [...unset(...settingsOf(options)), ...invalid(originUrl(options.loginUrl))]
  const checked = async (query: Query, run: Run): Promise<readonly Issue[]> => {
    const issues = unusable()
    if (issues.length > 0) return issues
    return (await import('./check.ts')).check((object) => connection.describe(object, run), query)
  }
  const declared = async ({ object, columnsOf = [] }: RowsAsked<string>, columns: readonly string[], run: Run) => {
    refuse('ENV_MISSING', 'salesforce cannot be asked for its columns', unusable())
    const { declares } = await import('./declares.ts')
    return declares((one) => connection.describe(one, run), { object, columns, byTables: columnsOf.length > 0 })
  }
  const diagnosed = async function* (name: string, query: Query, run: Run): AsyncIterable<Sight> {
    const { diagnose } = await import('./diagnose.ts')
    yield* diagnose(connection, { name, query, isSet: unusable().length === 0 }, run)
  }

  return {
    rows: (asked: RowsQuery) => {
      checkRows(asked)
      const { name, object, key, children, where, gather = 'auto', after } = asked
      const columns = columnsAsked(asked, key)
      composeSoql({ object, columns })
      const query = (today: string): Query => ({
        object,
        columns,
        children: children?.(today) ?? [],
        where: typeof where === 'function' ? where(today) : where,
      })
      return {
        name,
        ...(after && { needs: [after] }),
        mayBeEmpty: asked.mayBeEmpty ?? false,
        asks: (today) => partsOf(query(today)),
        check: (run) => checked(query(run.clock.today), run),
        declares: (run) => declared(asked, columns, run),
        diagnose: (run) => diagnosed(name, query(run.clock.today), run),
        read: async function* (run) {
          const { rowsOf } = await import('./read/rows.ts')
          const asks = query(run.clock.today)
          yield* namingQuery(rowsOf({ connection, name, query: asks, key }, gather, run), name, asks)
        },
      }
    },
    lookup: (asked: LookupQuery) => {
      checkLookup(asked)
      const { name, object, where, keys, in: column, chunk = 500 } = asked
      const query: Query = { object, columns: columnsAsked(asked), where }
      composeSoql({ object, columns: [...query.columns, column] })
      return {
        name,
        needs: keys.needs,
        mayBeEmpty: asked.mayBeEmpty ?? true,
        asks: () => partsOf(query),
        check: (run) => checked({ object, columns: [...query.columns, column] }, run),
        declares: (run) => declared(asked, [...query.columns, column], run),
        diagnose: (run) => diagnosed(name, { object, columns: [...query.columns, column] }, run),
        read: async function* (run) {
          const { lookUp } = await import('./read/lookup.ts')
          yield* namingQuery(lookUp(connection, { name, query, column, keys, chunk }, run), name, query)
        },
      }
    },
  }
}

/** The rows; where the query is refused, its error names the source. */
async function* namingQuery(
  rows: AsyncIterable<JsonObject>,
  name: string,
  { where }: Query,
): AsyncGenerator<JsonObject> {
  try {
    yield* rows
  } catch (error) {
    throw refusedOf(name, where, error)
  }
}

/** Every column once: those of the tables, the further ones, and the key. */
function columnsAsked(asked: RowsAsked<string> & { readonly columns?: readonly string[] }, key?: string): string[] {
  return [
    ...new Set([...columnsOf(asked.columnsOf ?? []), ...(asked.columns ?? []), ...(key === undefined ? [] : [key])]),
  ]
}

/** What a query asks for, part by part: fewer columns are answered by rows that have more. */
const partsOf = ({ object, columns, children = [], where = 'all' }: Query): string[] => [
  object,
  ...columns,
  ...children.flatMap((child) => [child.relationship, JSON.stringify(child)]),
  where,
]

/** What has to be set to log in. */
function settingsOf({ loginUrl, clientId, clientSecret, jwt }: SalesforceOptions): Setting[] {
  return [loginUrl, clientId, ...(clientSecret ? [clientSecret] : []), ...(jwt ? [jwt.privateKey, jwt.username] : [])]
}
