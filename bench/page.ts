/**
 * The page of a plan in Chromium, beside an empty page: how long it takes until it can be used, and
 * the longest frame while somebody types into its search. `npm run bench:page -- 10000` takes the
 * number of changes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { systemClock, type Change } from 'zds'
import { assemble } from '../src/core/plan/plan.ts'
import { pageOf } from '../src/cli/render/page/page.ts'
import { findChromium, MISSING_CHROMIUM } from '../test/support/chromium.ts'

const ROUNDS = 5
const EMPTY = '<!doctype html><title>Empty</title><input type="search">'
/** Each key is typed on its own: every one filters anew. */
const TYPED = 'name 99'

/** Runs in the page: keeps how long each frame took, in milliseconds. */
const FRAMES = `
  globalThis.frames = []
  let before = performance.now()
  const next = (now) => {
    frames.push(now - before)
    before = now
    requestAnimationFrame(next)
  }
  void requestAnimationFrame(next)
`

type Figures = { readonly openMs: number; readonly frameMs: number }

const executablePath = findChromium()
if (executablePath === undefined) throw new Error(MISSING_CHROMIUM)
const directory = mkdtempSync(join(tmpdir(), 'zds-page-'))
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  const plan = planOf(Number(process.argv[2] ?? '10000'))
  const rounds = { empty: [] as Figures[], plan: [] as Figures[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.empty.push(await measured(page, EMPTY))
    rounds.plan.push(await measured(page, pageOf({ plan }, plan.syncs)))
  }
  for (const [name, all] of Object.entries(rounds)) {
    const [open, frame] = [median(all.map(({ openMs }) => openMs)), median(all.map(({ frameMs }) => frameMs))]
    process.stdout.write(`${name.padEnd(6)}opened in ${open.toFixed(0)} ms, longest frame ${frame.toFixed(0)} ms\n`)
  }
} finally {
  await browser.close()
  rmSync(directory, { recursive: true, force: true })
}

async function measured(page: Page, html: string): Promise<Figures> {
  const file = join(directory, 'page.html')
  writeFileSync(file, html)
  const began = performance.now()
  await page.goto(pathToFileURL(file).href)
  await page.locator('input[type=search]').focus()
  const openMs = performance.now() - began
  await page.evaluate(FRAMES)
  await page.keyboard.type(TYPED, { delay: 30 })
  await page.waitForTimeout(300)
  return { openMs, frameMs: await page.evaluate<number>('Math.max(...frames)') }
}

function planOf(count: number) {
  const changes = Array.from({ length: count }, (_, index): Change => {
    const fields = { owner: { from: 'Ann', to: `Bob ${index % 50}` }, level: { from: 'gold', to: 'silver' } }
    return { op: 'update', key: `001${index}`, id: String(index), name: `A customer by name ${index}`, fields }
  })
  const sides = { existing: count, desired: count, complete: { desired: true, existing: true } }
  const sync = { name: 'global', instance: 'global', resource: 'organizations', ...sides, changes }
  const none = { skipped: [], words: {}, notices: [], excesses: [] }
  return assemble([{ ...sync, ...none }], 'a benchmark', systemClock('2026-03-16'))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
