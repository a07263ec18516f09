import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SyncPlan } from '../../../core/plan/plan.ts'
import { data, html, ours } from './html.ts'
import { overviewOf } from '../plan/overview.ts'
import { changesTable } from './changes.ts'
import { fieldCharts } from './field-charts.ts'
import { head, laterNotes, firstNotes, totals } from './sections.ts'
import { rowsOf, titleOf, type Subject } from './subject.ts'
import { timelines } from './timelines.ts'

/**
 * One page that needs nothing else: no request goes anywhere, and what it may run is named by its
 * hash. `shown` are the syncs whose records are in it; of all others it has numbers (OPS-08).
 */
export function pageOf(subject: Subject, shown: readonly SyncPlan[]): string {
  // Of what is named by its hash, not a blank may be added: a formatter of the markup would.
  const [style, script] = [part('style.css'), part('client.js')]
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`
  const rows = rowsOf(subject, shown)
  const overview = overviewOf(subject.plan, shown)
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${titleOf(subject)}</title>
        ${ours(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <h1>${titleOf(subject)}</h1>
          ${head(overview, subject)}
        </header>
        <main>
          ${totals(overview, subject)} ${firstNotes(overview)} ${fieldCharts(overview)} ${laterNotes(overview)}
          ${timelines(subject)} ${changesTable(subject, rows)}
        </main>
        ${ours(`<script type="application/json" id="data">${data(rows)}</script><script type="module">${script}</script>`)}
      </body>
    </html>`
  return `${markup}\n`
}

const part = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
