import { countsOf as tally, planNumbers } from '../../../core/plan/numbers.ts'
import type { SyncPlan } from '../../../core/plan/plan.ts'
import { html, type Html } from './html.ts'
import { countsOf, type Row, type Subject } from './subject.ts'

/** What the page is of, and that it changed nothing. */
export function head({ plan, report }: Subject): Html {
  const total = plan.syncs.reduce((sum, { changes }) => sum + changes.length, 0)
  const beyond = plan.syncs.some(({ excesses }) => excesses.length > 0)
  return html`<p>
    As of ${plan.asOf}, made at <time datetime="${plan.createdAt}">${plan.createdAt}</time>. ${total}
    changes${beyond ? html`, <strong>beyond the limits</strong>` : ''}${
      report === undefined ? '. Nothing was written.' : `. Run ${report.run} ${report.status}.`
    }
    Digest <code>${plan.digest}</code>
  </p>`
}

/** One row a sync: how many of each kind, what became of them, and the limits that are broken. */
export function totals(subject: Subject): Html {
  const { syncs } = subject.plan
  const counts = syncs.map((sync) => ({ sync, numbers: countsOf(sync, subject) }))
  const columns = [...new Set(counts.flatMap(({ numbers }) => Object.keys(numbers)))]
  return html`<section aria-labelledby="totals">
    <h2 id="totals">Totals</h2>
    <div class="wide">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">sync</th>
            ${columns.map((column) => html`<th scope="col">${WORDS[column] ?? column}</th>`)}
            <th scope="col">existing</th>
          </tr>
        </thead>
        <tbody>
          ${counts.map(
            ({ sync, numbers }) =>
              html`<tr>
                <th scope="row">${sync.name}</th>
                ${columns.map((column) => html`<td>${numbers[column] ?? 0}</td>`)}
                <td>${sync.existing}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

const WORDS: { readonly [column: string]: string } = { heldBack: 'held back' }

/** What has to be read before anything is agreed to: limits, what is not complete, what is retired. */
export function firstThings({ plan: { syncs } }: Subject, shown: readonly SyncPlan[]): Html {
  const items = [
    ...syncs.flatMap(({ name, excesses }) =>
      excesses.map(({ message }) => html`<li class="bad">${name}: beyond the limit: ${message}</li>`),
    ),
    ...syncs
      .filter(({ complete }) => !complete.desired || !complete.existing)
      .map(({ name }) => html`<li class="bad">${name}: what was read is not proved complete</li>`),
    ...syncs.flatMap((sync) => retired(sync, shown.includes(sync))),
  ]
  if (items.length === 0) return html``
  return html`<section aria-labelledby="first">
    <h2 id="first">Read these first</h2>
    <ul>
      ${items}
    </ul>
  </section>`
}

const EXAMPLES = 10

function retired(sync: SyncPlan, named: boolean): Html[] {
  const gone = sync.changes.filter(({ op }) => op === 'retire' || op === 'remove')
  return [...Map.groupBy(gone, ({ op, reason = '' }) => `${op}d: ${sync.words[reason] ?? reason}`)].map(
    ([why, some]) => {
      const names = some.slice(0, EXAMPLES).map(({ key, name = key }) => name)
      const more = some.length > EXAMPLES ? ', …' : ''
      return html`<li class="bad">
        ${sync.name}: ${some.length} ${why}${named ? `: ${names.join(', ')}${more}` : ''}
      </li>`
    },
  )
}

/** How many records each field changes in, as bars beside the numbers. */
export function fieldCharts({ plan }: Subject): Html {
  const parts = planNumbers(plan).syncs.flatMap(({ name, fields }) => {
    const most = Math.max(0, ...Object.values(fields))
    if (most === 0) return []
    return [
      html`<h3>${name}</h3>
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">records</th>
              <td></td>
            </tr>
          </thead>
          <tbody>
            ${Object.entries(fields).map(
              ([field, some]) =>
                html`<tr>
                  <th scope="row">${field}</th>
                  <td>${some}</td>
                  <td>${bar(some / most)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
    ]
  })
  if (parts.length === 0) return html``
  return html`<section aria-labelledby="fields">
    <h2 id="fields">Fields of existing records</h2>
    ${parts}
  </section>`
}

const bar = (share: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect width="${Math.max(0.5, share * 100).toFixed(2)}" height="10" />
  </svg>`

/** Why records are left as they are, in numbers: the table has them one by one. */
export function leftRecords({ plan }: Subject): Html {
  const items = plan.syncs.flatMap(({ name, skipped, words }) =>
    Object.entries(tally(skipped.map(({ reason }) => reason))).map(
      ([reason, some]) => html`<li>${name}: ${some} left, ${reason}: ${words[reason] ?? ''}</li>`,
    ),
  )
  if (items.length === 0) return html``
  return html`<section aria-labelledby="left">
    <h2 id="left">Left as they are</h2>
    <ul>
      ${items}
    </ul>
  </section>`
}

/** The table of all changes, whose rows the page's script draws as they come into view. */
export function changesTable({ report }: Subject, rows: readonly Row[]): Html {
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
