import type { Joined } from '../streams.ts'

/** Rows of one key. */
type Group<Row> = { readonly key: string; readonly rows: readonly Row[] }

/** What two ordered streams hold for each key, in the order of the keys. */
export async function* joinByKey<Left, Right>(
  left: AsyncIterable<Left>,
  leftKey: (row: Left) => string,
  right: AsyncIterable<Right>,
  rightKey: (row: Right) => string,
): AsyncIterable<Joined<Left, Right>> {
  const lefts = groups(left, leftKey)
  const rights = groups(right, rightKey)
  try {
    let { value: one } = await lefts.next()
    let { value: other } = await rights.next()
    while (one !== undefined || other !== undefined) {
      const key = least(one?.key, other?.key)
      yield { key, left: one?.key === key ? one.rows : [], right: other?.key === key ? other.rows : [] }
      if (one?.key === key) one = (await lefts.next()).value
      if (other?.key === key) other = (await rights.next()).value
    }
  } finally {
    // Whoever stops early lets both sides clean up: they hold files.
    await lefts.return(undefined)
    await rights.return(undefined)
  }
}

function least(a: string | undefined, b: string | undefined): string {
  if (a === undefined) return b ?? ''
  return b === undefined || a <= b ? a : b
}

/** Consecutive rows of equal keys. */
export async function* groups<Row>(
  rows: AsyncIterable<Row>,
  keyOf: (row: Row) => string,
): AsyncGenerator<Group<Row>, undefined> {
  let open: { key: string; rows: Row[] } | undefined
  for await (const row of rows) {
    const key = keyOf(row)
    if (open?.key === key) open.rows.push(row)
    else {
      if (open !== undefined) yield open
      open = { key, rows: [row] }
    }
  }
  if (open !== undefined) yield open
}
