import { mkdtempSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../docs/pages.ts'

/**
 * An empty directory in which zds is installed, far from the checkout; what zds needs is found from
 * where it really is.
 */
export function installedDirectory(): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'zds-here-'))
  install(directory)
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

/** What `npm ci` leaves of a package.json with zds. */
function install(directory: string): void {
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync(ROOT, join(modules, 'zds'), 'junction')
  symlinkSync(join(ROOT, 'bin/zds.js'), join(modules, '.bin/zds'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(modules, '@types'), 'junction')
}
