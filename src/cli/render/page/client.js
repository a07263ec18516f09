// The script of the page as a browser gets it: draws the rows that are in view, searches, filters,
// sorts and opens them. It reads the page's own data and asks nobody.

/** @typedef {import('./subject.ts').PageRow} Row */

const ROW = 34
const BEYOND = 12
const NAMES = /** @type {const} */ (['sync', 'op', 'field', 'reason', 'outcome'])

const all = /** @type {Row[]} */ (JSON.parse(one('#data', HTMLScriptElement).text))
const box = one('.rows', HTMLElement)
const form = one('.filters', HTMLFormElement)
const body = one('.rows tbody', HTMLTableSectionElement)
const head = one('.rows thead', HTMLTableSectionElement)
const told = one('output', HTMLOutputElement)
const width = head.querySelectorAll('th, td').length
/** What is searched in, of a row: made when it is first searched. @type {Map<Row, string>} */
const texts = new Map()

let shown = all
/** @type {Row | undefined} */
let open
let openHeight = 0
let sorted = { by: '', down: false }

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {{ new (): Kind }} kind
 * @returns {Kind}
 */
function one(selector, kind) {
  const found = document.querySelector(selector)
  if (found instanceof kind) return found
  throw new Error(`The page has no ${selector}`)
}

/** @param {unknown} value */
const valueOf = (value) =>
  value === null || value === '' ? '(empty)' : typeof value === 'string' ? value : JSON.stringify(value)

/** What a row shows in a column. @param {Row} row @param {string} column */
function cell(row, column) {
  if (column === 'what')
    return row.op === 'update'
      ? Object.keys(row.fields ?? {}).join(', ')
      : (row.reason ?? row.remarks?.join('; ') ?? '')
  if (column === 'outcome') return row.outcome?.status ?? ''
  const value = { sync: row.sync, op: row.op, key: row.key, name: row.name }[column]
  return value ?? ''
}

/** What a row is chosen by. @param {Row} row @param {typeof NAMES[number]} name */
function kindsOf(row, name) {
  if (name === 'field') return row.op === 'update' ? Object.keys(row.fields ?? {}) : []
  if (name === 'reason') return row.reason === undefined ? [] : [row.reason]
  if (name === 'outcome') return row.outcome === undefined ? [] : [row.outcome.status]
  return [row[name]]
}

/** @param {Row} row */
function textOf(row) {
  const known = texts.get(row)
  if (known !== undefined) return known
  const made = JSON.stringify(row).toLowerCase()
  texts.set(row, made)
  return made
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Record<'className' | 'textContent' | 'title', string>>} [values]
 * @param {readonly Node[]} [children]
 */
function element(tag, values = {}, children = []) {
  const made = Object.assign(document.createElement(tag), values)
  made.append(...children)
  return made
}

/** What a control of the form holds. @param {string} name */
function asked(name) {
  const control = form.elements.namedItem(name)
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.value : ''
}

function choose() {
  const text = asked('text').trim().toLowerCase()
  const kinds = NAMES.filter((name) => asked(name) !== '')
  shown = all.filter(
    (row) =>
      kinds.every((name) => kindsOf(row, name).includes(asked(name))) && (text === '' || textOf(row).includes(text)),
  )
  if (sorted.by !== '') {
    const { by, down } = sorted
    const order = new Intl.Collator('en', { numeric: true }).compare
    shown = shown.toSorted((a, b) => order(cell(a, by), cell(b, by)) * (down ? -1 : 1))
  }
  told.textContent = `${shown.length.toLocaleString('en')} of ${all.length.toLocaleString('en')} rows`
  box.scrollTop = 0
  draw()
}

/** Draws the rows that are in view; what is above and below is empty room. @param {number} [from] @param {number} [count] */
function draw(from = inView(), count = Math.ceil(box.clientHeight / ROW) + 2 * BEYOND) {
  const first = Math.max(0, Math.min(from, shown.length))
  const last = Math.min(shown.length, first + count)
  const at = open === undefined ? -1 : shown.indexOf(open)
  const above = first * ROW + (at >= 0 && at < first ? openHeight : 0)
  const below = (shown.length - last) * ROW + (at >= last ? openHeight : 0)
  const focused = document.activeElement?.closest('tr')?.getAttribute('aria-rowindex')
  body.replaceChildren(
    space(above),
    ...shown
      .slice(first, last)
      .flatMap((row, index) => [record(row, first + index), ...(row === open ? [opened(row)] : [])]),
    space(below),
  )
  const detail = body.querySelector('.opened')
  if (detail !== null) openHeight = detail.getBoundingClientRect().height
  if (focused) focus(focused)
}

/** The first row that is drawn for where the box is scrolled to. */
function inView() {
  const at = open === undefined ? -1 : shown.indexOf(open)
  const top =
    at >= 0 && box.scrollTop > (at + 1) * ROW ? Math.max((at + 1) * ROW, box.scrollTop - openHeight) : box.scrollTop
  return Math.floor(top / ROW) - BEYOND
}

/** @param {number} height */
function space(height) {
  const row = element('tr', { className: 'space' }, [element('td')])
  row.setAttribute('aria-hidden', 'true')
  row.style.height = `${height}px`
  return row
}

/** @param {Row} row @param {number} index */
function record(row, index) {
  const button = element('button', { textContent: row === open ? '−' : '+' })
  button.type = 'button'
  button.setAttribute('aria-expanded', String(row === open))
  button.setAttribute('aria-label', `${row.op} ${row.name ?? row.key}`)
  button.addEventListener('click', () => toggle(row, index))
  const cells = [...head.querySelectorAll('button')].map(({ dataset }) => {
    const text = cell(row, dataset['sort'] ?? '')
    return element('td', { textContent: text, title: text, className: dataset['sort'] === 'op' ? row.op : '' })
  })
  const made = element('tr', { className: 'record' }, [element('td', {}, [button]), ...cells])
  made.setAttribute('aria-rowindex', String(index + 2))
  return made
}

/** @param {Row} row @param {number} index */
function toggle(row, index) {
  open = row === open ? undefined : row
  draw()
  focus(String(index + 2))
}

/** @param {string} rowIndex */
function focus(rowIndex) {
  const button = body.querySelector(`tr[aria-rowindex='${rowIndex}'] button`)
  if (button instanceof HTMLElement) button.focus({ preventScroll: true })
}

/** Before and after, and why. @param {Row} row */
function opened(row) {
  /** @type {(readonly [name: string, value: Node])[]} */
  const facts = [
    ...Object.entries(row.fields ?? {}).map(
      ([field, [from, to]]) =>
        /** @type {const} */ ([
          field,
          row.op === 'create' ? element('ins', { textContent: valueOf(to) }) : change(from, to),
        ]),
    ),
    ...(row.reason === undefined ? [] : [/** @type {const} */ (['reason', text(row.reason)])]),
    ...(row.remarks ?? []).map((remark) => /** @type {const} */ (['note', text(remark)])),
    ...(row.id === undefined ? [] : [/** @type {const} */ (['id', text(row.id)])]),
    ...(row.outcome === undefined
      ? []
      : [/** @type {const} */ (['outcome', text(Object.values(row.outcome).join(': '))])]),
    ['explain', element('code', { textContent: `zds explain ${row.key} --sync ${row.sync}` })],
  ]
  const list = element(
    'dl',
    {},
    facts.flatMap(([name, value]) => [element('dt', { textContent: name }), element('dd', {}, [value])]),
  )
  const holder = element('td', {}, [list])
  holder.colSpan = width
  return element('tr', { className: 'opened' }, [holder])
}

/** @param {unknown} from @param {unknown} to */
const change = (from, to) =>
  element('span', {}, [
    element('del', { textContent: valueOf(from) }),
    text(' → '),
    element('ins', { textContent: valueOf(to) }),
  ])

/** @param {string} value */
const text = (value) => document.createTextNode(value)

/** What can be chosen from: only where there is a choice. */
function offer() {
  for (const name of NAMES) {
    const kinds = [...new Set(all.flatMap((row) => kindsOf(row, name)))].toSorted()
    const select = one(`select[name=${name}]`, HTMLSelectElement)
    select.replaceChildren(new Option('all', ''), ...kinds.map((kind) => new Option(kind, kind)))
    select.closest('label')?.toggleAttribute('hidden', kinds.length < 2)
  }
}

head.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null
  if (button === null) return
  const by = button.dataset['sort'] ?? ''
  sorted = { by, down: sorted.by === by && !sorted.down }
  for (const column of head.querySelectorAll('th')) column.setAttribute('aria-sort', 'none')
  button.closest('th')?.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending')
  choose()
})
form.addEventListener('input', choose)
form.addEventListener('submit', (event) => event.preventDefault())
box.addEventListener('scroll', () => requestAnimationFrame(() => draw()), { passive: true })
addEventListener('resize', () => draw())
addEventListener('beforeprint', () => draw(0, shown.length))
addEventListener('afterprint', () => draw())
offer()
choose()
