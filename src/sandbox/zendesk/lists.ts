import type { Context } from 'hono'
import type { Env } from '../server/exchange.ts'

type Listed = { readonly id: number }

/**
 * Answers a list: by cursor where `page[size]` or a cursor is asked for, else by page number in the
 * order given.
 */
export function list<T extends Listed>(
  c: Context<Env>,
  key: string,
  byId: readonly T[],
  base: string,
  order?: (a: T, b: T) => number,
): Response {
  const { query } = c.env.exchange
  const cursor = query.has('page[size]') || query.has('page[after]') || query.has('page[before]')
  return cursor
    ? cursorPage(c, key, byId, base)
    : offsetPage(c, key, order === undefined ? byId : [...byId].sort(order), base)
}

/**
 * A page by cursor, ids ascending; the last page still has cursors and links, only the empty one
 * after it has none.
 */
function cursorPage(c: Context<Env>, key: string, byId: readonly Listed[], base: string): Response {
  const { query } = c.env.exchange
  const size = Number(query.get('page[size]') ?? 100)
  if (!Number.isInteger(size) || size < 1 || size > 100)
    return invalidPagination(c, 'page[size] must be an integer between 1 and 100')
  const after = readCursor(query.get('page[after]'))
  const before = readCursor(query.get('page[before]'))
  if (Number.isNaN(after) || Number.isNaN(before)) return invalidPagination(c, 'The cursor is not valid')

  let from = after === undefined ? 0 : position(byId, after + 1)
  let to = Math.min(from + size, byId.length)
  if (before !== undefined) {
    to = position(byId, before)
    from = Math.max(0, to - size)
  }
  const page = byId.slice(from, to)
  const first = page[0]
  const last = page.at(-1)
  if (first === undefined || last === undefined) {
    return c.json({
      [key]: [],
      meta: { has_more: false, after_cursor: null, before_cursor: null },
      links: { prev: null, next: null },
    })
  }
  const link = (direction: 'after' | 'before', cursor: string): string => {
    const parameters = new URLSearchParams(query)
    parameters.delete('page[after]')
    parameters.delete('page[before]')
    parameters.set('page[size]', String(size))
    return `${base}${c.env.exchange.log.path}.json?page%5B${direction}%5D=${encodeURIComponent(cursor)}&${parameters.toString()}`
  }
  const [afterCursor, beforeCursor] = [makeCursor(last.id), makeCursor(first.id)]
  return c.json({
    [key]: short(c, page),
    meta: {
      has_more: before === undefined ? to < byId.length : from > 0,
      after_cursor: afterCursor,
      before_cursor: beforeCursor,
    },
    links: { prev: link('before', beforeCursor), next: link('after', afterCursor) },
  })
}

/** A page by number; nothing beyond page 100 or record 10,000. */
export function offsetPage(c: Context<Env>, key: string, rows: readonly object[], base: string): Response {
  const { query, log } = c.env.exchange
  const size = Math.min(100, Math.max(1, Math.trunc(Number(query.get('per_page') ?? 100)) || 100))
  const page = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1)
  if (page > 100 || page * size > 10_000) {
    return invalidPagination(
      c,
      'Number of pages exceeded. There are limits to the page depth in Offset Pagination. Please use Cursor Pagination.',
    )
  }
  const link = (n: number): string => {
    const parameters = new URLSearchParams(query)
    parameters.set('page', String(n))
    return `${base}${log.path}.json?${parameters.toString()}`
  }
  return c.json({
    [key]: short(c, rows.slice((page - 1) * size, page * size)),
    next_page: page * size < rows.length ? link(page + 1) : null,
    previous_page: page > 1 ? link(page - 1) : null,
    count: rows.length,
  })
}

/** The page, less one row where a fault says so. */
function short<T>(c: Context<Env>, page: readonly T[]): readonly T[] {
  const [fault] = page.length === 0 ? [] : c.env.exchange.take(['short'])
  return fault === undefined ? page : page.toSpliced(fault.row ?? page.length - 1, 1)
}

/** A list that was asked for in a way it cannot be given. */
export function invalidPagination(c: Context<Env>, detail: string): Response {
  return c.json(
    { errors: [{ code: 'InvalidPaginationParameter', title: 'Invalid pagination parameter', detail }] },
    400,
  )
}

/** Opaque to clients: the column and the packed id, in base64. */
function makeCursor(id: number): string {
  const packed = Buffer.alloc(9)
  packed.write('i')
  packed.writeBigUInt64BE(BigInt(id), 1)
  return Buffer.from(JSON.stringify({ o: 'id', v: packed.toString('base64') })).toString('base64')
}

/** The id in a cursor; NaN when it is none of ours. */
function readCursor(text: string | null): number | undefined {
  if (text === null) return undefined
  const packed = /^\{"o":"id","v":"([^"]+)"\}$/.exec(Buffer.from(text, 'base64').toString())?.[1]
  const bytes = Buffer.from(packed ?? '', 'base64')
  return bytes.length === 9 ? Number(bytes.readBigUInt64BE(1)) : Number.NaN
}

/** The index of the first row whose id is at least this one. */
function position(byId: readonly Listed[], id: number): number {
  let low = 0
  let high = byId.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((byId[middle]?.id ?? 0) < id) low = middle + 1
    else high = middle
  }
  return low
}
