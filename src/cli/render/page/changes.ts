import { html, type Html } from './html.ts'
import type { PageRow, Subject } from './subject.ts'

/** The table of all changes, whose rows the page's script draws as they come into view. */
export function changesTable({ report }: Subject, rows: readonly PageRow[]): Html {
  const columns = ['sync', 'op', 'key', 'name', 'what', ...(report === undefined ? [] : ['outcome'])]
  return html`<section aria-labelledby="changes">
    <h2 id="changes">Changes</h2>
    <form class="filters" role="search">
      <label>Search <input type="search" name="text" autocomplete="off" spellcheck="false" /></label>
      ${['sync', 'op', 'field', 'reason', 'outcome'].map(
        (name) =>
          html`<label hidden
            >${name}
            <select name="${name}"></select
          ></label>`,
      )}
      <output aria-live="polite">${rows.length} rows</output>
    </form>
    <noscript><p>The rows of this table need the script of this page.</p></noscript>
    <div class="rows" tabindex="0" role="region" aria-label="Rows">
      <table aria-rowcount="${String(rows.length + 1)}">
        <thead>
          <tr>
            <td></td>
            ${columns.map((column) => html`<th scope="col" aria-sort="none"><button type="button" data-sort="${column}">${column}</button></th>`)}
          </tr>
        </thead>
        <tbody></tbody>
      </table>
    </div>
  </section>`
}
