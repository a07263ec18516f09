import type { Lap, Wait } from '../../../core/run/timeline.ts'
import { html, type Html } from './html.ts'
import type { Subject } from './subject.ts'

/** What took how long, stage by stage, and how much of it was waiting: for others, for a limit, for another try. */
export function timelines({ laps }: Subject): Html {
  if (laps === undefined || laps.plan.length + laps.apply.length === 0) return html``
  return html`<section aria-labelledby="time">
    <h2 id="time">Time</h2>
    ${timeline('Plan', laps.plan)} ${timeline('Apply', laps.apply)}
  </section>`
}

function timeline(title: string, laps: readonly Lap[]): Html {
  if (laps.length === 0) return html``
  const whole = Math.max(1, ...laps.map(({ to }) => to))
  return html`<h3>${title}: ${seconds(whole)}</h3>
    <div class="wide">
      <table class="bars time">
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">took</th>
            <th scope="col">waited</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${laps.toSorted((a, b) => a.from - b.from).map((lap) => lapRow(lap, whole))}
        </tbody>
      </table>
    </div>`
}

function lapRow({ stage, from, to, end, waits }: Lap, whole: number): Html {
  const spans = merged(waits)
  const waited = spans.reduce((sum, { ms }) => sum + ms, 0)
  const why = [...new Set(waits.map(({ what }) => what))].slice(0, 5).join('; ')
  return html`<tr>
    <th scope="row">${stage}${end === 'done' ? '' : ` (${end})`}</th>
    <td>${seconds(to - from)}</td>
    <td title="${why}">${waited === 0 ? '' : seconds(waited)}</td>
    <td>
      <svg class="bar" viewBox="0 0 ${String(whole)} 10" preserveAspectRatio="none" aria-hidden="true">
        <rect x="${String(from)}" width="${String(Math.max(whole / 400, to - from))}" height="10" />
        ${spans.map(
          (wait) => html`<rect class="wait" x="${String(wait.from)}" width="${String(wait.ms)}" height="10" />`,
        )}
      </svg>
    </td>
  </tr>`
}

/** Waits that overlap are one: requests wait side by side. */
function merged(waits: readonly Wait[]): { from: number; ms: number }[] {
  const spans: { from: number; ms: number }[] = []
  for (const { from, ms } of waits.toSorted((a, b) => a.from - b.from)) {
    const last = spans.at(-1)
    if (last !== undefined && from <= last.from + last.ms) last.ms = Math.max(last.ms, from + ms - last.from)
    else spans.push({ from, ms })
  }
  return spans
}

const seconds = (ms: number): string => `${(ms / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s`
