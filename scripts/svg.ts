/** What a terminal shows, as a picture that is text: to be read, found and compared. */

const WIDTH = 8.4
const HEIGHT = 19
const MARGIN = 16

const COLOURS: { readonly [code: string]: string } = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' }

type Style = { readonly bold: boolean; readonly dim: boolean; readonly colour: string | undefined }
type Run = Style & { readonly at: number; readonly text: string }

const PLAIN: Style = { bold: false, dim: false, colour: undefined }

/** The picture of `lines`, below the command that they answer. */
export function svgOf(command: string, lines: readonly string[], columns: number): string {
  const rows = [[{ ...PLAIN, dim: true, at: 0, text: `$ ${command}` }], ...lines.map(runsOf)]
  const [width, height] = [columns * WIDTH + 2 * MARGIN, rows.length * HEIGHT + 2 * MARGIN]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img">`,
    `<title>${escaped(command)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3" style="white-space: pre">`,
    ...rows.map((runs, row) => rowOf(runs, MARGIN + (row + 0.75) * HEIGHT)),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function rowOf(runs: readonly Run[], y: number): string {
  return `<text y="${y}" xml:space="preserve">${runs.map(spanOf).join('')}</text>`
}

/** Each run has its own place and width, whatever the font is. */
function spanOf({ at, text, bold, dim, colour }: Run): string {
  const style = [
    bold ? ' font-weight="bold"' : '',
    dim ? ' opacity="0.7"' : '',
    colour === undefined ? '' : ` fill="${colour}"`,
  ].join('')
  const place = `x="${(MARGIN + at * WIDTH).toFixed(1)}" textLength="${(text.length * WIDTH).toFixed(1)}"`
  return `<tspan ${place}${style}>${escaped(text)}</tspan>`
}

/** The parts of a line between its escape sequences, blanks before and after each left out. */
function runsOf(line: string): Run[] {
  const runs: Run[] = []
  let style = PLAIN
  let at = 0
  // oxlint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001B\[[\d;]*m)/)) {
    // oxlint-disable-next-line no-control-regex
    const codes = /^\u001B\[([\d;]*)m$/.exec(part)?.[1]
    if (codes !== undefined) style = codes.split(';').reduce(styled, style)
    else {
      const text = part.trim()
      if (text !== '') runs.push({ ...style, at: at + part.indexOf(text), text })
      at += part.length
    }
  }
  return runs
}

function styled(style: Style, code: string): Style {
  switch (code) {
    case '1':
      return { ...style, bold: true }
    case '2':
      return { ...style, dim: true }
    case '22':
      return { ...style, bold: false, dim: false }
    case '39':
      return { ...style, colour: undefined }
    case '':
    case '0':
      return PLAIN
    default:
      return { ...style, colour: COLOURS[code] ?? style.colour }
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
