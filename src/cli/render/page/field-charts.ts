import { fieldRows } from '../plan/field-text.ts'
import { partsOf, type FieldLine, type ValueTurn } from '../plan/fields.ts'
import type { Overview } from '../plan/overview.ts'
import { shown } from '../text.ts'
import { html, type Html } from './html.ts'

/** So many of the values of a field are drawn one by one; the others are counted. */
const TURNS = 12

/** A row for each field that updates change: how many records, as a bar of what becomes of them. */
export function fieldCharts({ fields }: Overview): Html {
  if (fields.length === 0) return html``
  const most = Math.max(...fields.map(({ records }) => records))
  const rows = fieldRows(fields)
  const seen = new Set(fields.flatMap((line) => partsOf(line).map(({ part }) => part)))
  return html`<section aria-labelledby="fields">
    <h2 id="fields">Fields of existing records</h2>
    <p class="legend">${[...seen].map((part) => html`<span class="part ${part}">${part}</span> `)}</p>
    <div class="wide" tabindex="0" role="group" aria-labelledby="fields">
      <table class="bars fields">
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">records</th>
            <td></td>
            <th scope="col">from → to</th>
          </tr>
        </thead>
        <tbody>
          ${fields.map((line, at) => {
            const [label, kind, records, turns] = rows[at] ?? ['', '', '', '']
            return html`<tr>
              <th scope="row">${label}${kind === '' ? '' : html` <small>${kind}</small>`}</th>
              <td>${records}</td>
              <td>${bar(partsOf(line), most)}</td>
              <td>${values(line, turns)}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>
  </section>`
}

/** A bar as long as its records are many; the text beside it says the same. */
function bar(parts: readonly { readonly part: string; readonly records: number }[], most: number): Html {
  let from = 0
  const pieces = parts.map(({ part, records }) => {
    const width = Math.max(0.5, (records / most) * 100)
    const piece = html`<rect class="${part}" x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="10" />`
    from += width
    return piece
  })
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${pieces}</svg>`
}

/** What becomes of a field in a few words; where there are many values, opened, the most frequent. */
function values({ turns, ownKey, records }: FieldLine, text: string): Html {
  const told = turns.slice(0, TURNS)
  const [first] = told
  // Where every record has its own value, a list of them says nothing: the table has them.
  if (ownKey || first === undefined || turns.length < 2 || first.records < 2) return html`${text}`
  const rest = turns.length - told.length
  return html`<details>
    <summary>${text}</summary>
    <table class="turns">
      <tbody>
        ${told.map((turn) => turnRow(turn, records))}
      </tbody>
    </table>
    ${rest > 0 ? html`<p>… and ${rest} more</p>` : ''}
  </details>`
}

const turnRow = ({ from, to, records }: ValueTurn, all: number): Html =>
  html`<tr>
    <td>${shown(from)} → ${shown(to)}</td>
    <td>${records}</td>
    <td>${bar([{ part: 'changed', records }], all)}</td>
  </tr>`
