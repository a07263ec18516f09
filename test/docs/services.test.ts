import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { page, ROOT, textOf } from './pages.ts'

const { text } = page('docs/services.md')
const facts = [...text.matchAll(/^\| ((?:ZD|SF|SL)-\d\d) \|/gm)].map(([, id = '']) => id)
const cited = globSync(['src/**/*.ts', 'plugins/**/*.ts', 'test/**/*.ts', 'sync.config.ts'], { cwd: ROOT })
  .filter((file) => !file.includes('.tmp-') && !file.endsWith('services.test.ts'))
  .flatMap((file) => [...textOf(file).matchAll(/\b(?:ZD|SF|SL)-\d\d\b/g)].map(([id]) => [file, id] as const))

describe('docs/services.md', () => {
  it('has each fact once, in the order and number that the headings say', () => {
    const listed = [...text.matchAll(/^## .+ \((\w\w)-01\.\.(\d\d)\)$/gm)].flatMap(([, prefix, last]) =>
      Array.from({ length: Number(last) }, (_, at) => `${prefix}-${String(at + 1).padStart(2, '0')}`),
    )
    expect(facts).toEqual(listed)
  })

  it('has every fact that the code cites', () => {
    expect(cited.length).toBeGreaterThan(15)
    expect(cited.filter(([, id]) => !facts.includes(id)).map(([file, id]) => `${file} cites ${id}`)).toEqual([])
  })
})
