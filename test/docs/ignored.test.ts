import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Files that the documentation and the help have people write: they hold data of customers (OPS-08). */
function written(): string[] {
  const files = ['README.md', ...globSync('{docs,src/cli/declare}/*.{md,ts}', { cwd: ROOT })]
  const names = files.flatMap((file) => [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(
      /(?:--(?:out|html|markdown|junit)|>) +([a-z][\w.-]*\.(?:json|csv|html|md|xml|sealed))\b/g,
    ),
  ])
  return [...new Set(names.map(([, name = '']) => name))].toSorted()
}

it.each(['.gitignore', 'templates/project/gitignore'])(
  '%s keeps what the documentation has people write',
  (ignoring) => {
    const directory = mkdtempSync(join(tmpdir(), 'zds-ignored-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    execFileSync('git', ['init', '-q'], { cwd: directory })
    copyFileSync(join(ROOT, ignoring), join(directory, '.gitignore'))
    const names = written()
    expect(names.length).toBeGreaterThan(10)
    const ignored = execFileSync('git', ['check-ignore', ...names], { cwd: directory, encoding: 'utf8' })
    expect(ignored.trimEnd().split('\n')).toEqual(names)
  },
)
