import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { apiPages } from '../../scripts/api-pages.ts'
import { checkout } from '../../scripts/build.ts'
import { svgOf } from '../../scripts/svg.ts'
import { pages, ROOT, textOf } from './pages.ts'

const out = mkdtempSync(join(tmpdir(), 'zds-declarations-'))
afterAll(() => rmSync(out, { recursive: true }))

describe('the documentation site', () => {
  it('leads to every page of docs/ from its sidebar', () => {
    const sidebar = textOf('site/.vitepress/config.ts')
    const names = pages.flatMap(({ path }) => /^docs\/(.+)\.md$/.exec(path)?.[1] ?? [])
    expect(names.filter((name) => name !== 'README' && !sidebar.includes(`'${name}'`))).toEqual([])
  })

  it('has each export of each entry of the package, with its declaration, and nothing else', async () => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', out, '--emitDeclarationOnly']
    execFileSync(process.execPath, [compiler, ...options])
    const { exports } = checkout()
    const made = apiPages(exports, out)
    expect(made.map(({ name }) => name)).toContain('zds-slack-notify.md')
    for (const [index, source] of Object.values(exports).entries()) {
      const text = made[index]?.text ?? ''
      const documented = [...text.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name)
      const values = Object.keys((await import(pathToFileURL(join(ROOT, source)).href)) as object)
      const own = textWithStars(join(ROOT, source))
      const types = [...own.matchAll(/^export (?:type )?\{([^}]*)\} from '\./gm)]
        .flatMap(([all = '', names = '']) =>
          names.split(',').map((name) => (all.startsWith('export type') ? `type ${name.trim()}` : name.trim())),
        )
        .flatMap((name) => /^type (?:type )?(\w+)$/.exec(name)?.[1] ?? [])
      const declared = [...own.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name = '']) => name)
      const ours = values.filter((name) => !isPassedOn(own, name))
      expect(documented.toSorted(), source).toEqual([...new Set([...ours, ...types, ...declared])].toSorted())
      expect(text, source).not.toMatch(/^```ts\n```/m)
    }
  }, 60_000)
})

/** The text of a file, and of those that it passes on as a whole. */
function textWithStars(file: string): string {
  const text = readFileSync(file, 'utf8')
  const whole = [...text.matchAll(/^export \* from '(\.[^']+)'/gm)].map(([, from = '']) => join(dirname(file), from))
  return [text, ...whole.map((one) => readFileSync(one, 'utf8'))].join('\n')
}

/** What an entry passes on of `zds` has its page there. */
const isPassedOn = (source: string, name: string): boolean =>
  [...source.matchAll(/^export \{([^}]*)\} from 'zds'/gm)].some(([, names = '']) =>
    new RegExp(`\\b${name}\\b`).test(names),
  )

describe('a picture of a terminal', () => {
  it('has each part of a line in its place, with its colour, and as text', () => {
    const svg = svgOf('zds plan', ['\u001B[1mPlan\u001B[22m  \u001B[31m<x>\u001B[39m', '', '  ok'], 40)
    expect(svg).toContain('<tspan x="16.0" textLength="33.6" font-weight="bold">Plan</tspan>')
    expect(svg).toContain('<tspan x="66.4" textLength="25.2" fill="#ff7b72">&lt;x&gt;</tspan>')
    expect(svg).toContain('<tspan x="32.8" textLength="16.8">ok</tspan>')
  })
})
