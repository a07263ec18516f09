import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ROOT } from '../docs/pages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What `npm run build` and `npm pack ./dist` leave. */
    tarball: string
  }
}

/** Builds and packs once for all tests of the package. */
export default function setup(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'zds-package-'))
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' })
  npm('run', '--silent', 'build')
  const name = npm('pack', '--silent', './dist', '--pack-destination', directory).trim()
  project.provide('tarball', join(directory, name))
  return () => rmSync(directory, { recursive: true, force: true })
}
