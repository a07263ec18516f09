import type { JsonObject, Outcome, Step } from 'zds'
import type { JobRow } from './rows.ts'

type Refused = Exclude<Outcome, { readonly status: 'done' }>

/**
 * Rows that Zendesk refuses go again without what no two records may share: it refuses all of a row
 * for a name that somebody has meanwhile, or that it takes for the same as another one and we do
 * not, and which field it was, nothing says but words in any language (ZD-07). A row that goes then
 * has still failed, but only what was refused is missing (AMB-20).
 */
export async function* withoutUnique(
  rows: readonly JobRow[],
  unique: readonly string[],
  write: (rows: readonly JobRow[]) => AsyncIterable<Step>,
): AsyncGenerator<Step, void> {
  const lesser = new Map(rows.flatMap((row) => withoutThese(row, unique)).map((row) => [row.key, row]))
  const refused = new Map<string, Refused>()
  for await (const step of write(rows)) {
    if (step.status === 'failed' && lesser.has(step.key) && isOfRow(step)) refused.set(step.key, step)
    else yield step
  }
  if (refused.size === 0) return
  for await (const step of write([...refused.keys()].flatMap((key) => lesser.get(key) ?? []))) {
    const first = 'key' in step && step.status === 'done' ? refused.get(step.key) : undefined
    if (first === undefined || step.status !== 'done') yield step
    else yield { ...first, id: step.id, message: `${first.message}; all else of it was written` }
  }
}

/** Whether it was refused for what it says, by the code that a row or a request of its own got. */
const isOfRow = ({ code }: Refused): boolean => /(-taken|-update-failed|^row-refused|^record-invalid)$/.test(code)

/** The row with less in it; nothing where it has none of that, or nothing else. */
function withoutThese({ payload, ...row }: JobRow, unique: readonly string[]): JobRow[] {
  const names = Object.keys(payload)
  const rest = names.filter((name) => !unique.includes(name))
  if (rest.length === names.length || rest.length === 0) return []
  const less: JsonObject = Object.fromEntries(rest.map((name) => [name, payload[name] ?? null]))
  return [{ ...row, payload: less }]
}
