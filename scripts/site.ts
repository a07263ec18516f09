/**
 * `npm run docs:build`: the documentation as a site in `site/dist`, the pages of the API from the
 * declarations included.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiPages } from './api-pages.ts'
import { checkout, ROOT } from './build.ts'

const SITE = join(ROOT, 'site')
const PAGES = join(SITE, 'pages')

/** Puts the pages together: those of docs/, its contents as the first one, and those of the API. */
function gatherPages(): void {
  rmSync(PAGES, { recursive: true, force: true })
  cpSync(join(ROOT, 'docs'), PAGES, { recursive: true })
  renameSync(join(PAGES, 'README.md'), join(PAGES, 'index.md'))
  mkdirSync(join(PAGES, 'api'))
  for (const { name, text } of apiPages(checkout().exports, declarations()))
    writeFileSync(join(PAGES, 'api', name), text)
}

/** Where the declarations are that the compiler makes now. */
function declarations(): string {
  const out = join(SITE, 'declarations')
  rmSync(out, { recursive: true, force: true })
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', out, '--emitDeclarationOnly']
  execFileSync(process.execPath, [compiler, ...options], { stdio: 'inherit' })
  return out
}

export function buildSite(): void {
  gatherPages()
  execFileSync(process.execPath, [join(ROOT, 'node_modules/vitepress/bin/vitepress.js'), 'build', SITE], {
    stdio: 'inherit',
  })
  // Links to them are of files, which are no pages.
  for (const file of globSync('*.schema.json', { cwd: PAGES })) cpSync(join(PAGES, file), join(SITE, 'dist', file))
}

if (import.meta.main) buildSite()
