import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './pages.ts'

/** What the compiler says of files in a directory, by the rules of the repository; nothing where all is well. */
export function typeErrorsIn(directory: string, files: readonly string[]): Promise<string> {
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: [], files }),
  )
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', directory], { cwd: ROOT }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}
