import { breachNotes, breachTitle, hurtNotes } from '../plan/hurt-notes.ts'
import type { Note } from '../plan/notes.ts'
import { createdNotes, leftNotes, numberNotes } from '../plan/other-notes.ts'
import type { Overview } from '../plan/overview.ts'
import { siteOf } from '../plan/places.ts'
import { isBeyond, wideRows } from '../plan/table.ts'
import { counted } from '../text.ts'
import { html, type Html } from './html.ts'
import type { Subject } from './subject.ts'

const AMOUNT = { names: 10, all: false, rest: 'zds show FILE --all has them all' }

/** What the page is of, and that it changed nothing. */
export function head({ asOf, createdAt, digest, changes, breaches, instances }: Overview, { report }: Subject): Html {
  const beyond = breaches.length > 0 ? html`, <strong>beyond the limits</strong>` : ''
  const end = report === undefined ? '. Nothing was written.' : `. Run ${report.run} ${report.status}.`
  const places = instances.flatMap(({ name, address }) =>
    address === undefined ? [] : [html`<li><strong>${name}</strong> <code>${siteOf(address).text}</code></li>`],
  )
  return html`<p>
      As of ${asOf}, made at <time datetime="${createdAt}">${createdAt}</time>.
      ${counted(changes, 'changes')}${beyond}${end} Digest
      <code>${digest}</code>
    </p>
    ${
      places.length === 0
        ? ''
        : html`<ul class="places">
            ${places}
          </ul>`
    }`
}

/** One row a sync: how many of each kind, what became of them, and in the last rows what may be. */
export function totals({ syncs }: Overview, { report }: Subject): Html {
  const [[, ...columns] = [], ...rows] = wideRows(syncs, report)
  return html`<section aria-labelledby="totals">
    <h2 id="totals">Totals</h2>
    <div class="wide" tabindex="0" role="group" aria-labelledby="totals">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">sync</th>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(([name = '', ...cells], at) => {
            const row = syncs[at]
            const beyond = (column: number): boolean => row !== undefined && isBeyond(row, columns[column] ?? '')
            return html`<tr class="${row === undefined ? 'limit' : 'sync'}">
              <th scope="row">${name}</th>
              ${cells.map((cell, column) => html`<td class="${beyond(column) ? 'beyond' : ''}">${cell}</td>`)}
            </tr>`
          })}
        </tbody>
      </table>
    </div>
  </section>`
}

/** What has to be read before anything is agreed to. */
export const firstNotes = (overview: Overview): Html =>
  html`${noted('limits', breachTitle(overview), breachNotes(overview))}
  ${noted('first', 'Read these first', hurtNotes(overview, AMOUNT))}`

/** What is new, what is left, and numbers of syncs whose records are in another file. */
export const laterNotes = (overview: Overview): Html =>
  html`${noted('created', 'New records', createdNotes(overview, AMOUNT))}
  ${noted('left', 'Left as they are', leftNotes(overview, AMOUNT))}
  ${noted('others', 'Numbers only', numberNotes(overview))}`

function noted(id: string, title: string, notes: readonly Note[]): Html {
  if (notes.length === 0) return html``
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul class="notes">
      ${notes.map(
        ({ tone, text, below = [] }) =>
          html`<li class="${tone}">
            ${text}${
              below.length === 0
                ? ''
                : html`<ul>
                    ${below.map((line) => html`<li>${line}</li>`)}
                  </ul>`
            }
          </li>`,
      )}
    </ul>
  </section>`
}
