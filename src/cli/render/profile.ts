import type { Profile } from '../profile.ts'
import { number, percent } from './text.ts'

/** So many stages are worth a look. */
const STAGES = 8

/** Where the time of a run went, as a table of services and the longest stages. */
export function profileLines({ ms, cpuMs, services, stages }: Profile): string[] {
  const rows = services.map(({ service, requests, openMs, answersMs, limitMs, retryMs }) => [
    service,
    number(requests),
    seconds(openMs),
    `${number(Math.round(answersMs / Math.max(1, requests)))} ms`,
    (answersMs / Math.max(1, openMs)).toFixed(1),
    seconds(limitMs),
    seconds(retryMs),
  ])
  const longest = stages.slice(0, STAGES).map(({ stage, ms: took }) => [stage, seconds(took)])
  return [
    '',
    `Where the time went: ${seconds(ms)}, of which this process computed ${seconds(cpuMs)} (${percent(cpuMs / ms)})`,
    ...aligned([['', 'requests', 'open for', 'each', 'at a time', 'limit', 'retries'], ...rows]),
    ...(longest.length === 0 ? [] : ['', 'The longest stages, side by side where nothing ties them']),
    ...aligned(longest),
  ]
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** The first column from the left, the others from the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return column === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
