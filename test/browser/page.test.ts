import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { source as axe } from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { reportOf } from '../../src/core/run/report.ts'
import { pageOf } from '../../src/cli/render/page/page.ts'
import type { Subject } from '../../src/cli/render/page/subject.ts'
import { change, many, notice, planOf, syncPlan } from '../cli/plans.ts'
import { findChromium } from '../support/chromium.ts'

const HOSTILE = `</script><script>document.title='run'</script><img src=x onerror="document.title='run'">`
const CREATES = 2_000
const UPDATES = 7_990

const global = syncPlan({
  words: { gone: 'nothing that was read speaks of it' },
  changes: [
    ...many(CREATES, (index) => named(change('create', `C${index}`, { name: [null, `New ${index}`] }), `New ${index}`)),
    ...many(UPDATES, (index) => named(change('update', `U${index}`, { owner: ['Ann', 'Bob'] }), `Old ${index}`)),
    ...many(9, (index) =>
      named(change('retire', `R${index}`, { mark: [false, true] }, { reason: 'gone' }), `Gone ${index}`),
    ),
    named(change('update', 'HOSTILE', { owner: [HOSTILE, 'Bob'], size: [1, 2] }), HOSTILE),
  ],
  skipped: [{ key: 'S1', reason: 'no-key', id: '7', name: 'Nobody' }],
  notices: [{ ...notice('a charge grants nothing'), key: 'U5' }],
})
const usGov = syncPlan({
  name: 'us-gov',
  instance: 'us-gov',
  confined: true,
  changes: [named(change('update', 'SECRET-KEY', { owner: ['x', 'y'] }), 'Secret Agency')],
})
const plan = planOf(global, usGov)

function named<Of>(of: Of, name: string): Of & { name: string } {
  return { ...of, name }
}

const directory = mkdtempSync(join(tmpdir(), 'zds-page-'))
let browser: Browser
let page: Page
const requests: string[] = []
const complaints: string[] = []

/** Opens the page of a subject as a file, as people do. */
async function open(subject: Subject, shown = [global]): Promise<void> {
  const file = join(directory, 'page.html')
  writeFileSync(file, pageOf(subject, shown))
  requests.length = 0
  await page.goto(pathToFileURL(file).href)
}

const drawn = () => page.locator('tr.record').count()
const told = () => page.locator('output').textContent()

beforeAll(async () => {
  const executablePath = findChromium()
  browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: ['--no-sandbox'] })
  page = await browser.newPage()
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
})
afterAll(async () => {
  await browser.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the page of a plan with 10,000 changes', () => {
  test('asks for nothing but itself, runs nothing of the data, and is below 5 MB', async () => {
    await open({ plan })
    expect(requests).toHaveLength(1)
    expect(complaints).toEqual([])
    expect(await page.title()).toBe(`Plan as of ${plan.asOf}`)
    expect(Buffer.byteLength(pageOf({ plan }, [global]))).toBeLessThan(5_000_000)
  })

  test('says the counts of every sync, and no record of one that keeps them to itself (OPS-08)', async () => {
    await open({ plan })
    const totals = await page.locator('section[aria-labelledby=totals]').innerText()
    expect(totals).toMatch(/global\s+2,000\s+7,991\s+9\s+1/)
    expect(totals).toMatch(/us-gov\s+0\s+1\s+0\s+0/)
    expect(await page.content()).not.toMatch(/SECRET-KEY|Secret Agency/)
    await open({ plan }, [usGov])
    expect(await page.content()).toContain('Secret Agency')
    expect(await page.content()).not.toContain('Gone 1')
  })

  test('says what the screen says: limits, falls and gains by name, notices, fields; of others numbers only', async () => {
    const moves = ['Falling', 'Rising'].map((name, at) =>
      named(change('update', name, { level: at === 0 ? ['gold', 'none'] : ['none', 'gold'] }), name),
    )
    const bounds = { update: { most: 30, share: 0.3 }, fields: { level: { order: ['gold', 'none'] } } }
    const told = syncPlan({ changes: moves, bounds, notices: [notice('GitLab Geo grants nothing')] })
    const fallen = named(change('update', 'HIDDEN-KEY', { level: ['gold', 'none'] }), 'Hidden')
    const kept = syncPlan({ name: 'us-gov', confined: true, changes: [fallen], bounds })
    await open({ plan: planOf(told, kept) }, [told])
    expect(await page.locator('section[aria-labelledby=totals]').innerText()).toMatch(/limit\s+none\s+30 %/)
    const first = await page.locator('section[aria-labelledby=first]').innerText()
    expect(first).toContain('1 record falls in level: Falling (gold -> none)')
    expect(first).toContain('1 record rises in level: Rising (none -> gold)')
    expect(first).toContain('unknown-charge: GitLab Geo grants nothing')
    expect(await page.locator('section[aria-labelledby=fields]').innerText()).toMatch(/level\s+2\s/)
    expect(await page.locator('section[aria-labelledby=others]').innerText()).toContain('fields: level 1')
    expect(await page.content()).not.toMatch(/HIDDEN-KEY|Hidden/)
  })

  test('draws only the rows that are in view, to the last one', async () => {
    await open({ plan })
    expect(await told()).toBe('10,001 of 10,001 rows')
    expect(await drawn()).toBeLessThan(80)
    await page.locator('.rows').evaluate((box) => (box.scrollTop = box.scrollHeight))
    await page.locator('tr.record', { hasText: 'S1' }).waitFor()
    expect(await drawn()).toBeLessThan(80)
  })

  test('searches in keys, names and values, and filters by sync, kind, field and reason', async () => {
    await open({ plan })
    await page.locator('input[type=search]').fill('gone 3')
    expect(await told()).toBe('1 of 10,001 rows')
    expect(await page.locator('tr.record').innerText()).toContain('Gone 3')
    await page.locator('input[type=search]').fill('')
    await page.locator('select[name=op]').selectOption('retire')
    expect(await told()).toBe('9 of 10,001 rows')
    await page.locator('select[name=op]').selectOption('')
    await page.locator('select[name=field]').selectOption('size')
    expect(await told()).toBe('1 of 10,001 rows')
    await page.locator('select[name=field]').selectOption('')
    await page.locator('select[name=reason]').selectOption('gone: nothing that was read speaks of it')
    expect(await told()).toBe('9 of 10,001 rows')
    // There is one sync only in it: nothing to choose.
    expect(await page.locator('select[name=sync]').isVisible()).toBe(false)
  })

  test('sorts by a column, and back, and says so', async () => {
    await open({ plan })
    const header = page.locator('th', { has: page.locator('button[data-sort=name]') })
    await header.locator('button').click()
    expect(await header.getAttribute('aria-sort')).toBe('ascending')
    const first = () => page.locator('tr.record').first().innerText()
    expect(await first()).toContain('HOSTILE')
    await header.locator('button').click()
    expect(await header.getAttribute('aria-sort')).toBe('descending')
    expect(await first()).toContain('Old 7989')
  })

  test('opens a row by keyboard: before and after, notes, and how to ask why', async () => {
    await open({ plan })
    await page.locator('input[type=search]').fill('old 5')
    const button = page.getByRole('button', { name: 'update Old 5', exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    expect(await button.getAttribute('aria-expanded')).toBe('true')
    const detail = await page.locator('tr.opened').innerText()
    expect(detail).toMatch(/owner\s+Ann → Bob/)
    expect(detail).toContain('a charge grants nothing')
    expect(detail).toContain('zds explain U5 --sync global')
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('update Old 5')
    await page.keyboard.press('Enter')
    expect(await page.locator('tr.opened').count()).toBe(0)
  })

  test('stays where it is when a row above is open', async () => {
    await open({ plan })
    await page.getByRole('button', { name: 'create New 0', exact: true }).click()
    const box = page.locator('.rows')
    await box.evaluate((element) => (element.scrollTop = 34 * 5_000))
    await page.locator('tr.record', { hasText: 'U3000' }).waitFor()
    await box.evaluate((element) => (element.scrollTop = 0))
    expect(await page.locator('tr.opened').innerText()).toContain('New 0')
  })

  test('prints every row', async () => {
    await open({ plan }, [usGov])
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(await drawn()).toBe(1)
    await open({ plan: planOf(syncPlan({ changes: [...global.changes].slice(0, 500) })) }, [...planOf(global).syncs])
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(await drawn()).toBe(10_001)
  })
})

describe('the page of a run', () => {
  test('says what became of each change', async () => {
    const changes = [change('update', 'A', { owner: [null, 'Ann'] }), change('update', 'B', { owner: [null, 'Ann'] })]
    const sync = syncPlan({ changes })
    const failed: Outcome = { key: 'B', status: 'failed', code: 'RecordInvalid', message: 'Name: is taken' }
    const done: Outcome = { key: 'A', status: 'done', id: '1' }
    const known = new Map([done, failed].map((outcome) => [outcome.key, outcome]))
    const ran = planOf(sync)
    const head = { run: 'r1', status: 'done', forced: false } as const
    const report = reportOf(head, ran, new Map([['global', [...known.values()]]]))
    await open({ plan: ran, report, outcomes: new Map([['global', known]]) }, [sync])
    expect(await page.locator('h1').innerText()).toBe('Run r1: done')
    await page.locator('select[name=outcome]').selectOption('failed')
    await page.locator('tr.record button').click()
    expect(await page.locator('tr.opened').innerText()).toContain('failed: RecordInvalid: Name: is taken')
  })
})

describe('for everybody', () => {
  for (const scheme of ['light', 'dark'] as const) {
    test(`has no fault that a tool can find, in a ${scheme} window and on a phone`, async () => {
      // What examines the page is not the page's own script.
      const context = await browser.newContext({ bypassCSP: true, colorScheme: scheme })
      const looked = await context.newPage()
      writeFileSync(join(directory, 'axe.html'), pageOf({ plan }, [global]))
      await looked.goto(pathToFileURL(join(directory, 'axe.html')).href)
      await looked.locator('tr.record button').first().click()
      await looked.evaluate(axe)
      const violations = await looked.evaluate(
        'axe.run().then((found) => found.violations.map(({ id, nodes }) => [id, nodes[0].html]))',
      )
      expect(violations).toEqual([])
      await looked.setViewportSize({ width: 360, height: 740 })
      expect(await looked.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
      await context.close()
    })
  }
})
